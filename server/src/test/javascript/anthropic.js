// Anthropic's own JavaScript client: messages at once and as streams, counted; tools, stop texts, errors.

import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic({ maxRetries: 0 }); // finds the server by ANTHROPIC_BASE_URL
const messages = [{ role: "user", content: [{ type: "text", text: "What is the capital of France?" }] }];
const asked = { model: "smollm2", max_tokens: 24, messages, system: "You answer in few words.", temperature: 0 };

const whole = await client.messages.create(asked);
const text = whole.content[0].text;
assert.equal(whole.type, "message");
assert.ok(text && ["end_turn", "max_tokens"].includes(whole.stop_reason), JSON.stringify(whole));
assert.ok(whole.usage.output_tokens > 0 && whole.usage.output_tokens <= 24);

const counted = await client.messages.countTokens({ model: "smollm2", messages, system: asked.system });
assert.equal(counted.input_tokens, whole.usage.input_tokens + whole.usage.cache_read_input_tokens);

const kinds = [];
for await (const event of await client.messages.create({ ...asked, stream: true })) {
  kinds.push(event.type);
}
assert.equal(kinds[0], "message_start");
assert.equal(kinds.at(-1), "message_stop");

const stream = client.messages.stream(asked);
let pieces = "";
stream.on("text", (piece) => (pieces += piece));
const last = await stream.finalMessage();
assert.equal(pieces, text);
assert.equal(last.content[0].text, text);
assert.equal(last.usage.output_tokens, whole.usage.output_tokens);

const stopped = await client.messages.create({ ...asked, stop_sequences: [text.split(/\s+/)[1]] });
assert.equal(stopped.stop_reason, "stop_sequence");

const weather = {
  name: "weather",
  description: "The weather of a city.",
  input_schema: { type: "object", properties: { city: { enum: ["Paris", "Rome"] } }, required: ["city"], additionalProperties: false },
};
const call = { ...asked, max_tokens: 100, tools: [weather], tool_choice: { type: "tool", name: "weather" } };
for (const reply of [await client.messages.create(call), await client.messages.stream(call).finalMessage()]) {
  const use = reply.content.find((block) => block.type === "tool_use");
  assert.equal(reply.stop_reason, "tool_use");
  assert.ok(["Paris", "Rome"].includes(use.input.city), JSON.stringify(reply));
}

await assert.rejects(client.messages.create({ ...asked, model: "gpt-9" }), Anthropic.NotFoundError);
await assert.rejects(client.messages.create({ ...asked, max_tokens: 0 }), (e) =>
  e instanceof Anthropic.BadRequestError && e.error.type === "error" && e.error.error.message.includes("max_tokens"));
await assert.rejects(client.messages.create({ ...asked, messages: [] }), Anthropic.BadRequestError);
