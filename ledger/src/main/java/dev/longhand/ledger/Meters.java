package dev.longhand.ledger;

import dev.longhand.base.Check;

/**
 * What was used, as the engine and the system counted it. Quantities are never negative.
 *
 * @param tokensIn       prompt tokens that went through the model
 * @param tokensCached   prompt tokens whose attention memory was there
 * @param tokensLookedUp tokens of attached documents that attention could look up, for each answer
 * @param tokensThinking of those out, how many were reasoning
 * @param tokensOut      tokens answered
 * @param cpuMicros      processor time of all threads
 * @param diskBytes      bytes read from disk
 * @param kvByteSeconds  bytes of attention memory times seconds
 * @param millijoules    energy
 * @param isEstimated    whether the energy is a model's, not a meter's
 */
public record Meters(
        long tokensIn,
        long tokensCached,
        long tokensLookedUp,
        long tokensThinking,
        long tokensOut,
        long cpuMicros,
        long diskBytes,
        long kvByteSeconds,
        long millijoules,
        boolean isEstimated) {
    public static final Meters NONE = new Meters(0, 0, 0, 0, 0, 0, 0, 0, 0, false);

    public Meters {
        long signs = tokensIn | tokensCached | tokensLookedUp | tokensThinking | tokensOut | cpuMicros | diskBytes | kvByteSeconds
                | millijoules;
        Check.argument(signs >= 0, "a meter is negative");
    }

    /** Tokens alone. */
    public static Meters tokens(long in, long cached, long out) {
        return new Meters(in, cached, 0, 0, out, 0, 0, 0, 0, false);
    }

    /** Both together; an estimate in either makes the sum one. */
    public Meters plus(Meters other) {
        return new Meters(tokensIn + other.tokensIn, tokensCached + other.tokensCached, tokensLookedUp + other.tokensLookedUp,
                tokensThinking + other.tokensThinking, tokensOut + other.tokensOut, cpuMicros + other.cpuMicros,
                diskBytes + other.diskBytes, kvByteSeconds + other.kvByteSeconds, millijoules + other.millijoules,
                isEstimated || other.isEstimated);
    }
}
