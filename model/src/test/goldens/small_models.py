#!/usr/bin/env python3
"""Goldens of small random models of every architecture and quantisation: what llama.cpp predicts, and which experts it chooses.

    pip install llama-cpp-python==0.3.36 gguf numpy
    python3 small_models.py ../resources/dev/longhand/model/small-models.bin.gz

Shapes are wide enough for K-quants. Every tensor is a pure function of its name, so the test makes the same file with its own writer
(testkit's RandomModel): f32 tensors as in tiny_models.py; quantised ones are random bytes whose scales are then set so that a weight's
standard deviation is 1 / sqrt(cols). Q4_K_M holds Q6_K in attn_v, ffn_down, embedding and head, else Q4_K.

Instead of all logits, each position has its greatest token, the gap to the second, and SAMPLES tokens drawn from the predicted
distribution p with their log-probability. With r = q(x) / p(x) of the sampled x, the mean of r - 1 - log r is an unbiased estimate of
KL(p || q) that is never negative.

A mixture of experts jumps where two experts' logits are as good as equal, and what a token becomes there, later ones see. So mixtures
read SEQUENCES short sequences instead of one long one: a choice that rounding decides spoils only the rest of its own.

Format, little endian, gzipped; field by field for all positions P, so that it packs well: per case: u8 length + name; u8 length + type;
u16 P, u8 sequences (each P / sequences long), u8 samples S, u8 layers L, u8 used U (0: no experts); u16 best[P]; u16 gap[P] in 1/4096 nat; u16 token[P][S];
u16 -log p[P][S] in 1/4096 nat; with experts u8 expert[L][P][U] ascending, u16 margin[L][P] in 1/4096: by how much the
router's last chosen logit exceeds the next. llama.cpp keeps f32 keys and values here: with f16 it would round queries too.
"""
import ctypes
import gzip
import os
import struct
import sys
import tempfile

import gguf
import llama_cpp
import numpy as np

from tiny_models import fnv1a, norm, weight

TOKENS = 1040  # of a dense model
SEQUENCES, SEQUENCE_TOKENS = 64, 24  # of a mixture
SAMPLES = 8
VOCABULARY = 2048
Q = gguf.GGMLQuantizationType

# name: architecture, layers, dim, heads, kv heads, head dim, ffn, experts, used, tied
SHAPES = {
    "small-llama": ("llama", 4, 256, 4, 2, 64, 512, 0, 0, True),
    "small-qwen2": ("qwen2", 4, 256, 4, 2, 64, 512, 0, 0, True),
    "small-qwen3": ("qwen3", 4, 256, 4, 2, 64, 512, 0, 0, True),
    "small-moe": ("qwen3moe", 4, 256, 4, 2, 64, 256, 8, 2, False),
    "small-mixtral": ("llama", 4, 256, 4, 2, 64, 512, 8, 2, False),
    "small-olmoe": ("olmoe", 4, 256, 4, 4, 64, 256, 16, 4, False),
}
TYPES = ["F32", "Q8_0", "Q4_0", "Q4_K_M"]


