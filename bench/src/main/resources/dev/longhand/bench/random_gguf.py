#!/usr/bin/env python3
"""Write a GGUF model of a real architecture and size with seeded random weights.

For speed at realistic sizes and for logit parity against llama.cpp where no real weights can be had. Weights are N(0, 1/fan_in);
norms are near 1; the vocabulary is 256 byte tokens, 2 control tokens, 5 merges and filler, so any text tokenizes. One shape, type
and seed give the same bytes everywhere.

    pip install gguf numpy
    python3 random_gguf.py qwen3-0.6b out.gguf                # F16
    python3 random_gguf.py qwen3-0.6b out.gguf --type Q8_0    # F32, Q8_0, Q4_0, Q4_1, Q5_0 by gguf.quants
    python3 random_gguf.py llama-1b out.gguf --type Q4_K_M    # K-quants by llama.cpp, through F16; needs llama-cpp-python
    python3 random_gguf.py --requantize in.gguf out.gguf --type Q4_0    # an existing file, by llama.cpp
"""
import argparse
import ctypes
import os
from collections import namedtuple

Shape = namedtuple("Shape", "arch layers d heads kv_heads head_dim ffn vocab ctx theta experts used expert_ffn tied")

SHAPES = {
    "tiny-llama":   Shape("llama",    2, 64, 4, 2, 16, 160, 512, 2048, 1e4, 0, 0, 0, True),
    "tiny-qwen3":   Shape("qwen3",    2, 64, 4, 2, 16, 160, 512, 2048, 1e6, 0, 0, 0, True),
    "tiny-moe":     Shape("qwen3moe", 2, 64, 4, 2, 16, 160, 512, 2048, 1e6, 8, 2, 64, False),
    # wide enough for K-quants (rows of 256)
    "small-llama":   Shape("llama",    4, 256, 4, 2, 64, 512, 2048, 4096, 1e4, 0, 0, 0, True),
    "small-qwen2":   Shape("qwen2",    4, 256, 4, 2, 64, 512, 2048, 4096, 1e6, 0, 0, 0, True),
    "small-qwen3":   Shape("qwen3",    4, 256, 4, 2, 64, 512, 2048, 4096, 1e6, 0, 0, 0, True),
    "small-moe":     Shape("qwen3moe", 4, 256, 4, 2, 64, 512, 2048, 4096, 1e6, 8, 2, 256, False),
    # Mixtral is the llama architecture with experts as wide as a dense layer; 8, 2 of them used
    "small-mixtral": Shape("llama",    4, 256, 4, 2, 64, 512, 2048, 4096, 1e6, 8, 2, 512, False),
    # OLMoE: as many KV heads as heads, norms over the whole of q and k, weights of the used experts not renormalised
    "small-olmoe":   Shape("olmoe",    4, 256, 4, 4, 64, 256, 2048, 4096, 1e4, 16, 4, 256, False),
    "qwen2-0.5b":    Shape("qwen2",    24, 896, 14, 2, 64, 4864, 151936, 32768, 1e6, 0, 0, 0, True),
    "qwen3-0.6b":    Shape("qwen3",    28, 1024, 16, 8, 128, 3072, 151936, 40960, 1e6, 0, 0, 0, True),
    "qwen3-1.7b":    Shape("qwen3",    28, 2048, 16, 8, 128, 6144, 151936, 40960, 1e6, 0, 0, 0, True),
    "llama-1b":      Shape("llama",    16, 2048, 32, 8, 64, 8192, 128256, 131072, 5e5, 0, 0, 0, True),
    # the shape of OLMoE/Qwen3-30B-A3B made smaller: 1.8 B parameters, 0.32 B active
    "qwen3moe-2b":   Shape("qwen3moe", 16, 1024, 16, 4, 128, 3072, 32768, 32768, 1e6, 64, 8, 512, False),
}
FILE_TYPES = {"F32": 0, "F16": 1, "Q4_0": 2, "Q4_1": 3, "Q8_0": 7, "Q5_0": 8}
# by llama.cpp, with its numbers
QUANTIZED = {"Q4_0": 2, "Q4_1": 3, "Q8_0": 7, "Q4_K_S": 14, "Q4_K_M": 15, "Q5_K_M": 17, "Q6_K": 18}
MERGES = ["t h", "th e", "i n", "a n", "e r"]


def bytes_to_unicode():
    keep = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    chars, extra = {}, 0
    for b in range(256):
        if b in keep:
            chars[b] = chr(b)
        else:
            chars[b] = chr(256 + extra)
            extra += 1
    return chars


