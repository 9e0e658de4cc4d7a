#!/usr/bin/env python3
"""Goldens of the pre-tokenizers that no small real model names: llama.cpp's ids with SmolLM2's vocabulary under another name.

    pip install llama-cpp-python==0.3.36 gguf numpy
    python3 tokenizer_variant_goldens.py SMOLLM2.gguf ../resources/dev/longhand/text/tokenizer-goldens.bin.gz \
        ../resources/dev/longhand/text/tokenizer-variant-goldens.bin.gz

Writes vocabulary-only GGUF files (no tensors) that differ from the model's in tokenizer.ggml.pre alone, and tokenizes every second line
of the other goldens and some more lines of numbers and line ends with them.

Format, little endian, gzipped: u32 lines; per line: u32 bytes, UTF-8; then per name of NAMES: u32 count, count x u16 id.
"""
import gzip
import os
import struct
import sys
import tempfile

import gguf
import llama_cpp

NAMES = ["gpt-2", "llama-bpe", "qwen2", "default"]

MORE = ["1", "12", "123", "1234", "12345", "123456", "1234567", "a1234567b", " 1234", "  1234", "1,234,567.89", "x=1234;y=56", "٣٤٥٦٧", "१२३४५", "½¾12", "1²³45",
        "a\n\nb", "a\r\n\r\nb", "a \n b", "a\n  b", "a  \n\n  b", "a\t\n\tb", "!!\n\n!!", " !!\n", "?\r\n", "x  ", "  x", "\n x", "\n\n", " \n", "\u3000\u3000x", "it'S", "IT'LL",
        "we'Ve", "'re", "''re", " 're", "don't", "'don", "(foo)", " (foo", "_foo", " _foo", "\tfoo", "\u00a0foo", "/foo/bar", "@foo#bar", "a,b", "a, b", "++i", "i++;", "$5+5=10",
        "$$x^2$$", "a|b~c", "«a»", "“a”", "a—b", "...\n...", "e\u0301a", "\u0301a", "\u0928\u0940", "\u200dx", "1.\n2.\n"]


def variant(fields, name, path):
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_vocab_size(len(fields["tokenizer.ggml.tokens"]))
    writer.add_context_length(2048)
    writer.add_embedding_length(64)
    writer.add_block_count(1)
    writer.add_feed_forward_length(64)
    writer.add_head_count(1)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(name)
    writer.add_token_list(fields["tokenizer.ggml.tokens"])
    writer.add_token_types(fields["tokenizer.ggml.token_type"])
    writer.add_token_merges(fields["tokenizer.ggml.merges"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()


def lines_of(path):
    data = gzip.open(path).read()
    count, = struct.unpack_from("<I", data)
    at = 4
    for _ in range(count):
        n, = struct.unpack_from("<I", data, at)
        yield data[at + 4:at + 4 + n]
        at += 4 + n
        for _ in range(2):
            n, = struct.unpack_from("<I", data, at)
            at += 4 + 4 * n


def tokenize(model, raw):
    buffer = (llama_cpp.llama_token * (len(raw) + 16))()
    n = llama_cpp.llama_tokenize(model._model.vocab, raw, len(raw), buffer, len(buffer), False, False)
    assert n >= 0, raw
    return list(buffer[:n])


def main():
    reader = gguf.GGUFReader(sys.argv[1])
    fields = {key: reader.fields["tokenizer.ggml." + key.split(".")[-1]].contents() for key in
              ["tokenizer.ggml.tokens", "tokenizer.ggml.token_type", "tokenizer.ggml.merges"]}
    models = []
    with tempfile.TemporaryDirectory() as folder:
        for name in NAMES:
            path = os.path.join(folder, name + ".gguf")
            variant(fields, name, path)
            models.append(llama_cpp.Llama(path, vocab_only=True, verbose=False))
        lines = [raw for raw in lines_of(sys.argv[2]) if raw][::2] + [text.encode() for text in MORE]
        with gzip.GzipFile(sys.argv[3], "wb", mtime=0) as out:
            out.write(struct.pack("<I", len(lines)))
            for raw in lines:
                out.write(struct.pack("<I", len(raw)) + raw)
                for model in models:
                    ids = tokenize(model, raw)
                    out.write(struct.pack(f"<I{len(ids)}H", len(ids), *ids))
    print(len(lines), "lines")


main()
