"""Plain text goes on, by OpenAI's own client; echo with log-probabilities as those use it who measure models."""

import math

from openai import OpenAI

client = OpenAI()
text = "The capital of France is"


def complete(prompt=text, **more):
    return client.completions.create(model="smollm2", prompt=prompt, temperature=0, **more)


whole = complete(max_tokens=8)
assert whole.object == "text_completion", whole
assert whole.choices[0].text and whole.choices[0].finish_reason == "length", whole
assert whole.usage.completion_tokens == 8, whole

streamed = [chunk for chunk in complete(max_tokens=8, stream=True, stream_options={"include_usage": True})]
assert "".join(each.text for chunk in streamed for each in chunk.choices) == whole.choices[0].text, streamed
assert streamed[-1].usage.completion_tokens == 8, streamed

echoed = complete(max_tokens=0, echo=True, logprobs=1).choices[0]
assert echoed.text == text, echoed
scores = echoed.logprobs
assert "".join(scores.tokens) == text, scores
assert scores.token_logprobs[0] is None and all(each < 0 for each in scores.token_logprobs[1:]), scores
assert scores.text_offset[0] == 0 and scores.text_offset == sorted(scores.text_offset), scores
perplexity = math.exp(-sum(scores.token_logprobs[1:]) / len(scores.token_logprobs[1:]))
assert 1 < perplexity < 1000, perplexity
for token, score, top in list(zip(scores.tokens, scores.token_logprobs, scores.top_logprobs))[1:]:
    assert top[token] == score and max(top.values()) >= score, (token, score, top)

behind = complete(max_tokens=4, echo=True, logprobs=5).choices[0]
assert behind.text.startswith(text), behind
assert behind.logprobs.tokens[: len(scores.tokens)] == scores.tokens, behind
assert len(behind.logprobs.tokens) == len(scores.tokens) + 4, behind
for a, b in zip(behind.logprobs.token_logprobs[1:], scores.token_logprobs[1:]):
    assert abs(a - b) < 1e-3, (a, b)

several = complete(prompt=[text, "One, two,"], max_tokens=4, n=2, seed=3)
assert [each.index for each in several.choices] == [0, 1, 2, 3], several
ids = client.post("/../tokenize", body={"content": text}, cast_to=object)["tokens"]
assert complete(prompt=ids, max_tokens=8).choices[0].text == whole.choices[0].text
