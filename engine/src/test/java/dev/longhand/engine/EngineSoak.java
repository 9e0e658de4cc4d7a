package dev.longhand.engine;

import dev.longhand.base.Problem;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Sampling;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.SequenceSpec.Priority;
import dev.longhand.lm.Sink;
import dev.longhand.testkit.Gen;
import java.time.Duration;
import java.util.List;

/** One caller that does what callers do, at random: answers, scores, reads ahead, forks, gives up, closes in the middle. */
final class EngineSoak {
    private final LocalModel model;
    private final Gen gen;

    EngineSoak(LocalModel model, Gen gen) {
        this.model = model;
        this.gen = gen;
    }

    /** Returns how many rounds were done. */
    int run(int rounds) throws Problem {
        for (int i = 0; i < rounds; i++) {
            String tenant = gen.oneOf("a", "b", "");
            try (Sequence sequence = model.open(new SequenceSpec(700, tenant, gen.oneOf(Priority.values())))) {
                round(sequence);
            }
        }
        return rounds;
    }

    private void round(Sequence sequence) throws Problem {
        int[] prompt = EngineTest.prompt(gen.between(0, 6), gen.between(1, 400));
        switch (gen.between(0, 6)) {
            case 0 -> sequence.score(prompt);
            case 1 -> {
                sequence.read(prompt, Sink.SILENT);
                try (Sequence fork = sequence.fork()) {
                    fork.generate(prompt, spec(), Sink.SILENT);
                    sequence.generate(prompt, spec(), Sink.SILENT);
                }
            }
            case 2 -> sequence.generate(prompt, spec(), givesUpAfter(gen.between(0, 20)));
            case 3 -> {
                Thread closer = Thread.ofVirtual().start(sequence::close);
                try {
                    sequence.generate(prompt, spec(), Sink.SILENT);
                } catch (IllegalArgumentException closedBefore) {
                    // The other thread was faster.
                }
                try {
                    closer.join();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
            case 4 -> sequence.generate(prompt, spec().withDeadline(Duration.ofMillis(gen.between(1, 30))), Sink.SILENT);
            default -> model.embed(List.of(prompt, prompt), dev.longhand.lm.Pooling.MEAN);
        }
    }

    private GenerationSpec spec() {
        Sampling sampling = gen.chance(0.5) ? Sampling.GREEDY : new Sampling(1, 40, 0.9f, 0, 1.1f, 64, gen.bits());
        return new GenerationSpec(gen.between(1, 120), sampling, List.of());
    }

    private static Sink givesUpAfter(int pieces) {
        int[] left = {pieces};
        return new Sink() {
            @Override
            public void text(String piece) {
                left[0]--;
            }

            @Override
            public boolean isCancelled() {
                return left[0] < 0;
            }
        };
    }
}
