#!/usr/bin/env python3
"""Renders conversations with tools through chat templates with PyPI jinja2, as transformers does, into tool_goldens.json.

    python3 tool_goldens.py > ../resources/dev/longhand/text/tool_goldens.json

Needs jinja2 3.1. The templates are our own, of jinja_cases.py. The file: tools and conversations by name, and cases: name, template,
tools (whether they are given), conversation, variables, and the text.
"""
import copy
import json
import sys

import jinja_cases
import jinja_goldens

TOOLS = [
    {"type": "function", "function": {"name": "get_weather", "description": "the weather\nof \"a\" <place>", "parameters": {
        "type": "object", "properties": {"place": {"type": "string", "description": "City 世界 <|im_end|>"},
                                         "unit": {"enum": ["C", "F"]}, "days": {"type": "integer", "maximum": 1.5}},
        "required": ["place"]}}},
    {"type": "function", "function": {"name": "now", "description": "", "parameters": {"type": "object", "properties": {}}}},
]


def call(number, name, arguments):
    return {"id": f"abcdefg{number:02}", "type": "function", "function": {"name": name, "arguments": arguments}}


WEATHER = call(1, "get_weather", {"place": "Zürich \"x\"", "n": 1.5, "x": None, "deep": [{"b": True}, -3]})
NOW = call(2, "now", {})
CONVERSATIONS = {
    "question": [{"role": "user", "content": "weather?"}],
    "system": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "weather?"}],
    "one call": [{"role": "user", "content": "weather?"}, {"role": "assistant", "content": "", "tool_calls": [WEATHER]},
                 {"role": "tool", "content": "{\"t\": 5}", "tool_call_id": "abcdefg01", "name": "get_weather"}],
    "answered": [{"role": "user", "content": "weather?"}, {"role": "assistant", "content": "", "tool_calls": [WEATHER]},
                 {"role": "tool", "content": "{\"t\": 5}", "tool_call_id": "abcdefg01", "name": "get_weather"},
                 {"role": "assistant", "content": "5 degrees"}, {"role": "user", "content": "thanks"}],
    "two calls": [{"role": "system", "content": "S"}, {"role": "user", "content": "weather?"},
                  {"role": "assistant", "content": "let me see", "tool_calls": [WEATHER, NOW]},
                  {"role": "tool", "content": "one", "tool_call_id": "abcdefg01", "name": "get_weather"},
                  {"role": "tool", "content": "two", "tool_call_id": "abcdefg02", "name": "now"}],
}


def main():
    cases = []
    for family in ("llama3", "mistral", "qwen"):
        template = getattr(jinja_cases, family.upper())
        for name, turns in CONVERSATIONS.items():
            for has_tools in (True, False):
                variables = {"enable_thinking": False, "date_string": "26 Jul 2024"}
                data = {"messages": turns, "tools": TOOLS if has_tools else None, "documents": None, "add_generation_prompt": True,
                        "bos_token": "<bos>", "eos_token": "<eos>", **variables}
                golden = jinja_goldens.golden({"template": template, "data": copy.deepcopy(data)})
                if "text" in golden:
                    cases.append({"name": f"{family}: {name}{', tools' if has_tools else ''}", "template": template,
                                  "conversation": name, "tools": has_tools, "variables": variables, "text": golden["text"]})
    json.dump({"tools": TOOLS, "conversations": CONVERSATIONS, "cases": cases}, sys.stdout, ensure_ascii=False, indent=1)
    print()
    print(f"{len(cases)} cases", file=sys.stderr)


if __name__ == "__main__":
    main()
