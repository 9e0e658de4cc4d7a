package dev.longhand.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Problem;
import dev.longhand.lm.Answer;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Overload;
import dev.longhand.lm.Pooling;
import dev.longhand.lm.Sampling;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.SequenceSpec.Priority;
import dev.longhand.lm.Sink;
import dev.longhand.lm.Usage;
import dev.longhand.testkit.Gen;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * One caller that does at random what callers do and adds up what it is told that it used: answers, scores, embeddings, reading
 * ahead, forks, resumed answers; gives up, runs out of time, closes in the middle, fails, is refused.
 */
final class UsageCaller {
    private final LocalModel model;
    private final Gen gen;
    private final boolean isEmbedding;
    private Usage sum = Usage.NONE;

    UsageCaller(LocalModel model, Gen gen, boolean isEmbedding) {
        this.model = model;
        this.gen = gen;
        this.isEmbedding = isEmbedding;
    }

    /** What all its calls used. */
    Usage run(int rounds) throws Problem {
        for (int i = 0; i < rounds; i++) {
            SequenceSpec spec = new SequenceSpec(600, gen.oneOf("a", "b", ""), gen.oneOf(Priority.values()));
            Sequence sequence = model.open(spec);
            try (sequence) {
                for (int calls = gen.between(1, 4); calls > 0; calls--) {
                    call(sequence);
                }
            } catch (Overload tooMany) {
                // It used nothing.
            } catch (IllegalArgumentException closedBefore) {
                assertThat(closedBefore).hasMessageContaining("closed");
            }
            sum = sum.plus(sequence.usage());
        }
        return sum;
    }

    private void call(Sequence sequence) throws Problem {
        int[] prompt = EngineTest.prompt(gen.between(0, 6), gen.between(1, 350));
        switch (gen.between(0, 9)) {
            case 0 -> sequence.score(prompt);
            case 1 -> forked(sequence, prompt);
            case 2 -> answer(sequence, prompt, spec(), sinkThatEnds(gen.between(0, 30), null));
            case 3 -> fails(() -> sequence.generate(prompt, spec(), sinkThatEnds(gen.between(0, 9), "the reader is gone")),
                    IllegalStateException.class);
            case 4 -> answer(sequence, prompt, spec().withDeadline(Duration.ofMillis(gen.between(1, 30))), Sink.SILENT);
            case 5 -> closedInTheMiddle(sequence, prompt);
            case 6 -> {
                prompt[gen.between(0, prompt.length)] = TinyLlama.POISON;
                fails(() -> sequence.generate(prompt, spec(), Sink.SILENT), Problem.class);
            }
            case 7 -> {
                if (isEmbedding) {
                    List<int[]> texts = List.of(prompt, prompt, new int[] {'x'});
                    sum = sum.plus(model.embed(texts, gen.oneOf(Pooling.MEAN, Pooling.LAST)).usage());
                }
            }
            default -> resumed(sequence, prompt);
        }
    }

    /** A call is told the same as its sequence, but for tokens that it did not take. */
    private static Answer answer(Sequence sequence, int[] prompt, GenerationSpec spec, Sink sink) throws Problem {
        Usage before = sequence.usage();
        Answer answer = sequence.generate(prompt, spec, sink);
        Usage after = sequence.usage();
        Usage told = answer.usage();
        assertThat(told.readTokens()).isEqualTo(after.readTokens() - before.readTokens());
        assertThat(told.cachedTokens()).isEqualTo(after.cachedTokens() - before.cachedTokens());
        assertThat(told.cpuMicros()).isEqualTo(after.cpuMicros() - before.cpuMicros());
        assertThat(told.kvByteSeconds()).isEqualTo(after.kvByteSeconds() - before.kvByteSeconds());
        int chosen = after.answeredTokens() - before.answeredTokens();
        assertThat(chosen).isGreaterThanOrEqualTo(told.answeredTokens());
        if (answer.stop() == Answer.Stop.LENGTH) {
            assertThat(chosen).isEqualTo(told.answeredTokens()).isEqualTo(spec.tokensMax() - spec.resumed().size());
        }
        return answer;
    }

    private void forked(Sequence sequence, int[] prompt) throws Problem {
        sequence.read(prompt, Sink.SILENT);
        Sequence fork = sequence.fork();
        try (fork) {
            assertThat(fork.usage()).isEqualTo(Usage.NONE);
            answer(fork, prompt, spec(), Sink.SILENT);
            answer(sequence, prompt, spec(), Sink.SILENT);
        } finally {
            sum = sum.plus(fork.usage());
        }
    }

    private void resumed(Sequence sequence, int[] prompt) throws Problem {
        GenerationSpec spec = spec();
        Answer whole = answer(sequence, prompt, spec, Sink.SILENT);
        if (whole.stop() == Answer.Stop.LENGTH) {
            int at = gen.between(0, spec.tokensMax() + 1);
            List<Integer> first = Arrays.stream(whole.tokens()).limit(at).boxed().toList();
            assertThat(answer(sequence, prompt, spec.withResumed(first), Sink.SILENT).tokens()).isEqualTo(whole.tokens());
        }
    }

    private void closedInTheMiddle(Sequence sequence, int[] prompt) throws Problem {
        Thread closer = Thread.ofVirtual().start(sequence::close);
        try {
            sequence.generate(prompt, spec(), Sink.SILENT);
        } finally {
            try {
                closer.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private interface Call {
        Object run() throws Problem;
    }

    /** It may end well where the reason to fail came too late. */
    private static void fails(Call call, Class<? extends Exception> how) throws Problem {
        try {
            call.run();
        } catch (Overload e) {
            throw e;
        } catch (Problem | IllegalStateException e) {
            assertThat(e).isInstanceOf(how);
        }
    }

    private GenerationSpec spec() {
        Sampling sampling = gen.chance(0.5) ? Sampling.GREEDY : new Sampling(1, 40, 0.9f, 0, 1.1f, 64, gen.bits());
        return new GenerationSpec(gen.between(1, 120), sampling, List.of());
    }

    /** Wants no more after some pieces, or throws where there is something to say. */
    private static Sink sinkThatEnds(int pieces, String why) {
        int[] left = {pieces};
        return new Sink() {
            @Override
            public void text(String piece) {
                if (--left[0] < 0 && why != null) {
                    throw new IllegalStateException(why);
                }
            }

            @Override
            public boolean isCancelled() {
                return why == null && left[0] < 0;
            }
        };
    }
}
