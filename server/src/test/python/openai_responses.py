"""Responses by OpenAI's own client: at once, as a stream, gone on from, kept and deleted; a tool; a form."""

import json

from openai import NotFoundError, OpenAI

client = OpenAI(max_retries=0)
given = {"model": "smollm2", "input": "What is the capital of France?", "temperature": 0, "max_output_tokens": 24}

whole = client.responses.create(**given)
assert whole.object == "response" and whole.output_text, whole
assert whole.usage.output_tokens <= 24, whole
with client.responses.stream(**given) as stream:
    events = list(stream)
kinds = [event.type for event in events]
assert kinds[:2] == ["response.created", "response.in_progress"] and kinds[-1] in ("response.completed", "response.incomplete"), kinds
assert "".join(e.delta for e in events if e.type == "response.output_text.delta") == whole.output_text, (events, whole)

again = client.responses.create(model="smollm2", input="And of Italy?", previous_response_id=whole.id, max_output_tokens=8)
assert again.usage.input_tokens > whole.usage.input_tokens, again
assert client.responses.retrieve(whole.id).output_text == whole.output_text
client.responses.delete(whole.id)
try:
    client.responses.retrieve(whole.id)
    raise AssertionError("it is still there")
except NotFoundError:
    pass

weather = {"type": "function", "name": "weather", "strict": True, "parameters": {
    "type": "object", "properties": {"city": {"enum": ["Paris", "Rome"]}}, "required": ["city"], "additionalProperties": False}}
called = client.responses.create(model="smollm2", input="The weather in Paris?", tools=[weather], tool_choice="required",
                                 max_output_tokens=100)
call = called.output[0]
assert call.type == "function_call" and json.loads(call.arguments)["city"] in ("Paris", "Rome"), called
told = client.responses.create(model="smollm2", previous_response_id=called.id, max_output_tokens=8, tools=[weather],
                               input=[{"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}])
assert told.status in ("completed", "incomplete"), told

form = {"model": "smollm2", "input": "A colour.", "max_output_tokens": 60, "temperature": 0, "text": {"format": {
    "type": "json_schema", "name": "colour", "schema": {"type": "object", "properties": {"name": {"enum": ["red", "blue"]}},
                                                       "required": ["name"], "additionalProperties": False}}}}
formed = client.responses.create(**form)
with client.responses.stream(**form) as stream:  # which wants an answer that is not cut
    assert stream.get_final_response().output_text == formed.output_text
assert json.loads(formed.output_text)["name"] in ("red", "blue"), formed
