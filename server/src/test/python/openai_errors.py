"""What is refused comes as the error classes that programs catch; what is given up is given up."""

import os
from concurrent.futures import ThreadPoolExecutor

from openai import APIStatusError, APITimeoutError, BadRequestError, NotFoundError, OpenAI, RateLimitError

client = OpenAI(max_retries=0)
LONG = {"max_tokens": 4000, "extra_body": {"grammar": "root ::= [0-9]{4000}"}}


def refused(kind, call):
    try:
        call()
    except APIStatusError as e:
        assert type(e) is kind, (type(e), e)
        assert e.message and e.request_id.startswith("req_"), e
        return e
    raise AssertionError("nothing was refused")


def complete(**more):
    return client.completions.create(**{"model": "smollm2", "prompt": "Count: ", **more})


assert refused(NotFoundError, lambda: complete(model="gpt-9")).code == "not_found"
assert refused(BadRequestError, lambda: complete(max_tokens=-1)).param == "max_tokens"
assert refused(BadRequestError, lambda: complete(suffix="b")).param == "suffix"
assert refused(BadRequestError, lambda: complete(prompt="word " * 9000)).code == "context_length_exceeded"
assert refused(BadRequestError, lambda: complete(stream=True, max_tokens=100_000)).code == "context_length_exceeded"
refused(BadRequestError, lambda: client.chat.completions.create(model="smollm2", messages=[]))
refused(NotFoundError, lambda: client.post("/nowhere", body={}, cast_to=object))

# A client that waits no longer, and one that leaves in the middle of a stream.
try:
    complete(timeout=1.0, **LONG)
    raise AssertionError("4000 tokens in a second")
except APITimeoutError:
    pass
with complete(stream=True, **LONG) as stream:
    assert next(iter(stream)).choices[0].text
assert complete(max_tokens=2).usage.completion_tokens == 2

# A server that takes one request and lets one wait: of eight at a time most are told to come again later.
busy = OpenAI(base_url=os.environ["LONGHAND_BUSY_URL"], max_retries=0)


def long_one(i):
    try:
        busy.completions.create(model="smollm2", prompt=f"{i}: ", max_tokens=300, extra_body={"grammar": "root ::= [0-9]{300}"})
        return None
    except RateLimitError as e:
        return e


with ThreadPoolExecutor(8) as threads:
    told = list(threads.map(long_one, range(8)))
limited = [each for each in told if each is not None]
assert limited and None in told, told
for each in limited:
    assert int(each.response.headers["retry-after"]) >= 1 and each.code == "rate_limit_exceeded", each
patient = OpenAI(base_url=os.environ["LONGHAND_BUSY_URL"], max_retries=5)
assert patient.completions.create(model="smollm2", prompt="a", max_tokens=1).choices
