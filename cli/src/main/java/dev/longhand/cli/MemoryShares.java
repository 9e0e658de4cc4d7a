package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.engine.EngineOptions;
import dev.longhand.engine.LookupOptions;
import java.util.List;

/**
 * How several models of one process share a machine's memory: of what is available beside their weights, at most three quarters are
 * for attention memory, and each model gets as much of it as each other, never more than it would have alone. With a limit that the
 * person gave, each has a part of it by the size of its file. Stateless.
 */
final class MemoryShares {
    /** Below this a model would refuse nearly everything. */
    private static final long SHARE_BYTES_MIN = 128L << 20;

    private MemoryShares() {}

    /**
     * The options of each model.
     *
     * @param options        of one that is alone
     * @param fileBytes      of each model
     * @param availableBytes of memory before any is loaded
     */
    static List<EngineOptions> of(EngineOptions options, List<Long> fileBytes, long availableBytes) throws Problem {
        if (fileBytes.size() == 1) {
            return List.of(options);
        }
        long weights = fileBytes.stream().mapToLong(Long::longValue).sum();
        if (options.memoryBytesMax() > 0) {
            double each = (double) options.memoryBytesMax() / weights;
            return fileBytes.stream().map(f -> options.withMemoryBytesMax((long) (f * each))).toList();
        }
        long alone = options.kvBytesMax() + options.lookup().map(LookupOptions::cacheBytesMax).orElse(0L);
        long share = Math.min(alone, Math.max(0, availableBytes - weights) / 4 * 3 / fileBytes.size());
        if (share < SHARE_BYTES_MIN) {
            throw new Problem(Problem.Kind.LIMIT, ("%d models have %s of weights, and %s of memory are available; that leaves %s "
                    + "of attention memory for each, at least %s are needed: serve fewer ones").formatted(fileBytes.size(),
                    Units.bytes(weights), Units.bytes(availableBytes), Units.bytes(share), Units.bytes(SHARE_BYTES_MIN)));
        }
        EngineOptions part = options.withKvBytesMax((long) (options.kvBytesMax() * ((double) share / alone)));
        return fileBytes.stream().map(f -> part.lookup().map(l -> part.withLookup(l.withCacheBytesMax(
                (long) (l.cacheBytesMax() * ((double) share / alone))))).orElse(part)).toList();
    }
}
