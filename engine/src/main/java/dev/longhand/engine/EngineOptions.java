package dev.longhand.engine;

import dev.longhand.base.Check;
import dev.longhand.kernels.Tier;
import java.util.Optional;

/**
 * How the engine runs.
 *
 * @param tier       the tier to use, or empty for the best that the machine has
 * @param threads    threads of the kernels; 0 takes one per processor, at most 16
 * @param chunkRows  prompt tokens read per pass
 * @param kvBytesMax bytes of KV memory of all sequences together
 */
public record EngineOptions(Optional<Tier> tier, int threads, int chunkRows, long kvBytesMax) {
    public static final EngineOptions DEFAULT = new EngineOptions(Optional.empty(), 0, 512, 4L << 30);

    public EngineOptions {
        Check.argument(threads >= 0 && threads <= 256, "threads is %d; it must lie in [0, 256]", threads);
        Check.argument(chunkRows >= 1 && chunkRows <= 4096, "chunkRows is %d; it must lie in [1, 4096]", chunkRows);
        Check.argument(kvBytesMax > 0, "kvBytesMax is %d; it must be positive", kvBytesMax);
    }

    public EngineOptions withTier(Tier tier) {
        return new EngineOptions(Optional.of(tier), threads, chunkRows, kvBytesMax);
    }

    public EngineOptions withThreads(int threads) {
        return new EngineOptions(tier, threads, chunkRows, kvBytesMax);
    }

    public EngineOptions withChunkRows(int chunkRows) {
        return new EngineOptions(tier, threads, chunkRows, kvBytesMax);
    }

    public EngineOptions withKvBytesMax(long kvBytesMax) {
        return new EngineOptions(tier, threads, chunkRows, kvBytesMax);
    }

    int threadsOrDefault() {
        return threads > 0 ? threads : Math.min(16, Runtime.getRuntime().availableProcessors());
    }
}
