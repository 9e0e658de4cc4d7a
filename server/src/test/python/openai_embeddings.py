"""Vectors by OpenAI's own client, which asks for base64 unless it is told otherwise."""

import math

from openai import BadRequestError, OpenAI

client = OpenAI()
texts = ["a red bicycle", "a bicycle that is red", "the parliament adjourned"]


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


reply = client.embeddings.create(model="smollm2", input=texts)
vectors = [each.embedding for each in reply.data]
assert [each.index for each in reply.data] == [0, 1, 2], reply
assert reply.usage.prompt_tokens == reply.usage.total_tokens > 0, reply.usage
for each in vectors:
    assert len(each) == len(vectors[0]) and math.isclose(dot(each, each), 1, abs_tol=1e-3), each
assert dot(vectors[0], vectors[1]) > dot(vectors[0], vectors[2])

floats = client.embeddings.create(model="smollm2", input=texts[0], encoding_format="float").data[0].embedding
assert dot(floats, vectors[0]) > 0.999

client.embeddings.create(model="smollm2", input="x", dimensions=len(floats))
try:
    client.embeddings.create(model="smollm2", input="x", dimensions=7)
    raise AssertionError("vectors of 7 dimensions")
except BadRequestError as e:
    assert e.param == "dimensions", e
