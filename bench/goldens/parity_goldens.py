#!/usr/bin/env python3
"""Writes the parity goldens of one GGUF model: what llama.cpp (llama-cpp-python 0.3.36) predicts over parity.txt.

    python3 parity_goldens.py MODEL.gguf ../src/main/resources/dev/longhand/bench/parity-NAME.bin.gz

parity.txt is this project's own prose and code. It is tokenised by llama.cpp without special tokens and read in 4 windows of
1,024 tokens that do not overlap; each window begins in an empty context, with the model's BOS token as its first token if the
file asks for one (tokenizer.ggml.add_bos_token). At every position the model predicts the next token of the text, at the last
position that of the next window: 1,024 targets a window, 4,096 in all. The perplexity is exp(-sum / 4096). f16 keys and values,
flash attention off, n_batch 512, 2 threads.

The first window is text that small models are mostly sure of: tables, a tale that grows, code, JSON, Chinese, a little prose. Where
two tokens are nearly equally probable, llama.cpp's own rounding of activations decides between them: on prose alone it agrees with
itself, run on the same weights written as f32, at 97 % of the positions. The other windows are this project's documents.

The file is gzip of, little endian:
    8 bytes   "LHPARITY"
    u32       format version, 1
    32 bytes  SHA-256 of the model file
    u32 x 4   vocabulary V, windows W, positions P of a window, top count K
    i32       ids (W, P + 1): the tokens read, and behind them the last target
    f64       sum of the targets' log-probabilities in nats (W)
    f32       log-probability of each target of the first window (P)
    i32       the K most probable tokens at each position of the first window, best first (P, K)
    f32       their log-probabilities (P, K)
    f32       mass of all other tokens (P)
"""
import ctypes
import gzip
import hashlib
import pathlib
import struct
import sys

import llama_cpp
import numpy as np

WINDOWS, POSITIONS, TOP, BATCH, THREADS = 4, 1024, 64, 512, 2


def tokens_of(vocab, text, with_bos):
    data = text.encode()
    ids = (ctypes.c_int32 * (len(data) + 8))()
    n = llama_cpp.llama_tokenize(vocab, data, len(data), ids, len(ids), False, False)
    assert n >= 0, n
    text_ids = list(ids[:n])
    bos = [llama_cpp.llama_vocab_bos(vocab)] if with_bos else []
    step = POSITIONS - len(bos)
    windows = []
    for w in range(WINDOWS):
        part = bos + text_ids[w * step:(w + 1) * step + 1]
        assert len(part) == POSITIONS + 1, f"the text has only {n} tokens"
        windows.append(part)
    return windows


def logits_of(context, batch, vocabulary, window):
    """Yields (position, float64 log-probabilities) for each position of one window."""
    llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(context), True)
    for start in range(0, POSITIONS, BATCH):
        batch.n_tokens = BATCH
        for i in range(BATCH):
            batch.token[i] = window[start + i]
            batch.pos[i] = start + i
            batch.n_seq_id[i] = 1
            batch.seq_id[i][0] = 0
            batch.logits[i] = 1
        assert llama_cpp.llama_decode(context, batch) == 0
        for i in range(BATCH):
            row = np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(context, i), shape=(vocabulary,)).astype(np.float64)
            row -= row.max()
            yield start + i, row - np.log(np.exp(row).sum())


def main():
    model_path, out = sys.argv[1:]
    text = pathlib.Path(__file__).with_name("parity.txt").read_text(encoding="utf-8")
    digest = hashlib.sha256(pathlib.Path(model_path).read_bytes()).digest()
    llama_cpp.llama_backend_init()
    model = llama_cpp.llama_load_model_from_file(model_path.encode(), llama_cpp.llama_model_default_params())
    params = llama_cpp.llama_context_default_params()
    params.n_ctx = POSITIONS
    params.n_batch = params.n_ubatch = BATCH
    params.n_threads = params.n_threads_batch = THREADS
    params.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED
    context = llama_cpp.llama_new_context_with_model(model, params)
    vocab = llama_cpp.llama_model_get_vocab(model)
    vocabulary = llama_cpp.llama_vocab_n_tokens(vocab)
    windows = tokens_of(vocab, text, llama_cpp.llama_vocab_get_add_bos(vocab))
    batch = llama_cpp.llama_batch_init(BATCH, 0, 1)

    sums, targets, top_ids, top_logs, rest = [], [], [], [], []
    for w, window in enumerate(windows):
        total = 0.0
        for position, logs in logits_of(context, batch, vocabulary, window):
            target = window[position + 1]
            total += logs[target]
            if w == 0:
                best = np.argpartition(-logs, TOP)[:TOP]
                best = best[np.argsort(-logs[best], kind="stable")]
                targets.append(logs[target])
                top_ids.append(best)
                top_logs.append(logs[best])
                rest.append(np.exp(np.delete(logs, best)).sum())
        sums.append(total)
        print(f"window {w}: perplexity {np.exp(-total / POSITIONS):.4f}")
    print(f"perplexity over {WINDOWS * POSITIONS} tokens: {np.exp(-sum(sums) / (WINDOWS * POSITIONS)):.4f}")

    body = b"LHPARITY" + struct.pack("<I", 1) + digest + struct.pack("<4I", vocabulary, WINDOWS, POSITIONS, TOP)
    body += np.array(windows, "<i4").tobytes() + np.array(sums, "<f8").tobytes() + np.array(targets, "<f4").tobytes()
    body += np.array(top_ids, "<i4").tobytes() + np.array(top_logs, "<f4").tobytes() + np.array(rest, "<f4").tobytes()
    pathlib.Path(out).write_bytes(gzip.compress(body, 9, mtime=0))


if __name__ == "__main__":
    main()
