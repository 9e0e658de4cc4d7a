#!/usr/bin/env python3
"""Goldens of the pre-tokenizers: the published regular expressions, run by the PyPI package `regex`, over the lines of the tokenizer goldens.

    pip install regex
    python3 pretokenizer_goldens.py ../resources/dev/longhand/text/tokenizer-goldens.bin.gz ../resources/dev/longhand/text/pretokenizer-goldens.bin.gz

Format, gzipped: per pre-tokenizer in the order of PATTERNS, per line: u16 words, then u16 per word: its length in code points.
"""
import gzip
import struct
import sys

import regex

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
PATTERNS = {
    "gpt-2": [GPT2],
    "smollm": [r"\p{N}", GPT2],
    "llama-bpe": [LLAMA3],
    "qwen2": [LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")],
    "default": [r"[\p{P}\$\+<=>\^~\|]+", GPT2, r"\p{N}+", r"[0-9][0-9][0-9]"],
}


def split(pattern, part):
    at, out = 0, []
    for match in regex.finditer(pattern, part):
        out += [part[at:match.start()], match.group()]
        at = match.end()
    return [piece for piece in out + [part[at:]] if piece]


def main():
    data = gzip.open(sys.argv[1]).read()
    count, at, lines = struct.unpack_from("<I", data)[0], 4, []
    for _ in range(count):
        n = struct.unpack_from("<I", data, at)[0]
        lines.append(data[at + 4:at + 4 + n].decode())
        at += 4 + n
        for _ in range(2):
            at += 4 + 4 * struct.unpack_from("<I", data, at)[0]
    with gzip.GzipFile(sys.argv[2], "wb", mtime=0) as out:
        for patterns in PATTERNS.values():
            for line in lines:
                parts = [line] if line else []
                for pattern in patterns:
                    parts = [piece for part in parts for piece in split(pattern, part)]
                out.write(struct.pack(f"<H{len(parts)}H", len(parts), *map(len, parts)))


main()
