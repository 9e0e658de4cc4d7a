package dev.longhand.cli;

import dev.longhand.catalog.InstalledModel;
import dev.longhand.engine.LocalModel;
import dev.longhand.kernels.TierChoice;
import dev.longhand.lm.ModelInfo;

/** What is said of a loaded model: itself it is handed out metered only. */
record ModelFacts(InstalledModel installed, ModelInfo info, TierChoice tierChoice, int threads) {
    static ModelFacts of(InstalledModel installed, LocalModel model) {
        return new ModelFacts(installed, model.info(), model.tierChoice(), model.threads());
    }

    /** {@code "native avx512-vnni, 2 threads; smollm2"}, with a loud reason where a faster tier is missing. */
    String headline() {
        return RunCommand.headline(tierChoice, threads, info.name());
    }
}
