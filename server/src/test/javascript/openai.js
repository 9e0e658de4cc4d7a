// OpenAI's own JavaScript client: chats, completions, responses and embeddings, at once and as streams; tools, forms, errors.

import assert from "node:assert/strict";
import OpenAI from "openai";

const client = new OpenAI({ maxRetries: 0 }); // finds the server by OPENAI_BASE_URL
const messages = [
  { role: "system", content: "You answer in few words." },
  { role: "user", content: "What is the capital of France?" },
];
const asked = { model: "smollm2", messages, temperature: 0, max_tokens: 24 };

const whole = await client.chat.completions.create(asked);
const answer = whole.choices[0].message.content;
assert.ok(answer && ["stop", "length"].includes(whole.choices[0].finish_reason), JSON.stringify(whole));
assert.equal(whole.usage.total_tokens, whole.usage.prompt_tokens + whole.usage.completion_tokens);
assert.deepEqual(whole.longhand.warnings, []);
assert.match(whole._request_id, /^req_/);

let text = "";
let usage = null;
for await (const chunk of await client.chat.completions.create({ ...asked, stream: true, stream_options: { include_usage: true } })) {
  text += chunk.choices[0]?.delta?.content ?? "";
  usage = chunk.usage ?? usage;
}
assert.equal(text, answer);
assert.equal(usage.completion_tokens, whole.usage.completion_tokens);

const helper = client.chat.completions.stream(asked);
assert.equal((await helper.finalChatCompletion()).choices[0].message.content, answer);

const weather = {
  type: "function",
  function: {
    name: "weather",
    parameters: { type: "object", properties: { city: { enum: ["Paris", "Rome"] } }, required: ["city"], additionalProperties: false },
  },
};
const call = { ...asked, max_tokens: 100, tools: [weather], tool_choice: { type: "function", function: { name: "weather" } } };
for (const reply of [await client.chat.completions.create(call), await client.chat.completions.stream(call).finalChatCompletion()]) {
  const made = reply.choices[0].message.tool_calls[0];
  assert.equal(made.function.name, "weather");
  assert.ok(["Paris", "Rome"].includes(JSON.parse(made.function.arguments).city), JSON.stringify(reply));
}

const plain = { model: "smollm2", prompt: "One, two, three,", temperature: 0, max_tokens: 8 };
const completion = await client.completions.create(plain);
let streamed = "";
for await (const chunk of await client.completions.create({ ...plain, stream: true })) {
  streamed += chunk.choices[0]?.text ?? "";
}
assert.ok(streamed.length > 0);
assert.equal(streamed, completion.choices[0].text);

const input = { model: "smollm2", input: "What is the capital of France?", max_output_tokens: 24, temperature: 0 };
const response = await client.responses.create(input);
assert.ok(response.output_text.length > 0, JSON.stringify(response));
const kinds = [];
let last = null;
for await (const event of await client.responses.create({ ...input, stream: true })) {
  kinds.push(event.type);
  last = event.response ?? last;
}
assert.equal(kinds[0], "response.created");
assert.equal(last.output.at(-1).content[0].text, response.output_text);
const next = await client.responses.create({ ...input, input: "And of Italy?", previous_response_id: response.id });
assert.equal(next.previous_response_id, response.id);
assert.equal((await client.responses.retrieve(response.id)).id, response.id);
await client.responses.delete(response.id);
await assert.rejects(client.responses.retrieve(response.id), OpenAI.NotFoundError);

for (const encoding_format of ["float", "base64", undefined]) {
  const { data } = await client.embeddings.create({ model: "smollm2", input: ["one", "two"], encoding_format });
  assert.equal(data.length, 2);
}
const vector = (await client.embeddings.create({ model: "smollm2", input: "one" })).data[0].embedding;
assert.ok(Math.abs(Math.hypot(...vector) - 1) < 1e-3, `length ${Math.hypot(...vector)}`);

const names = [];
for await (const model of client.models.list()) {
  names.push(model.id);
}
assert.deepEqual(names, ["smollm2"]);

await assert.rejects(client.chat.completions.create({ ...asked, model: "gpt-9" }), OpenAI.NotFoundError);
await assert.rejects(client.chat.completions.create({ ...asked, max_tokens: 0 }), (e) =>
  e instanceof OpenAI.BadRequestError && e.param === "max_tokens" && e.message.includes("max_tokens"));

const controller = new AbortController();
const left = await client.chat.completions.create({ ...asked, max_tokens: 500, stream: true }, { signal: controller.signal });
for await (const chunk of left) {
  assert.ok(chunk.id);
  controller.abort(); // the server sees that the client left
}
