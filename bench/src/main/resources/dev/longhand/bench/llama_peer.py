"""llama.cpp as a rival, driven line by line: `prefill N` and `decode N` print seconds.

    python3 llama_peer.py MODEL THREADS FLASH(0|1) KV(f16|q8_0)

Needs `pip install llama-cpp-python==0.3.36` in the interpreter that runs it. Prints `ready VERSION` once loaded.
"""
import sys
import time

import llama_cpp

KV = {"f16": 1, "q8_0": 8}


def main():
    path, threads, flash, kv = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "1", KV[sys.argv[4]]
    model = llama_cpp.Llama(path, n_ctx=1024, n_batch=512, n_threads=threads, n_threads_batch=threads,
                            flash_attn=flash, type_k=kv, type_v=kv, verbose=False)
    vocabulary = model.n_vocab()
    tokens = lambda n: [100 + i * 7919 % (vocabulary - 200) for i in range(n)]
    print("ready", llama_cpp.__version__, flush=True)
    for line in sys.stdin:
        work, count = line.split()
        start = 0.0
        if work == "prefill":
            model.reset()
            start = time.perf_counter()
            model.eval(tokens(int(count)))
        else:
            start = time.perf_counter()
            for token in tokens(int(count)):
                model.eval([token])
        print(time.perf_counter() - start, flush=True)


main()
