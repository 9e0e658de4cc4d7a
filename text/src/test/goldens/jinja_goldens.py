#!/usr/bin/env python3
"""Renders chat templates with PyPI jinja2, set up as the Python package transformers sets it up, into jinja_goldens.json.

    python3 jinja_goldens.py [model.gguf ...] > ../resources/dev/longhand/text/jinja_goldens.json

Needs jinja2 3.1; to take the chat templates of GGUF files along, also gguf. The templates in jinja_cases.py are our own.
The file: tables of templates and data, and cases: name, template, data (both as indices), and either "text" (what was rendered)
or "error" (jinja2 raised). Cases marked "mutable" are
rendered with the sandbox that lets a template change lists and dicts, as other chat template interpreters do.
"""
import datetime
import json
import sys

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment, SandboxedEnvironment

import jinja_cases

NOW = datetime.datetime(2026, 7, 6, 15, 4, 9)


class Generation(jinja2.ext.Extension):
    """transformers' {% generation %} marks what the assistant wrote; it prints its body."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_body"), [], [], body).set_lineno(line)

    def _body(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def environment(kind):
    env = kind(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = NOW.strftime
    return env


def golden(case):
    env = environment(SandboxedEnvironment if case.get("mutable") else ImmutableSandboxedEnvironment)
    try:
        case["text"] = env.from_string(case["template"]).render(**json.loads(json.dumps(case["data"])))
    except Exception as e:  # whatever jinja2 raises: ours must refuse too
        case["error"] = f"{type(e).__name__}: {e}"
    return case


def main():
    cases = jinja_cases.cases()
    for path in sys.argv[1:]:
        import gguf

        field = gguf.GGUFReader(path).get_field("tokenizer.chat_template")
        if field is not None:
            cases += jinja_cases.conversations("model " + path.rsplit("/", 1)[-1], field.contents())
    names = [c["name"] for c in cases]
    assert len(set(names)) == len(names), "a case name twice: " + str({n for n in names if names.count(n) > 1})
    tables = {"templates": [], "data": []}
    shown = [c for c in map(golden, cases) if " at 0x" not in c.get("text", "")]  # an address is no golden
    for case in shown:
        for key, table in (("template", tables["templates"]), ("data", tables["data"])):
            if case[key] not in table:
                table.append(case[key])
            case[key] = table.index(case[key])
    lines = ",\n".join(json.dumps(c, ensure_ascii=False) for c in shown)
    tables = "".join(f'"{k}": [\n' + ",\n".join(json.dumps(v, ensure_ascii=False) for v in t) + "],\n" for k, t in tables.items())
    print("{" + tables + '"cases": [\n' + lines + "]}")
    print(f"{len(shown)} cases, {sum('error' in c for c in shown)} of them errors", file=sys.stderr)


if __name__ == "__main__":
    main()
