package dev.longhand.bench;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.engine.EngineOptions;
import dev.longhand.engine.LocalModel;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;

/** How fast a model reads a prompt, without documents, lookups or anything that is kept. */
final class PlainReading implements AutoCloseable {
    private final LocalModel model;

    PlainReading(LookupBench.Subject subject, Clock clock) throws Problem {
        model = LocalModel.open(subject.file(), subject.name(), subject.fingerprint(),
                EngineOptions.DEFAULT.withThreads(subject.threads()), clock);
    }

    String tier() {
        return OwnModel.label(model.tierChoice());
    }

    /** Tokens that a prompt can have. */
    int tokensMax() {
        return model.info().contextTokens() - 1;
    }

    /** Seconds of a prompt of so many tokens, best of {@code rounds}; each round reads other tokens. */
    double seconds(int tokens, int rounds) throws Problem {
        return seconds(model, tokens, rounds);
    }

    static double seconds(LocalModel model, int tokens, int rounds) throws Problem {
        double best = Double.POSITIVE_INFINITY;
        for (int i = 0; i < rounds; i++) {
            int[] prompt = new int[tokens];
            for (int t = 0; t < prompt.length; t++) {
                prompt[t] = OwnModel.token(i * 5000 + t, model.model().config().vocabulary());
            }
            try (Sequence sequence = model.open(new SequenceSpec(prompt.length))) {
                best = Math.min(best, sequence.read(prompt, Sink.SILENT).readSeconds());
            }
        }
        return best;
    }

    @Override
    public void close() {
        model.close();
    }
}
