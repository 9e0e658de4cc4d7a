package dev.longhand.engine;

import dev.longhand.base.Check;
import dev.longhand.kernels.KvType;
import dev.longhand.kernels.Tier;
import java.util.Optional;

/**
 * How the engine runs.
 *
 * @param tier           the tier to use, or empty for the best that the machine has
 * @param threads        threads of the kernels; 0 takes one per processor, at most 16
 * @param chunkRows      prompt tokens read per pass when nobody waits for an answered one
 * @param kvType         how keys and values are kept
 * @param kvBytesMax     bytes of KV memory of all sequences together
 * @param prefixBytesMax bytes of it that keep what was read before, for whoever reads it next; 0 keeps nothing
 * @param stallMax       how much longer a step with interactive answers may take because prompts are read in it, as a factor
 *                       above 1
 * @param memoryBytesMax bytes of weights and KV memory together; experts beyond it are read from disk; 0 for no limit
 * @param limits         how much is taken on at once
 * @param isGuessing     whether answers are guessed ahead where guesses pay; never changes an answer
 * @param lookup         how attention memory is looked up, with {@link KvType#Q8_0}; empty: everything is attended to, and no
 *                       documents
 *                       can be attached
 */
public record EngineOptions(
        Optional<Tier> tier, int threads, int chunkRows, KvType kvType, long kvBytesMax, long prefixBytesMax, double stallMax,
        long memoryBytesMax, Limits limits, boolean isGuessing, Optional<LookupOptions> lookup) {
    public static final EngineOptions DEFAULT =
            new EngineOptions(Optional.empty(), 0, 512, KvType.F16, 4L << 30, 1L << 30, 1.5, 0, Limits.DEFAULT, true,
                    Optional.empty());

    public EngineOptions {
        Check.argument(threads >= 0 && threads <= 256, "threads is %d; it must lie in [0, 256]", threads);
        Check.argument(chunkRows >= 1 && chunkRows <= 4096, "chunkRows is %d; it must lie in [1, 4096]", chunkRows);
        Check.argument(kvBytesMax > 0, "kvBytesMax is %d; it must be positive", kvBytesMax);
        Check.argument(prefixBytesMax >= 0, "prefixBytesMax is %d; it must not be negative", prefixBytesMax);
        Check.argument(memoryBytesMax >= 0, "memoryBytesMax is %d; it must not be negative", memoryBytesMax);
        Check.argument(lookup.isEmpty() || kvType == KvType.Q8_0, "only 8-bit keys and values are looked up, not %s", kvType);
        Check.argument(stallMax > 1 && stallMax <= 1000, "stallMax is %s; it must lie in (1, 1000]", stallMax);
    }

    public EngineOptions withTier(Tier tier) {
        return new EngineOptions(Optional.of(tier), threads, chunkRows, kvType, kvBytesMax, prefixBytesMax, stallMax,
                memoryBytesMax, limits, isGuessing, lookup);
    }

    public EngineOptions withThreads(int threads) {
        return new EngineOptions(tier, threads, chunkRows, kvType, kvBytesMax, prefixBytesMax, stallMax,
                memoryBytesMax, limits, isGuessing, lookup);
    }

    public EngineOptions withChunkRows(int chunkRows) {
        return new EngineOptions(tier, threads, chunkRows, kvType, kvBytesMax, prefixBytesMax, stallMax,
                memoryBytesMax, limits, isGuessing, lookup);
    }

    public EngineOptions withKvType(KvType kvType) {
        return new EngineOptions(tier, threads, chunkRows, kvType, kvBytesMax, prefixBytesMax, stallMax,
                memoryBytesMax, limits, isGuessing, lookup);
    }

    public EngineOptions withKvBytesMax(long kvBytesMax) {
        return new EngineOptions(tier, threads, chunkRows, kvType, kvBytesMax, prefixBytesMax, stallMax,
                memoryBytesMax, limits, isGuessing, lookup);
    }

    public EngineOptions withPrefixBytesMax(long prefixBytesMax) {
        return new EngineOptions(tier, threads, chunkRows, kvType, kvBytesMax, prefixBytesMax, stallMax,
                memoryBytesMax, limits, isGuessing, lookup);
    }

    public EngineOptions withStallMax(double stallMax) {
        return new EngineOptions(tier, threads, chunkRows, kvType, kvBytesMax, prefixBytesMax, stallMax,
                memoryBytesMax, limits, isGuessing, lookup);
    }

    public EngineOptions withLimits(Limits limits) {
        return new EngineOptions(tier, threads, chunkRows, kvType, kvBytesMax, prefixBytesMax, stallMax,
                memoryBytesMax, limits, isGuessing, lookup);
    }

    public EngineOptions withGuessing(boolean isGuessing) {
        return new EngineOptions(tier, threads, chunkRows, kvType, kvBytesMax, prefixBytesMax, stallMax,
                memoryBytesMax, limits, isGuessing, lookup);
    }

    public EngineOptions withMemoryBytesMax(long memoryBytesMax) {
        return new EngineOptions(tier, threads, chunkRows, kvType, kvBytesMax, prefixBytesMax, stallMax,
                memoryBytesMax, limits, isGuessing, lookup);
    }

    /** Documents can be attached, and long memory is looked up; keys and values are kept in 8 bits. */
    public EngineOptions withLookup(LookupOptions lookup) {
        return new EngineOptions(tier, threads, chunkRows, KvType.Q8_0, kvBytesMax, prefixBytesMax, stallMax,
                memoryBytesMax, limits, isGuessing, Optional.of(lookup));
    }

    int threadsOrDefault() {
        return threads > 0 ? threads : Math.min(16, Runtime.getRuntime().availableProcessors());
    }

    long prefixBytes() {
        return Math.min(prefixBytesMax, kvBytesMax / 4 * 3);
    }

    /** Rows of one pass: a full chunk and, beside it, everyone who answers, and guesses. */
    int passRows() {
        return chunkRows + limits.decodeRowsMax() + DraftDepth.ROWS_MAX;
    }
}
