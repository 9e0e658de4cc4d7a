#!/usr/bin/env python3
"""Goldens of tokenizer.json: ids of the Python package tokenizers for the lines of tokenizer-goldens.bin.gz.

    pip install tokenizers gguf numpy
    python3 hf_tokenizer_goldens.py SMOLLM2.gguf GEMMA3.gguf ../resources/dev/longhand/text

Writes a tokenizer.json from each model's GGUF vocabulary, as the test HfTokenizerTest does, and tokenizes each line with it, special
tokens off. Few lines differ from llama.cpp's ids, so only those are kept.

Format of hf-tokenizer-goldens.bin.gz, little endian: u32 lines, u32 step, u32 variants; per line: for each model u32 count, count x u32
id, or u32 0xFFFFFFFF where the ids are those of tokenizer-goldens.bin.gz; then, in each step-th line, the same for each variant.
"""
import gzip
import json
import struct
import sys

import gguf
from tokenizers import Tokenizer

SAME = 0xFFFFFFFF
STEP = 16
SPACE = "\u2581"


def field(reader, key):
    return reader.fields[key].contents()


def added(tokens, types):
    return [{"id": i, "content": t, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": k in (2, 3)}
            for i, (t, k) in enumerate(zip(tokens, types)) if k in (2, 3, 4)]


def byte_level(reader):
    tokens, types = field(reader, "tokenizer.ggml.tokens"), field(reader, "tokenizer.ggml.token_type")
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added(tokens, types), "normalizer": None,
            "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True},
                              {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}]},
            "post_processor": None, "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
                      "fuse_unk": False, "byte_fallback": False, "ignore_merges": False, "vocab": {t: i for i, t in enumerate(tokens)},
                      "merges": field(reader, "tokenizer.ggml.merges")}}


def merges(tokens, types, scores):
    """Each way to cut a piece into two pieces; better pieces first, then shorter left sides last, as converters write them."""
    ids = {t: i for i, t in enumerate(tokens)}
    found = []
    for piece, kind, score in zip(tokens, types, scores):
        if kind != 1:
            continue
        cuts = [(piece[:i], piece[i:]) for i in range(1, len(piece))]
        cuts = sorted((c for c in cuts if c[0] in ids and c[1] in ids), key=lambda c: (ids[c[0]], ids[c[1]]))
        found += [(score, len(left), len(right), [left, right]) for left, right in cuts]
    found.sort(key=lambda f: f[:3], reverse=True)
    return [f[3] for f in found]


def pieces(reader):
    tokens, types = field(reader, "tokenizer.ggml.tokens"), field(reader, "tokenizer.ggml.token_type")
    scores = field(reader, "tokenizer.ggml.scores")
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added(tokens, types),
            "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": SPACE},
            "pre_tokenizer": {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False},
            "post_processor": None, "decoder": None,
            "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None, "end_of_word_suffix": None,
                      "fuse_unk": True, "byte_fallback": True, "ignore_merges": False, "vocab": {t: i for i, t in enumerate(tokens)},
                      "merges": merges(tokens, types, scores)}}


def lines(path):
    data = gzip.open(path).read()
    at = 4
    for _ in range(struct.unpack_from("<I", data)[0]):
        n = struct.unpack_from("<I", data, at)[0]
        text = data[at + 4:at + 4 + n].decode()
        at += 4 + n
        ids = []
        for _ in range(2):
            n = struct.unpack_from("<I", data, at)[0]
            ids.append(list(struct.unpack_from("<%dI" % n, data, at + 4)))
            at += 4 + 4 * n
        yield text, ids


LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def variants(smol, gemma):
    """Other forms of tokenizer.json over the same vocabularies: name, specification."""
    split = lambda regex: {"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": regex}, "behavior": "Isolated", "invert": False},
        {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}]}
    yield {**smol, "normalizer": {"type": "NFC"}, "pre_tokenizer": split(LLAMA3.replace("{1,3}", ""))}
    yield {**smol, "pre_tokenizer": split(LLAMA3), "model": {**smol["model"], "ignore_merges": True}}
    yield {**gemma, "pre_tokenizer": None, "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": SPACE},
                                                                                          gemma["normalizer"]]}}
    yield {**gemma, "normalizer": None, "pre_tokenizer": {"type": "Metaspace", "replacement": SPACE, "prepend_scheme": "always", "split": True}}
    vocab = sorted(gemma["model"]["vocab"].items(), key=lambda v: v[1])[:30000]
    unigram = {"type": "Unigram", "unk_id": 3, "byte_fallback": True, "vocab": [[t, -(i * 7919 % 30011) / 1000] for t, i in vocab]}
    yield {**gemma, "added_tokens": [a for a in gemma["added_tokens"] if a["id"] < 30000], "model": unigram, "pre_tokenizer": None}


def main():
    folder = sys.argv[3]
    specs = []
    for path, build in zip(sys.argv[1:3], (byte_level, pieces)):
        spec = build(gguf.GGUFReader(path))
        # text of a user never becomes a special token: leave those out of the oracle
        spec["added_tokens"] = [a for a in spec["added_tokens"] if not a["special"]]
        specs.append(spec)
    oracles = [Tokenizer.from_str(json.dumps(spec)) for spec in specs]
    others = [Tokenizer.from_str(json.dumps(spec)) for spec in variants(*specs)]
    out = []
    different = [0, 0]
    all_lines = list(lines(folder + "/tokenizer-goldens.bin.gz"))
    for i, (text, stored) in enumerate(all_lines):
        for m in range(2):
            ids = oracles[m].encode(text, add_special_tokens=False).ids
            same = ids == stored[m]
            different[m] += not same
            out.append(struct.pack("<I", SAME) if same else struct.pack("<I%dI" % len(ids), len(ids), *ids))
        for other in others if i % STEP == 0 else ():
            ids = other.encode(text, add_special_tokens=False).ids
            out.append(struct.pack("<I%dI" % len(ids), len(ids), *ids))
    with gzip.GzipFile(folder + "/hf-tokenizer-goldens.bin.gz", "wb", mtime=0) as f:
        f.write(struct.pack("<III", len(all_lines), STEP, len(others)) + b"".join(out))
    print("lines", len(all_lines), "that differ from llama.cpp:", different)


main()
