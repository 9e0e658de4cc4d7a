package dev.longhand.server;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.desk.AskResult;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.Cause;
import dev.longhand.ledger.Charges;
import dev.longhand.ledger.MeteredModel;
import dev.longhand.ledger.Payer;
import dev.longhand.lm.Answer;
import dev.longhand.lm.ParallelAnswers;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.lm.Usage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/** Has models answer calls: booked to who calls, given up within a step when the client leaves. Thread-safe. */
final class Answering {
    /** How often it is looked whether the client is there. */
    private static final long LOOK_NANOS = 50_000_000;

    private final Books books;
    private final Clock clock;
    private final Limits limits;
    private final Metrics metrics;

    Answering(Books books, Clock clock, Limits limits, Metrics metrics) {
        this.books = books;
        this.clock = clock;
        this.limits = limits;
        this.metrics = metrics;
    }

    /**
     * What came of a call.
     *
     * @param usage of all answers together, the prompt counted once
     */
    record Outcome(List<Answer> answers, Usage usage, Charges charges, List<String> warnings) {}

    /** Takes an answer as it grows; what it throws ends the answer. */
    interface Listener {
        Listener SILENT = piece -> {};

        void text(String piece) throws IOException;

        default void token(int id) throws IOException {}

        default void reasoning(String piece) throws IOException {}

        /** Some time passed without anything. */
        default void idle() throws IOException {}
    }

    /** The model, with all that it does booked to who calls. */
    MeteredModel metered(Call call, ServedModels.Target target, String purpose) {
        Caller caller = call.caller();
        MeteredModel model = books.meter(target.model(), new Payer(caller.account(),
                Cause.of(purpose).withPerson(caller.key()).withDesk(target.desk().orElse(""))));
        call.worksFor(model, target);
        return model;
    }

    /** One answer, told to {@code listener} as it grows. */
    Outcome answer(Call call, Asked asked, Listener listener) throws Problem, Refusal, IOException {
        return answers(call, asked, List.of(listener));
    }

    /** As many answers as there are listeners; several are told from threads of their own. */
    Outcome answers(Call call, Asked asked, List<? extends Listener> listeners) throws Problem, Refusal, IOException {
        MeteredModel model = metered(call, asked.target(), "answer");
        List<TimedSink> sinks = listeners.stream().map(l -> timed(watching(call, l))).toList();
        try (Sequence sequence = model.open(sequenceSpec(call, asked))) {
            List<Answer> answers = sinks.size() == 1
                    ? List.of(sequence.generate(asked.prompt(), asked.spec(), sinks.getFirst()))
                    : ParallelAnswers.generate(sequence, asked.prompt(), asked.spec(), sinks);
            for (int i = 0; i < answers.size(); i++) {
                note(asked.target(), answers.get(i).usage(), sinks.get(i));
            }
            if (answers.stream().anyMatch(a -> a.stop() == Answer.Stop.CANCELLED) && call.isGone()) {
                throw new IOException("the client left");
            }
            Usage usage = answers.size() == 1 ? answers.getFirst().usage() : answers.stream().map(Answer::usage)
                    .map(Completing::withoutCached).reduce(sequence.usage(), Usage::plus);
            return new Outcome(answers, usage, model.charges(), model.warnings());
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static SequenceSpec sequenceSpec(Call call, Asked asked) {
        return new SequenceSpec(asked.prompt().length + asked.spec().tokensMax(), call.caller().team(), asked.priority());
    }

    /** A sink for {@code listener} that also watches whether the client is there. */
    Sink watching(Call call, Listener listener) {
        return new Watching(call, listener);
    }

    /** A sink that notes times for {@link #note}. */
    TimedSink timed(Sink sink) {
        return new TimedSink(sink, clock);
    }

    /** An answer that is there, for the metrics. */
    void note(ServedModels.Target target, Usage usage, TimedSink sink) {
        metrics.answered(target.served().name(), usage, sink);
    }

    /** An answer of a desk. */
    void note(ServedModels.Target target, AskResult result, TimedSink sink) {
        note(target, result.usage(), sink);
        metrics.recalled(target.served().name(), result.recalled());
    }

    private final class Watching implements Sink {
        private final Call call;
        private final Listener listener;
        private long lookedAt = clock.nanos();
        private long toldAt = clock.nanos();
        private boolean isGone;

        Watching(Call call, Listener listener) {
            this.call = call;
            this.listener = listener;
            call.progress().tellsTokens();
        }

        @Override
        public void text(String piece) {
            told(() -> listener.text(piece));
        }

        @Override
        public void token(int id) {
            call.progress().answeredOne();
            told(() -> listener.token(id));
        }

        @Override
        public void reasoning(String piece) {
            told(() -> listener.reasoning(piece));
        }

        @Override
        public void reading(int done, int total) {
            call.progress().reading(done, total);
        }

        private void told(Told told) {
            try {
                told.run();
                toldAt = clock.nanos();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public boolean isCancelled() {
            long now = clock.nanos();
            if (!isGone && now - lookedAt >= LOOK_NANOS) {
                lookedAt = now;
                isGone = call.isGone();
            }
            if (!isGone && now - toldAt >= limits.pingEvery().toNanos()) {
                told(listener::idle);
            }
            return isGone;
        }
    }

    @FunctionalInterface
    private interface Told {
        void run() throws IOException;
    }
}
