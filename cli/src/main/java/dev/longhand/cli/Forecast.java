package dev.longhand.cli;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.engine.EngineOptions;
import dev.longhand.engine.MemoryPlan;
import dev.longhand.formats.ModelFile;
import dev.longhand.kernels.Kernels;
import dev.longhand.model.Prediction;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/** What is said of a model's memory and speed before it is loaded. */
record Forecast(Prediction prediction, boolean isPaging, int contextTokens) {
    static Forecast of(Path model, Kernels kernels, EngineOptions options, int contextTokens, Clock clock) throws Problem {
        try (ModelFile file = ModelFile.open(model)) {
            MemoryPlan plan = MemoryPlan.of(file, kernels, options);
            Prediction prediction = Prediction.of(file, kernels, plan.expertBytesMax(), clock);
            return new Forecast(prediction, plan.isPaging(), Math.min(contextTokens, prediction.footprint().config()
                    .contextTokens()));
        }
    }

    /** Memory that it will take, with the experts that stay in memory. */
    long bytes(EngineOptions options) {
        long needed = prediction.footprint().bytes(contextTokens);
        return isPaging ? Math.min(needed, options.memoryBytesMax()) : needed;
    }

    String line() {
        var f = prediction.footprint();
        String disk = !isPaging ? "" : String.format(Locale.ROOT, "; %s of experts read from disk per answered token at %s/s",
                Units.bytes((long) prediction.missBytesPerToken()), Units.bytes((long) prediction.diskBytesPerSecond()));
        return String.format(Locale.ROOT,
                "about %.0f tokens/s reading and %.1f tokens/s answering (weights %s, of which a token reads %s; "
                + "%s per token of context; %.0f GMAC/s, %s/s%s)", prediction.prefillTokensPerSecond(),
                        prediction.decodeTokensPerSecond(),
                Units.bytes(f.weightBytes()), Units.bytes(f.activeBytes()), Units.bytes(f.kvBytesPerToken()),
                prediction.macsPerSecond() / 1e9, Units.bytes((long) prediction.decodeBytesPerSecond()), disk);
    }

    Map<String, Object> json() {
        var f = prediction.footprint();
        return Json.object("readTokensPerSecond", prediction.prefillTokensPerSecond(), "answerTokensPerSecond",
                prediction.decodeTokensPerSecond(), "weightBytes", f.weightBytes(), "expertBytes", f.expertBytes(),
                "activeBytesPerToken", f.activeBytes(), "kvBytesPerToken", f.kvBytesPerToken(), "isPaging", isPaging,
                "macsPerSecond", prediction.macsPerSecond(), "weightBytesPerSecond", prediction.decodeBytesPerSecond(),
                "diskBytesPerSecond", prediction.diskBytesPerSecond(), "expertBytesReadPerToken", prediction.missBytesPerToken());
    }
}
