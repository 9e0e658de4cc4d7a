package dev.longhand.bench;

import dev.longhand.engine.EngineOptions;
import dev.longhand.kernels.Tier;
import java.nio.file.Path;

/** What a bench of the engine runs on. */
public record EngineSubject(String name, Path file, Tier tier, int threads) {
    EngineOptions options() {
        return EngineOptions.DEFAULT.withTier(tier).withThreads(threads);
    }
}