class Writer:
    """A model of one shape, written tensor by tensor."""

    def __init__(self, shape_name, out, kind, seed):
        import gguf
        import numpy
        self.gguf, self.np = gguf, numpy
        self.shape, self.kind = SHAPES[shape_name], kind
        self.rng = numpy.random.default_rng(seed)
        self.file = gguf.GGUFWriter(out, self.shape.arch)
        self.file.add_name(f"random {shape_name}")

    def write(self):
        self.header()
        self.vocabulary()
        self.matrix("token_embd.weight", self.shape.vocab, self.shape.d)
        self.norm("output_norm.weight", self.shape.d)
        if not self.shape.tied:
            self.matrix("output.weight", self.shape.vocab, self.shape.d)
        for layer in range(self.shape.layers):
            self.attention(f"blk.{layer}.")
            self.feed_forward(f"blk.{layer}.")
        self.file.write_header_to_file()
        self.file.write_kv_data_to_file()
        self.file.write_tensors_to_file()
        self.file.close()

    def header(self):
        s, w = self.shape, self.file
        w.add_block_count(s.layers)
        w.add_context_length(s.ctx)
        w.add_embedding_length(s.d)
        w.add_feed_forward_length(s.ffn)
        w.add_head_count(s.heads)
        w.add_head_count_kv(s.kv_heads)
        w.add_key_length(s.head_dim)
        w.add_value_length(s.head_dim)
        w.add_rope_dimension_count(s.head_dim)
        w.add_rope_freq_base(s.theta)
        w.add_layer_norm_rms_eps(1e-6)
        w.add_vocab_size(s.vocab)
        if s.experts:
            w.add_expert_count(s.experts)
            w.add_expert_used_count(s.used)
            w.add_expert_feed_forward_length(s.expert_ffn)
        w.add_file_type(FILE_TYPES[self.kind])

    def vocabulary(self):
        s, w, types = self.shape, self.file, self.gguf.TokenType
        merged = ["".join(m.split()) for m in MERGES]
        tokens = list(bytes_to_unicode().values()) + ["<|endoftext|>", "<|im_end|>"] + merged
        kinds = [types.NORMAL] * 256 + [types.CONTROL] * 2 + [types.NORMAL] * len(merged)
        letters = "abcdefghijklmnopqrstuvwxyz"
        while len(tokens) < s.vocab:
            n, name = len(tokens), ""
            while n:
                name += letters[n % 26]
                n //= 26
            tokens.append("Ġ" + name + "_")
            kinds.append(types.NORMAL)
        w.add_tokenizer_model("gpt2")
        w.add_tokenizer_pre("qwen2")
        w.add_token_list(tokens[:s.vocab])
        w.add_token_types(kinds[:s.vocab])
        w.add_token_merges(MERGES)
        w.add_bos_token_id(256)
        w.add_eos_token_id(256)
        w.add_add_bos_token(False)

    def attention(self, p):
        s = self.shape
        self.norm(p + "attn_norm.weight", s.d)
        self.norm(p + "ffn_norm.weight", s.d)
        widths = {"q": s.heads * s.head_dim, "k": s.kv_heads * s.head_dim, "v": s.kv_heads * s.head_dim}
        for name, width in widths.items():
            self.matrix(f"{p}attn_{name}.weight", width, s.d)
        self.matrix(p + "attn_output.weight", s.d, s.heads * s.head_dim)
        if s.arch == "qwen2":
            for name, width in widths.items():
                self.vector(f"{p}attn_{name}.bias", 0.1 * self.rng.standard_normal(width))
        if s.arch.startswith("qwen3"):
            self.norm(p + "attn_q_norm.weight", s.head_dim)
            self.norm(p + "attn_k_norm.weight", s.head_dim)
        if s.arch == "olmoe":
            self.norm(p + "attn_q_norm.weight", widths["q"])
            self.norm(p + "attn_k_norm.weight", widths["k"])

    def feed_forward(self, p):
        s = self.shape
        if s.experts:
            self.vector(p + "ffn_gate_inp.weight", self.rng.standard_normal((s.experts, s.d)) / self.np.sqrt(s.d))
            self.matrix(p + "ffn_gate_exps.weight", s.experts, s.expert_ffn, s.d)
            self.matrix(p + "ffn_up_exps.weight", s.experts, s.expert_ffn, s.d)
            self.matrix(p + "ffn_down_exps.weight", s.experts, s.d, s.expert_ffn)
        else:
            self.matrix(p + "ffn_gate.weight", s.ffn, s.d)
            self.matrix(p + "ffn_up.weight", s.ffn, s.d)
            self.matrix(p + "ffn_down.weight", s.d, s.ffn)

    def matrix(self, name, *shape):
        x = self.rng.standard_normal(shape, dtype=self.np.float32) / self.np.float32(self.np.sqrt(shape[-1]))
        if self.kind == "F32":
            self.file.add_tensor(name, x)
        elif self.kind == "F16":
            self.file.add_tensor(name, x.astype(self.np.float16))
        else:
            kind = self.gguf.GGMLQuantizationType[self.kind]
            self.file.add_tensor(name, self.gguf.quants.quantize(x, kind), raw_dtype=kind)

    def norm(self, name, n):
        self.vector(name, 1 + 0.02 * self.rng.standard_normal(n))

    def vector(self, name, values):
        self.file.add_tensor(name, values.astype(self.np.float32))


def requantize(source, out, kind):
    import llama_cpp
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = QUANTIZED[kind]
    params.allow_requantize = True
    params.nthread = os.cpu_count() or 1
    if llama_cpp.llama_model_quantize(source.encode(), out.encode(), ctypes.byref(params)) != 0:
        raise SystemExit(f"llama.cpp could not write {source} as {kind}")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("source", metavar="SHAPE|IN", help="one of " + ", ".join(SHAPES))
    ap.add_argument("out")
    ap.add_argument("--type", default="F16", choices=sorted(FILE_TYPES.keys() | QUANTIZED.keys()))
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--requantize", action="store_true", help="SOURCE is a GGUF file to write as TYPE")
    a = ap.parse_args()
    if a.requantize:
        requantize(a.source, a.out, a.type)
    elif a.source not in SHAPES:
        ap.error(f"no shape {a.source!r}; one of {', '.join(SHAPES)}")
    elif a.type in FILE_TYPES:
        Writer(a.source, a.out, a.type, a.seed).write()
    else:
        wide = a.out + ".f16"
        try:
            Writer(a.source, wide, "F16", a.seed).write()
            requantize(wide, a.out, a.type)
        finally:
            if os.path.exists(wide):
                os.remove(wide)


if __name__ == "__main__":
    main()
