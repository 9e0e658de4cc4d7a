package dev.longhand.engine;

/**
 * What the calls of one sequence used since it was opened.
 *
 * <p>The engine thread adds, any thread reads; who reads sees the sums between two additions. Never falls.
 */
final class Tally {
    private static final long SECOND = 1_000_000_000;

    private long readTokens;
    private long cachedTokens;
    private long answeredTokens;
    private long reasoningTokens;
    private long readNanos;
    private long answerNanos;
    private long waitNanos;
    private long cpuMicros;
    private long kvByteSeconds;
    private long kvRest; // byte-nanoseconds that are no whole byte-second yet

    synchronized void cached(int tokens) {
        cachedTokens += tokens;
    }

    /** Its part of a step: rows that were read, tokens that were chosen, how many of these were reasoning. */
    synchronized void step(int read, int answered, int reasoning, long micros) {
        readTokens += read;
        answeredTokens += answered;
        reasoningTokens += reasoning;
        cpuMicros += micros;
    }

    /** A call ended. */
    synchronized void times(long wait, long read, long answer) {
        waitNanos += wait;
        readNanos += read;
        answerNanos += answer;
    }

    /** {@code bytes} were held for {@code nanos}. Returns the whole byte-seconds that this adds; the rest is kept for the next. */
    synchronized long held(long bytes, long nanos) {
        // bytes * nanos / SECOND without the product, which a long does not hold.
        long part = nanos % SECOND;
        long last = bytes % SECOND * part + kvRest;
        long whole = bytes * (nanos / SECOND) + bytes / SECOND * part + last / SECOND;
        kvRest = last % SECOND;
        kvByteSeconds += whole;
        return whole;
    }

    synchronized Spent spent() {
        return new Spent(readTokens, cachedTokens, answeredTokens, reasoningTokens, readNanos, answerNanos, waitNanos, cpuMicros,
                kvByteSeconds);
    }
}
