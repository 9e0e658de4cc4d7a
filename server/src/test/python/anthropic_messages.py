"""Messages by Anthropic's own client: at once, as a stream, counted; and its error classes."""

from anthropic import Anthropic, BadRequestError, NotFoundError

client = Anthropic(max_retries=0)  # finds the server by ANTHROPIC_BASE_URL
asked = [{"role": "user", "content": [{"type": "text", "text": "What is the capital of France?"}]}]
given = {"model": "smollm2", "max_tokens": 24, "messages": asked, "system": "You answer in few words.",
         "extra_body": {"temperature": 0}}

whole = client.messages.create(**given)
assert whole.type == "message" and whole.role == "assistant" and whole.model == "smollm2", whole
assert whole.content[0].type == "text" and whole.content[0].text, whole
assert whole.stop_reason in ("end_turn", "max_tokens"), whole
assert 0 < whole.usage.output_tokens <= 24, whole

counted = client.messages.count_tokens(model="smollm2", messages=asked, system=given["system"])
usage = whole.usage
assert counted.input_tokens == sum((usage.input_tokens, usage.cache_read_input_tokens or 0,
                                    usage.cache_creation_input_tokens or 0)), (counted, usage)

with client.messages.stream(**given) as stream:
    text = "".join(stream.text_stream)
    last = stream.get_final_message()
assert text == whole.content[0].text == last.content[0].text, (text, whole)
assert last.stop_reason == whole.stop_reason, last
assert last.usage.output_tokens == whole.usage.output_tokens, last

kinds = [event.type for event in client.messages.create(stream=True, **given)]
assert kinds[0] == "message_start" and kinds[-1] == "message_stop", kinds
assert kinds.count("content_block_start") == kinds.count("content_block_stop") == 1, kinds

stopped = client.messages.create(**{**given, "stop_sequences": [whole.content[0].text.split()[1]]})
assert stopped.stop_reason == "stop_sequence" and stopped.stop_sequence, stopped

for kind, wrong in ((NotFoundError, {"model": "gpt-9"}), (BadRequestError, {"max_tokens": 0}), (BadRequestError, {"messages": []})):
    try:
        client.messages.create(**{**given, **wrong})
        raise AssertionError(f"{wrong} was taken")
    except kind as e:
        assert e.body["type"] == "error" and e.body["error"]["message"], e

weather = {"name": "weather", "description": "The weather of a city.", "input_schema": {
    "type": "object", "properties": {"city": {"enum": ["Paris", "Rome"]}}, "required": ["city"], "additionalProperties": False}}
tools = {**given, "max_tokens": 100, "tools": [weather], "tool_choice": {"type": "tool", "name": "weather"}}
called = client.messages.create(**tools)
assert called.stop_reason == "tool_use", called
use = called.content[0]
assert use.type == "tool_use" and use.name == "weather" and use.input["city"] in ("Paris", "Rome"), called
with client.messages.stream(**tools) as stream:
    streamed = stream.get_final_message()
assert streamed.stop_reason == "tool_use" and streamed.content[0].input == use.input, (streamed, called)
told = client.messages.create(**{**given, "tools": [weather], "messages": [
    *asked, {"role": "assistant", "content": called.content},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": use.id, "content": "sunny"}]}]})
assert told.content or told.stop_reason == "end_turn", told
