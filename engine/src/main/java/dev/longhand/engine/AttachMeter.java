package dev.longhand.engine;

import dev.longhand.memory.Positions;

/** Counts how documents were attached. Thread-safe. */
final class AttachMeter {
    private final long[] opened = new long[Positions.values().length];
    private long seamTokens;

    synchronized void opened(Positions positions, long tokensReadAgain) {
        opened[positions.ordinal()]++;
        seamTokens += tokensReadAgain;
    }

    synchronized AttachCounters counters() {
        return new AttachCounters(opened[Positions.TRUE.ordinal()], opened[Positions.PARALLEL.ordinal()],
                opened[Positions.GROUPED.ordinal()], opened[Positions.CONST.ordinal()], seamTokens);
    }
}
