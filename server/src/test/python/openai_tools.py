"""Tools by OpenAI's own client: asked for, at once and as a stream; and told what they gave."""

import json

from openai import OpenAI

client = OpenAI()
asked = [{"role": "user", "content": "What is the weather in Paris?"}]

weather = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"enum": ["Paris", "Rome"]}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
called = client.chat.completions.create(model="smollm2", messages=asked, tools=[weather], tool_choice="required", temperature=0,
                                        max_tokens=100).choices[0]
assert called.finish_reason == "tool_calls", called
call = called.message.tool_calls[0]
assert call.type == "function" and call.function.name == "weather", call
assert json.loads(call.function.arguments)["city"] in ("Paris", "Rome"), call
with client.chat.completions.stream(model="smollm2", messages=asked, tools=[weather], tool_choice="required", temperature=0,
                                    max_tokens=100) as events:
    last = events.get_final_completion().choices[0]
assert last.finish_reason == "tool_calls", last
assert last.message.tool_calls[0].function.arguments == call.function.arguments, (last, call)
told = [*asked, called.message, {"role": "tool", "tool_call_id": call.id, "content": "sunny, 20 degrees"}]
assert client.chat.completions.create(model="smollm2", messages=told, tools=[weather], max_tokens=8).choices[0].message
