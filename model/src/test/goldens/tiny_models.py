#!/usr/bin/env python3
"""Goldens of small random models: logits of llama.cpp for shapes that no real model at hand covers.

    pip install llama-cpp-python==0.3.36 gguf numpy
    python3 tiny_models.py ../resources/dev/longhand/model/tiny-models.bin.gz

Weights are a pure function of (tensor name, index), so the test makes the same file with its own writer: element i of a tensor is
uniform(fnv1a(name), i) * scale with uniform in [-1, 1) from the top 24 bits of SplitMix64. Norms are 1 + 0.25 * uniform.

Format, little endian, gzipped: per case: u8 length + name (ASCII); u32 positions P; u32 vocabulary V; P x { u32 position, V x f32 logit }.
"""
import gzip
import os
import struct
import sys
import tempfile

import gguf
import llama_cpp
import numpy as np

TOKENS = 300
KEEP = list(range(0, 8)) + [15, 16, 31, 32, 33, 40, 63, 64, 65, 100, 127, 128, 200, 255, 256, 257, 280, 299]
VOCABULARY = 384


def fnv1a(name):
    h = 0xCBF29CE484222325
    for b in name.encode():
        h = ((h ^ b) * 0x100000001B3) & (2**64 - 1)
    return h


def uniform(name, n):
    with np.errstate(over="ignore"):
        z = np.uint64(fnv1a(name)) + np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return ((z >> np.uint64(40)).astype(np.float32) / np.float32(2**23)) - np.float32(1)


def weight(name, rows, cols):
    return (uniform(name, rows * cols) * np.float32(1.7 / np.sqrt(cols))).reshape(rows, cols).astype(np.float32)


def norm(name, n):
    return (np.float32(1) + np.float32(0.25) * uniform(name, n)).astype(np.float32)


# name: architecture, layers, dim, heads, kv heads, head dim, ffn, extra metadata, tied, frequency factors
CASES = {
    "llama": ("llama", 2, 64, 4, 2, 32, 96, {}, True, False),
    "llama-untied-wide-heads": ("llama", 2, 64, 2, 1, 64, 96, {"rope.freq_base": 500000.0}, False, False),
    "llama-frequency-factors": ("llama", 2, 64, 4, 2, 32, 96, {"rope.freq_base": 500000.0}, True, True),
    "llama-linear-scaling": ("llama", 2, 64, 4, 4, 32, 96, {"rope.scaling.type": "linear", "rope.scaling.factor": 4.0}, True, False),
    "gemma3": ("gemma3", 7, 64, 4, 1, 32, 96, {"rope.freq_base": 1000000.0, "attention.sliding_window": 32}, True, False),
    "gemma3-linear-scaling": ("gemma3", 7, 64, 4, 2, 64, 96,
                              {"rope.freq_base": 1000000.0, "attention.sliding_window": 64, "rope.scaling.type": "linear",
                               "rope.scaling.factor": 8.0}, True, False),
}


def write(path, arch, layers, d, heads, kv, hd, ffn, extra, tied, factors):
    w = gguf.GGUFWriter(path, arch)
    w.add_block_count(layers)
    w.add_context_length(1024)
    w.add_embedding_length(d)
    w.add_feed_forward_length(ffn)
    w.add_head_count(heads)
    w.add_head_count_kv(kv)
    w.add_key_length(hd)
    w.add_value_length(hd)
    w.add_layer_norm_rms_eps(1e-5)
    for key, value in extra.items():
        full = f"{arch}.{key}"
        if isinstance(value, str):
            w.add_string(full, value)
        elif isinstance(value, int):
            w.add_uint32(full, value)
        else:
            w.add_float32(full, value)
    w.add_tokenizer_model("llama")
    w.add_token_list([f"<{i}>".encode() if i < 3 else f"t{i}".encode() for i in range(VOCABULARY - 256)]
                     + [f"<0x{b:02X}>".encode() for b in range(256)])
    w.add_token_scores([0.0] * VOCABULARY)
    w.add_token_types([2, 3, 3] + [1] * (VOCABULARY - 259) + [6] * 256)
    w.add_unk_token_id(0)
    w.add_bos_token_id(1)
    w.add_eos_token_id(2)
    t = lambda name, rows, cols: w.add_tensor(name, weight(name, rows, cols))
    n = lambda name, size: w.add_tensor(name, norm(name, size))
    t("token_embd.weight", VOCABULARY, d)
    n("output_norm.weight", d)
    if not tied:
        t("output.weight", VOCABULARY, d)
    if factors:
        w.add_tensor("rope_freqs.weight", np.linspace(1, 8, hd // 2, dtype=np.float32))
    for i in range(layers):
        p = f"blk.{i}."
        n(p + "attn_norm.weight", d)
        t(p + "attn_q.weight", heads * hd, d)
        t(p + "attn_k.weight", kv * hd, d)
        t(p + "attn_v.weight", kv * hd, d)
        t(p + "attn_output.weight", d, heads * hd)
        n(p + "ffn_norm.weight", d)
        t(p + "ffn_gate.weight", ffn, d)
        t(p + "ffn_up.weight", ffn, d)
        t(p + "ffn_down.weight", d, ffn)
        if arch == "gemma3":
            n(p + "attn_q_norm.weight", hd)
            n(p + "attn_k_norm.weight", hd)
            n(p + "post_attention_norm.weight", d)
            n(p + "post_ffw_norm.weight", d)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def main():
    tokens = [3 + i * 7919 % (VOCABULARY - 3) for i in range(TOKENS)]
    with gzip.GzipFile(sys.argv[1], "wb", mtime=0) as out, tempfile.TemporaryDirectory() as folder:
        for name, case in CASES.items():
            path = os.path.join(folder, name + ".gguf")
            write(path, *case)
            model = llama_cpp.Llama(path, n_ctx=512, n_batch=512, n_threads=1, logits_all=True, flash_attn=False,
                                    type_k=0, type_v=0, verbose=False)
            model.eval(tokens)
            logits = np.array(model.scores[:TOKENS], dtype=np.float32)
            out.write(struct.pack("<B", len(name)) + name.encode() + struct.pack("<II", len(KEEP), VOCABULARY))
            for p in KEEP:
                out.write(struct.pack("<I", p) + logits[p].astype("<f4").tobytes())
            print(name, logits.std(), logits[299][:4])


if __name__ == "__main__":
    main()
