package dev.longhand.engine;

import dev.longhand.lm.Usage;

/**
 * A {@link Usage} in whole numbers, so that sums and differences are exact.
 *
 * @param kvByteSeconds whole ones; less than one is kept back until it is one
 */
record Spent(
        long readTokens, long cachedTokens, long answeredTokens, long reasoningTokens, long readNanos, long answerNanos,
        long waitNanos, long cpuMicros, long kvByteSeconds) {
    static final Spent NOTHING = new Spent(0, 0, 0, 0, 0, 0, 0, 0, 0);

    Spent plus(Spent other) {
        return new Spent(readTokens + other.readTokens, cachedTokens + other.cachedTokens, answeredTokens + other.answeredTokens,
                reasoningTokens + other.reasoningTokens, readNanos + other.readNanos, answerNanos + other.answerNanos,
                waitNanos + other.waitNanos, cpuMicros + other.cpuMicros, kvByteSeconds + other.kvByteSeconds);
    }

    Spent minus(Spent other) {
        return new Spent(readTokens - other.readTokens, cachedTokens - other.cachedTokens, answeredTokens - other.answeredTokens,
                reasoningTokens - other.reasoningTokens, readNanos - other.readNanos, answerNanos - other.answerNanos,
                waitNanos - other.waitNanos, cpuMicros - other.cpuMicros, kvByteSeconds - other.kvByteSeconds);
    }

    /** As it is told to callers. */
    Usage usage() {
        return usage(answeredTokens, reasoningTokens);
    }

    /** With the tokens that the caller took instead of those that were chosen for it. */
    Usage usage(long answered, long reasoning) {
        return new Usage(Math.toIntExact(readTokens), Math.toIntExact(cachedTokens), Math.toIntExact(answered),
                Math.toIntExact(reasoning), readNanos / 1e9, answerNanos / 1e9, waitNanos / 1e9, cpuMicros, kvByteSeconds);
    }
}
