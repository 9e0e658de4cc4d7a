package dev.longhand.bench;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.lm.Answer;
import dev.longhand.lm.Sink;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;

/**
 * What a long prompt that arrives does to those who are being answered.
 *
 * <p>Method: {@value #STREAMS} streams are answered; once alone, once with a prompt of {@value #PROMPT} tokens that arrives when
 * all have {@value #LEAD} tokens. The time between two pieces of text is taken where the caller receives them. Compared are the
 * times until the long prompt is answered with the times of the run alone. Nothing is guessed ahead: guessed tokens come several at
 * a time, and such a time says nothing about one token.
 */
public final class StallBench {
    private static final int STREAMS = 8;
    private static final int STREAM_PROMPT = 64;
    private static final int LEAD = 32;
    private static final int PROMPT = 6144;
    private static final int ANSWER_MAX = 3072;

    private final Clock clock;

    public StallBench(Clock clock) {
        this.clock = clock;
    }

    /** When each piece came; ends its answer when told to. */
    private static final class Stream implements Sink {
        private final Clock clock;
        private final long[] times = new long[ANSWER_MAX + 1];
        private volatile int count;
        private volatile boolean isOver;

        Stream(Clock clock) {
            this.clock = clock;
        }

        @Override
        public void text(String piece) {
            times[count] = clock.nanos();
            count = Math.min(count + 1, ANSWER_MAX);
        }

        @Override
        public boolean isCancelled() {
            return isOver;
        }

        /** Milliseconds between pieces that came in {@code [from, to]}. */
        void gaps(long from, long to, List<Double> gaps) {
            for (int i = 1; i < count; i++) {
                if (times[i - 1] - from >= 0 && to - times[i] >= 0) {
                    gaps.add((times[i] - times[i - 1]) / 1e6);
                }
            }
        }
    }

    /** The times of all streams between two moments, and how long it took. */
    private record Window(double[] gapsMs, double seconds) {
        double quantile(double part) {
            return EngineRig.quantile(gapsMs, part);
        }
    }

    public List<Measure> run(EngineSubject subject) throws Problem {
        try (EngineRig rig = new EngineRig(subject, subject.options().withGuessing(false), clock)) {
            List<int[]> prompts = rig.lasting(STREAMS, STREAM_PROMPT, 256);
            Window alone = window(rig, prompts, "alone", () -> clock.sleep(3_000_000_000L));
            Window beside = window(rig, prompts, "beside", () -> rig.ask("late", rig.prompt(99, PROMPT), 1, Sink.SILENT));
            String row = subject.name() + "/stall-" + STREAMS + "+" + PROMPT;
            return List.of(
                    Measure.of(row, rig.label(), beside.quantile(0.99) / alone.quantile(0.99), "x p99 alone",
                            Optional.of(Target.atMost(1.5)), "p99 alone ms", alone.quantile(0.99), "p99 ms", beside.quantile(0.99),
                            "median alone ms", alone.quantile(0.5), "median ms", beside.quantile(0.5),
                            "largest alone ms", alone.quantile(1), "largest ms", beside.quantile(1),
                            "seconds to first token of the long prompt", beside.seconds,
                            "its tokens per second", PROMPT / beside.seconds, "times", beside.gapsMs.length));
        }
    }

    /** Something that takes time while the streams run. */
    private interface Meanwhile {
        void happens() throws Problem, InterruptedException;
    }

    private Window window(EngineRig rig, List<int[]> prompts, String tenant, Meanwhile meanwhile) throws Problem {
        List<Stream> streams = new ArrayList<>();
        List<Future<Answer>> running = new ArrayList<>();
        for (int[] prompt : prompts) {
            Stream stream = new Stream(clock);
            streams.add(stream);
            running.add(rig.start(tenant, prompt, ANSWER_MAX, stream));
        }
        try {
            while (streams.stream().anyMatch(s -> s.count < LEAD) && running.stream().noneMatch(Future::isDone)) {
                clock.sleep(1_000_000);
            }
            long from = clock.nanos();
            meanwhile.happens();
            long to = clock.nanos();
            List<Double> gaps = new ArrayList<>();
            streams.forEach(s -> s.gaps(from, to, gaps));
            return new Window(gaps.stream().mapToDouble(Double::doubleValue).toArray(), (to - from) / 1e9);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem(Problem.Kind.CANCELLED, "interrupted", e);
        } finally {
            streams.forEach(s -> s.isOver = true);
            for (Future<Answer> each : running) {
                EngineRig.await(each);
            }
        }
    }
}
