package dev.longhand.bench;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.lm.Answer;
import dev.longhand.lm.Sink;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;

/**
 * What a long prompt that arrives does to those who are being answered.
 *
 * <p>Method: {@value #STREAMS} streams are answered twice, once with a prompt of {@value #PROMPT} tokens that arrives when all have
 * {@value #LEAD} tokens, once alone. The time between two pieces of text is taken where the caller receives them. Compared are the
 * times of the same tokens: those that came while the long prompt was read. Nothing is guessed ahead: guessed tokens come several
 * at a time, and such a time says nothing about one token.
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

    /** When each piece of an answer came; ends the answer when told to. */
    private static final class Stream implements Sink {
        private final Clock clock;
        private final long[] times = new long[ANSWER_MAX + 1];
        private volatile int count;
        private volatile boolean isOver;
        private Future<Answer> answer;

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

        /** Milliseconds before each of the pieces {@code [from, to)}. */
        void gaps(int from, int to, List<Double> gaps) {
            for (int i = Math.max(1, from); i < to; i++) {
                gaps.add((times[i] - times[i - 1]) / 1e6);
            }
        }
    }

    public List<Measure> run(EngineSubject subject) throws Problem {
        try (EngineRig rig = new EngineRig(subject, subject.options().withGuessing(false), clock)) {
            List<int[]> prompts = rig.lasting(STREAMS, STREAM_PROMPT, 256);
            int[] from = new int[STREAMS];
            int[] to = new int[STREAMS];
            double[] seconds = new double[1];
            List<Stream> beside = answered(rig, prompts, "beside", streams -> {
                counts(streams, from);
                long start = clock.nanos();
                rig.ask("late", rig.prompt(99, PROMPT), 1, Sink.SILENT);
                seconds[0] = clock.secondsSince(start);
                counts(streams, to);
            });
            List<Stream> alone = answered(rig, prompts, "alone", streams -> await(streams, to));
            return List.of(measure(subject.name(), rig, gaps(alone, from, to), gaps(beside, from, to), seconds[0]));
        }
    }

    private static Measure measure(String name, EngineRig rig, double[] alone, double[] beside, double seconds) {
        double p99 = EngineRig.quantile(beside, 0.99);
        double p99Alone = EngineRig.quantile(alone, 0.99);
        return Measure.of(name + "/stall-" + STREAMS + "+" + PROMPT, rig.label(), p99 / p99Alone, "x p99 alone",
                Optional.of(Target.atMost(1.5)), "p99 alone ms", p99Alone, "p99 ms", p99,
                "median alone ms", EngineRig.quantile(alone, 0.5), "median ms", EngineRig.quantile(beside, 0.5),
                "largest alone ms", EngineRig.quantile(alone, 1), "largest ms", EngineRig.quantile(beside, 1),
                "seconds to first token of the long prompt", seconds, "its tokens per second", PROMPT / seconds,
                "times", beside.length);
    }

    /** Something that happens while the streams are answered. */
    private interface Meanwhile {
        void happens(List<Stream> streams) throws Problem, InterruptedException;
    }

    /** Answers all prompts at once; {@code meanwhile} happens when all have their lead, and after it they end. */
    private List<Stream> answered(EngineRig rig, List<int[]> prompts, String tenant, Meanwhile meanwhile) throws Problem {
        List<Stream> streams = new ArrayList<>();
        for (int[] prompt : prompts) {
            Stream stream = new Stream(clock);
            stream.answer = rig.start(tenant, prompt, ANSWER_MAX, stream);
            streams.add(stream);
        }
        try {
            int[] lead = new int[STREAMS];
            Arrays.fill(lead, LEAD);
            await(streams, lead);
            meanwhile.happens(streams);
            return streams;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem(Problem.Kind.CANCELLED, "interrupted", e);
        } finally {
            streams.forEach(s -> s.isOver = true);
            for (Stream each : streams) {
                EngineRig.await(each.answer);
            }
        }
    }

    /** Waits until stream i has {@code counts[i]} pieces, or its answer is over. */
    private void await(List<Stream> streams, int[] counts) throws InterruptedException {
        for (int i = 0; i < STREAMS; i++) {
            while (streams.get(i).count < counts[i] && !streams.get(i).answer.isDone()) {
                clock.sleep(1_000_000);
            }
        }
    }

    private static void counts(List<Stream> streams, int[] counts) {
        for (int i = 0; i < STREAMS; i++) {
            counts[i] = streams.get(i).count;
        }
    }

    /** Milliseconds before the pieces that both runs have: greedy answers are the same, so these are the same tokens. */
    private static double[] gaps(List<Stream> streams, int[] from, int[] to) {
        List<Double> gaps = new ArrayList<>();
        for (int i = 0; i < STREAMS; i++) {
            streams.get(i).gaps(from[i], to[i], gaps);
        }
        return gaps.stream().mapToDouble(Double::doubleValue).toArray();
    }
}
