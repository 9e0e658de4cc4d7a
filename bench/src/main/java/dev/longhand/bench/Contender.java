package dev.longhand.bench;

import dev.longhand.base.Problem;

/** Somebody who reads and predicts: Longhand with one KV type, or llama.cpp in one setting. Used by one thread. */
interface Contender extends AutoCloseable {
    /** {@code "KV f16, flash attention"}. */
    String setting();

    boolean isPeer();

    /** Whether keys and values are kept as f16. */
    boolean isF16();

    /** Seconds for {@code work}; empty memory before a prefill, {@code depth} tokens before a decode (read outside the time). */
    double seconds(PeerRow.Work work) throws Problem;

    @Override
    default void close() {}
}