def random_bytes(name, n):
    with np.errstate(over="ignore"):
        z = np.uint64(fnv1a(name)) + np.arange(1, (n + 7) // 8 + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return z.view(np.uint8)[:n].copy()


def scales(base, blocks):
    """f16 scales of all blocks: base * (1 + (first random byte & 7) / 8), as bytes."""
    factor = np.float32(1) + (blocks[:, 0] & 7).astype(np.float32) / np.float32(8)
    return (np.float32(base) * factor).astype(np.float16).view(np.uint8).reshape(-1, 2)


def quantised(name, rows, cols, qtype):
    block, size = gguf.GGML_QUANT_SIZES[qtype]
    blocks = random_bytes(name, rows * cols // block * size).reshape(-1, size)
    one = np.float32(1 / np.sqrt(cols))
    if qtype == Q.Q8_0:
        blocks[:, :2] = scales(one / np.float32(105), blocks)
    elif qtype == Q.Q4_0:
        blocks[:, :2] = scales(one / np.float32(6.6), blocks)
        nibbles = blocks[:, 2:]  # 0 means -8: it becomes 8, which means 0, so that weights are centred
        nibbles[nibbles & 0x0F == 0] |= 0x08
        nibbles[nibbles & 0xF0 == 0] |= 0x80
    elif qtype == Q.Q4_K:
        d = scales(one / np.float32(310), blocks)
        half = scales(one / np.float32(310) * np.float32(7.5), blocks)
        blocks[:, :2] = d
        blocks[:, 2:4] = half
        blocks[:, 4:8] |= 0x20  # each scale at least 32 ...
        blocks[:, 8:12] = blocks[:, 4:8]  # ... and each min like its scale, so that weights are centred
        blocks[:, 12:16] = blocks[:, 12:16] & 15 | blocks[:, 12:16] << 4
    else:
        blocks[:, 192:208] |= 0x40
        blocks[:, 208:210] = scales(one / np.float32(2500), blocks)
    return blocks.reshape(rows, -1)


def type_of(name, kind):
    if kind == "Q4_K_M":
        six = any(part in name for part in ("attn_v", "ffn_down", "token_embd", "output.weight")) and "attn_output" not in name
        return Q.Q6_K if six else Q.Q4_K
    return Q[kind]


def write(path, shape, kind):
    arch, layers, d, heads, kv, hd, ffn, experts, used, tied = shape
    w = gguf.GGUFWriter(path, arch)
    w.add_block_count(layers)
    w.add_context_length(4096)
    w.add_embedding_length(d)
    w.add_feed_forward_length(ffn)
    w.add_head_count(heads)
    w.add_head_count_kv(kv)
    w.add_key_length(hd)
    w.add_value_length(hd)
    w.add_layer_norm_rms_eps(1e-6)
    w.add_rope_freq_base(1e6)
    if experts:
        w.add_expert_count(experts)
        w.add_expert_used_count(used)
        w.add_expert_feed_forward_length(ffn)
    w.add_tokenizer_model("llama")
    w.add_token_list([f"<{i}>".encode() if i < 3 else f"t{i}".encode() for i in range(VOCABULARY - 256)]
                     + [f"<0x{b:02X}>".encode() for b in range(256)])
    w.add_token_scores([0.0] * VOCABULARY)
    w.add_token_types([2, 3, 3] + [1] * (VOCABULARY - 259) + [6] * 256)
    w.add_unk_token_id(0)
    w.add_bos_token_id(1)
    w.add_eos_token_id(2)

    def f32(name, rows, cols):
        w.add_tensor(name, weight(name, rows, cols))

    def t(name, rows, cols, count=0):
        many = rows * max(count, 1)
        if kind == "F32":
            data = weight(name, many, cols)
            w.add_tensor(name, data.reshape(count, rows, cols) if count else data)
        else:
            data = quantised(name, many, cols, type_of(name, kind))
            w.add_tensor(name, data.reshape(count, rows, -1) if count else data, raw_dtype=type_of(name, kind))

    def n(name, size):
        w.add_tensor(name, norm(name, size))

    t("token_embd.weight", VOCABULARY, d)
    n("output_norm.weight", d)
    if not tied:
        t("output.weight", VOCABULARY, d)
    for i in range(layers):
        p = f"blk.{i}."
        n(p + "attn_norm.weight", d)
        for name, size in (("attn_q", heads * hd), ("attn_k", kv * hd), ("attn_v", kv * hd)):
            t(p + name + ".weight", size, d)
            if arch == "qwen2":
                w.add_tensor(p + name + ".bias", weight(p + name + ".bias", 1, size)[0] * np.float32(4))
        t(p + "attn_output.weight", d, heads * hd)
        if arch.startswith("qwen3"):
            n(p + "attn_q_norm.weight", hd)
            n(p + "attn_k_norm.weight", hd)
        if arch == "olmoe":
            n(p + "attn_q_norm.weight", heads * hd)
            n(p + "attn_k_norm.weight", kv * hd)
        n(p + "ffn_norm.weight", d)
        suffix = "_exps" if experts else ""
        if experts:
            f32(p + "ffn_gate_inp.weight", experts, d)
        t(p + "ffn_gate" + suffix + ".weight", ffn, d, experts)
        t(p + "ffn_up" + suffix + ".weight", ffn, d, experts)
        t(p + "ffn_down" + suffix + ".weight", d, ffn, experts)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


class Tensor(ctypes.Structure):
    """ggml_tensor of this version of llama.cpp."""
    _fields_ = [("type", ctypes.c_int), ("buffer", ctypes.c_void_p), ("ne", ctypes.c_int64 * 4), ("nb", ctypes.c_size_t * 4),
                ("op", ctypes.c_int), ("op_params", ctypes.c_int32 * 16), ("flags", ctypes.c_int32), ("src", ctypes.c_void_p * 10),
                ("view_src", ctypes.c_void_p), ("view_offs", ctypes.c_size_t), ("data", ctypes.c_void_p), ("name", ctypes.c_char * 64)]


def run(path, tokens, sequences):
    """Logits (position, vocabulary) and, per layer, the router's logits (position, experts)."""
    routers = {}

    def see(pointer, ask, _):
        tensor = ctypes.cast(pointer, ctypes.POINTER(Tensor)).contents
        if not tensor.name.startswith(b"ffn_moe_logits-"):
            return not ask
        if not ask:
            n = tensor.ne[0] * tensor.ne[1]
            values = np.ctypeslib.as_array(ctypes.cast(tensor.data, ctypes.POINTER(ctypes.c_float)), (n,))
            routers.setdefault(int(tensor.name.split(b"-")[1]), []).append(values.reshape(tensor.ne[1], tensor.ne[0]).copy())
        return True

    llama = llama_cpp.Llama(path, n_ctx=2048, n_batch=512, n_threads=1, logits_all=True, flash_attn=False, verbose=False)
    params = llama.context_params
    params.n_ctx = 2048
    params.n_batch = params.n_ubatch = 512
    params.n_threads = params.n_threads_batch = 1
    params.type_k = params.type_v = 0
    params.cb_eval = llama_cpp.ggml_backend_sched_eval_callback(see)
    context = llama_cpp.llama_init_from_model(llama.model, params)
    rows = []
    step = SEQUENCE_TOKENS if sequences > 1 else 512
    for at in range(0, len(tokens), step):
        some = tokens[at:at + step]
        first = 0 if sequences > 1 else at
        if sequences > 1:
            llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(context), True)
        batch = llama_cpp.llama_batch_init(len(some), 0, 1)
        batch.n_tokens = len(some)
        for i, token in enumerate(some):
            batch.token[i], batch.pos[i], batch.n_seq_id[i], batch.seq_id[i][0], batch.logits[i] = token, first + i, 1, 0, 1
        assert llama_cpp.llama_decode(context, batch) == 0
        data = llama_cpp.llama_get_logits(context)
        rows.append(np.ctypeslib.as_array(data, (len(some) * VOCABULARY,)).reshape(len(some), VOCABULARY).copy())
        llama_cpp.llama_batch_free(batch)
    llama_cpp.llama_free(context)
    return np.concatenate(rows).astype(np.float64), {layer: np.concatenate(parts) for layer, parts in routers.items()}


def fixed(x):
    return np.clip(np.rint(x * 4096), 0, 65535).astype("<u2")


def main():
    wanted = sys.argv[2:]
    with gzip.GzipFile(sys.argv[1], "wb", mtime=0) as out, tempfile.TemporaryDirectory() as folder:
        for name, shape in SHAPES.items():
            for kind in TYPES:
                if wanted and f"{name}:{kind}" not in wanted:
                    continue
                path = os.path.join(folder, "m.gguf")
                write(path, shape, kind)
                sequences = SEQUENCES if shape[7] else 1
                count = SEQUENCES * SEQUENCE_TOKENS if shape[7] else TOKENS
                tokens = [3 + i * 7919 % (VOCABULARY - 3) for i in range(count)]
                logits, routers = run(path, tokens, sequences)
                layers, used = shape[1], shape[8]
                out.write(struct.pack("<B", len(name)) + name.encode() + struct.pack("<B", len(kind)) + kind.encode())
                out.write(struct.pack("<HBBBB", count, sequences, SAMPLES, layers, used))
                logp = logits - np.log(np.exp(logits - logits.max(1, keepdims=True)).sum(1, keepdims=True)) - logits.max(1, keepdims=True)
                ordered = np.sort(logits, 1)
                gaps = ordered[:, -1] - ordered[:, -2]
                random = np.random.default_rng(1)
                drawn = np.stack([random.choice(VOCABULARY, SAMPLES, p=np.exp(row) / np.exp(row).sum()) for row in logp])
                out.write(logits.argmax(1).astype("<u2").tobytes() + fixed(gaps).tobytes())
                out.write(drawn.astype("<u2").tobytes() + fixed(-np.take_along_axis(logp, drawn, 1)).tobytes())
                if used:
                    chosen, margins = [], []
                    for layer in range(layers):
                        order = np.argsort(-routers[layer], 1, kind="stable")
                        ranked = np.take_along_axis(routers[layer], order, 1)
                        chosen.append(np.sort(order[:, :used], 1).astype(np.uint8))
                        margins.append(fixed(ranked[:, used - 1] - ranked[:, used]))
                    out.write(np.stack(chosen).tobytes() + np.stack(margins).tobytes())
                print(name, kind, "std %.3f, entropy %.2f nats, %d of %d with gap > 0.2" % (
                    logits.std(), -(np.exp(logp) * logp).sum(1).mean(), (gaps > 0.2).sum(), count), flush=True)


if __name__ == "__main__":
    main()
