"""What there is, by OpenAI's own client."""

from openai import NotFoundError, OpenAI

client = OpenAI()
assert [each.id for each in client.models.list()] == ["smollm2"]
model = client.models.retrieve("small")
assert model.id == "smollm2" and model.object == "model" and model.created > 0, model
try:
    client.models.retrieve("gpt-9")
    raise AssertionError("a model that is not there")
except NotFoundError as e:
    assert e.code == "not_found" and "smollm2" in str(e), e
