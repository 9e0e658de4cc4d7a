"""llama.cpp as a rival, driven line by line; answers one line each.

    python3 llama_peer.py MODEL THREADS

    use FLASH(0|1) TYPE_K TYPE_V TOKENS SEQUENCES   -> "ok", or "refused" if llama.cpp does not do that
    prefill N                  -> seconds to read N tokens from empty
    decode DEPTH N             -> seconds for N single tokens after DEPTH tokens (read now if they are not there)
    batch SEQUENCES P N        -> seconds to read P tokens of each sequence, seconds for N steps of one token each
    quit

Works through the same library calls as llama.cpp's own llama-bench and llama-batched-bench: llama_decode and llama_synchronize,
batches of 512, no sampling. Needs `pip install llama-cpp-python==0.3.36`. Prints `ready VERSION | FEATURES` once loaded.
"""
import ctypes
import sys
import time

import llama_cpp as llama

TYPES = {"f16": 1, "q8_0": 8}
BATCH = 512


def token(i, vocabulary):
    return 100 + i * 7919 % (vocabulary - 200)


class Peer:
    def __init__(self, path, threads):
        self.threads = threads
        self.quiet = llama.llama_log_callback(lambda level, text, data: None)
        llama.llama_log_set(self.quiet, None)
        llama.llama_backend_init()
        self.model = llama.llama_model_load_from_file(path.encode(), llama.llama_model_default_params())
        if not self.model:
            raise SystemExit("llama.cpp refuses " + path)
        self.vocabulary = llama.llama_vocab_n_tokens(llama.llama_model_get_vocab(self.model))
        self.contexts = {}
        self.held = {}
        self.current = None

    def use(self, flash, type_k, type_v, tokens, sequences):
        key = (flash, type_k, type_v, tokens, sequences)
        if key not in self.contexts:
            params = llama.llama_context_default_params()
            params.n_ctx, params.n_batch, params.n_ubatch = int(tokens), BATCH, BATCH
            params.n_seq_max = int(sequences)
            params.n_threads = params.n_threads_batch = self.threads
            params.flash_attn_type = 1 if flash == "1" else 0
            params.type_k, params.type_v = TYPES[type_k], TYPES[type_v]
            context = llama.llama_init_from_model(self.model, params)
            if not context:
                return "refused"
            self.contexts[key] = context
            self.held[key] = 0
        self.current = key
        return "ok"

    def run(self, batch):
        result = llama.llama_decode(self.contexts[self.current], batch)
        if result != 0:
            raise RuntimeError(f"llama_decode gave {result}")
        llama.llama_synchronize(self.contexts[self.current])

    def read(self, start, end):
        for i in range(start, end, BATCH):
            count = min(BATCH, end - i)
            tokens = (llama.llama_token * count)(*[token(i + j, self.vocabulary) for j in range(count)])
            self.run(llama.llama_batch_get_one(tokens, count))

    def memory(self):
        return llama.llama_get_memory(self.contexts[self.current])

    def prefill(self, count):
        llama.llama_memory_clear(self.memory(), False)
        start = time.perf_counter()
        self.read(0, int(count))
        seconds = time.perf_counter() - start
        self.held[self.current] = int(count)
        return seconds

    def decode(self, depth, count):
        depth, count = int(depth), int(count)
        held = self.held[self.current]
        if held < depth:
            self.prefill(depth)
        llama.llama_memory_seq_rm(self.memory(), 0, depth, -1)
        start = time.perf_counter()
        for i in range(count):
            one = (llama.llama_token * 1)(token(i, self.vocabulary))
            self.run(llama.llama_batch_get_one(one, 1))
        seconds = time.perf_counter() - start
        llama.llama_memory_seq_rm(self.memory(), 0, depth, -1)
        self.held[self.current] = depth
        return seconds

    def rows(self, rows):
        """One llama_decode per BATCH rows of (token, position, sequence, wants logits)."""
        for i in range(0, len(rows), BATCH):
            part = rows[i:i + BATCH]
            batch = llama.llama_batch_init(BATCH, 0, 1)
            batch.n_tokens = len(part)
            for j, (tok, position, sequence, wants) in enumerate(part):
                batch.token[j], batch.pos[j] = tok, position
                batch.n_seq_id[j], batch.seq_id[j][0] = 1, sequence
                batch.logits[j] = wants
            self.run(batch)
            llama.llama_batch_free(batch)

    def batch(self, sequences, prompt, count):
        sequences, prompt, count = int(sequences), int(prompt), int(count)
        llama.llama_memory_clear(self.memory(), False)
        self.held[self.current] = 0
        tok = lambda s, p: token(s * 613 + p, self.vocabulary)
        start = time.perf_counter()
        self.rows([(tok(s, p), p, s, p == prompt - 1) for s in range(sequences) for p in range(prompt)])
        read = time.perf_counter() - start
        start = time.perf_counter()
        for step in range(prompt, prompt + count):
            self.rows([(tok(s, step), step, s, True) for s in range(sequences)])
        return f"{read} {time.perf_counter() - start}"


def main():
    peer = Peer(sys.argv[1], int(sys.argv[2]))
    features = llama.llama_print_system_info().decode().replace("\n", " ").strip(" |")
    print("ready", llama.__version__, "|", features, flush=True)
    commands = {"use": peer.use, "prefill": peer.prefill, "decode": peer.decode, "batch": peer.batch}
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "quit":
            break
        print(commands[command](*arguments), flush=True)


main()
