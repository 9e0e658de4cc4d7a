"""Chat by OpenAI's own client: at once, as a stream, several answers, log-probabilities, a form to keep to."""

from typing import Literal

from openai import OpenAI
from pydantic import BaseModel

client = OpenAI()  # finds the server by OPENAI_BASE_URL
asked = [
    {"role": "system", "content": "You answer in few words."},
    {"role": "user", "content": "What is the capital of France?"},
]


def chat(**more):
    return client.chat.completions.create(model="smollm2", messages=asked, temperature=0, max_tokens=24, **more)


whole = chat()
choice = whole.choices[0]
assert whole.object == "chat.completion" and whole.model == "smollm2", whole
assert choice.message.role == "assistant" and choice.message.content, whole
assert choice.finish_reason in ("stop", "length"), whole
assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens, whole
assert 0 < whole.usage.completion_tokens <= 24, whole
assert whole._request_id.startswith("req_"), whole._request_id
assert whole.longhand["warnings"] == [], whole

pieces = []
usage = None
reasons = []
for chunk in chat(stream=True, stream_options={"include_usage": True}):
    assert chunk.object == "chat.completion.chunk", chunk
    usage = chunk.usage or usage
    for each in chunk.choices:
        pieces.append(each.delta.content or "")
        reasons.append(each.finish_reason)
assert "".join(pieces) == choice.message.content, pieces
assert reasons[-1] == choice.finish_reason and set(reasons[:-1]) == {None}, reasons
assert usage.completion_tokens == whole.usage.completion_tokens, usage

with client.chat.completions.stream(model="smollm2", messages=asked, temperature=0, max_tokens=24) as events:
    for event in events:
        assert event.type in ("chunk", "content.delta", "content.done"), event
    assert events.get_final_completion().choices[0].message.content == choice.message.content

likely = chat(logprobs=True, top_logprobs=3)
tokens = likely.choices[0].logprobs.content
assert len(tokens) == likely.usage.completion_tokens, likely
for token in tokens:
    assert token.logprob <= 0 and len(token.top_logprobs) == 3, token
    assert token.top_logprobs[0].logprob >= token.logprob, token
    assert bytes(token.bytes).decode("utf-8", "replace") == token.token, token

many = client.chat.completions.create(model="small", messages=asked, n=3, seed=7, temperature=1, max_tokens=8)
assert [each.index for each in many.choices] == [0, 1, 2], many

streamed = {}
for chunk in chat(n=2, stream=True):
    for each in chunk.choices:
        streamed[each.index] = streamed.get(each.index, "") + (each.delta.content or "")
assert streamed == {0: choice.message.content, 1: choice.message.content}, streamed

first = client.post("/../tokenize", body={"content": choice.message.content}, cast_to=object)["tokens"][0]
assert chat(logit_bias={str(first): -100}).choices[0].message.content != choice.message.content


class Place(BaseModel):
    city: Literal["Paris", "Rome"]
    is_sure: bool


parsed = client.chat.completions.parse(model="smollm2", messages=asked, response_format=Place, max_tokens=64)
assert parsed.choices[0].message.parsed.city in ("Paris", "Rome"), parsed
