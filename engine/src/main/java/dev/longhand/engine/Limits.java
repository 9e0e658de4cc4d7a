package dev.longhand.engine;

import dev.longhand.base.Check;
import java.time.Duration;

/**
 * What the scheduler takes on at most.
 *
 * @param activeMax     requests whose attention memory grows at the same time
 * @param decodeRowsMax sequences that get a token in one step; more take turns by fair share
 * @param waitingMax    requests that wait; one more is refused
 * @param waitingTokens prompt tokens of all that wait; a request beyond is refused, unless nobody waits
 * @param interactiveWait an interactive request that would wait longer until others' prompts are read is refused
 * @param batchPatience after waiting this long a batch request counts as interactive, so that none waits for ever
 */
public record Limits(int activeMax, int decodeRowsMax, int waitingMax, long waitingTokens, Duration interactiveWait,
        Duration batchPatience) {
    public static final Limits DEFAULT = new Limits(256, 64, 1024, 4_000_000, Duration.ofSeconds(60), Duration.ofSeconds(60));
    public static final int ACTIVE_HARD_MAX = 4096;

    public Limits {
        Check.argument(activeMax >= 1 && activeMax <= ACTIVE_HARD_MAX, "activeMax is %d; it must lie in [1, %d]", activeMax,
                ACTIVE_HARD_MAX);
        Check.argument(decodeRowsMax >= 1 && decodeRowsMax <= activeMax, "decodeRowsMax is %d; it must lie in [1, %d]",
                decodeRowsMax, activeMax);
        Check.argument(waitingMax >= 1 && waitingMax <= 1 << 20, "waitingMax is %d; it must lie in [1, %d]", waitingMax, 1 << 20);
        Check.argument(waitingTokens >= 1, "waitingTokens is %d; it must be positive", waitingTokens);
        Check.argument(interactiveWait.isPositive(), "interactiveWait is %s; it must be positive", interactiveWait);
        Check.argument(batchPatience.isPositive(), "batchPatience is %s; it must be positive", batchPatience);
    }

    public Limits withInteractiveWait(Duration interactiveWait) {
        return new Limits(activeMax, decodeRowsMax, waitingMax, waitingTokens, interactiveWait, batchPatience);
    }
}
