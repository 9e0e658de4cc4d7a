package dev.longhand.server;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.desk.Ask;
import dev.longhand.jobs.JobContext;
import dev.longhand.ledger.MeteredModel;
import dev.longhand.lm.Sink;
import dev.longhand.lm.Usage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import tools.jackson.databind.node.ObjectNode;

/**
 * Keeps an answer as it grows: what came since the last event becomes the next one, which is durable before any client is told of
 * it. Writing does not hold the model, which works a bounded number of tokens ahead; what comes meanwhile goes into the next event.
 * Of one thread.
 */
final class AnswerKeeper implements Sink {
    /** Between two events of text, so that a fast model makes no event, and no write, for each token. */
    private static final long PAUSE_NANOS = 40_000_000;

    private final JobContext context;
    private final MeteredModel model;
    private final Clock clock;
    private final LongConsumer recorded;
    private final int tokensMax;
    private final List<Integer> tokens = new ArrayList<>(); // since the last event
    private final StringBuilder text = new StringBuilder();
    private final StringBuilder reasoning = new StringBuilder();
    private final long countBegun; // tokens of earlier attempts
    private long count;
    private long keptAt;

    /**
     * @param begun    what is kept of the answer
     * @param recorded told of the bytes of what became durable
     */
    AnswerKeeper(JobContext context, MeteredModel model, Clock clock, Ask.Begun begun, int tokensMax, LongConsumer recorded) {
        this.context = context;
        this.model = model;
        this.clock = clock;
        this.recorded = recorded;
        this.tokensMax = tokensMax;
        this.countBegun = begun.tokens().size();
        this.count = countBegun;
        this.keptAt = clock.nanos() - PAUSE_NANOS;
    }

    /** An event could not be recorded, inside the model's call, which takes no problems from a sink. */
    static final class NotKept extends RuntimeException {
        private final transient Problem problem;

        private NotKept(Problem problem) {
            super(problem);
            this.problem = problem;
        }

        Problem problem() {
            return problem;
        }
    }

    @Override
    public void token(int id) {
        keepIfDue();
        tokens.add(id);
        context.progress(++count, tokensMax, "tokens", "");
    }

    @Override
    public void text(String piece) {
        text.append(piece);
    }

    @Override
    public void reasoning(String piece) {
        reasoning.append(piece);
    }

    /** Asked between tokens, when the text of all that were told was told too. */
    @Override
    public boolean isCancelled() {
        if (!context.shouldStop()) {
            keepIfDue();
        }
        return context.shouldStop();
    }

    private void keepIfDue() {
        boolean isSomething = !text.isEmpty() || !reasoning.isEmpty();
        if (isSomething && clock.nanos() - keptAt >= PAUSE_NANOS) {
            record(pending());
            keptAt = clock.nanos();
        }
    }

    /** What came since the last event, which it takes: thoughts before text, tokens with the last of the two. */
    private List<AnswerEvent> pending() {
        List<AnswerEvent> events = new ArrayList<>();
        boolean hasText = !text.isEmpty();
        if (!reasoning.isEmpty()) {
            events.add(event(AnswerEvent.REASONING, reasoning, !hasText));
        }
        if (hasText) {
            events.add(event(AnswerEvent.TEXT, text, true));
        }
        return events;
    }

    private AnswerEvent event(String kind, StringBuilder piece, boolean isLast) {
        ObjectNode data = Json.object().put("text", piece.toString());
        piece.setLength(0);
        List<Integer> own = isLast ? List.copyOf(tokens) : List.of();
        if (isLast) {
            tokens.clear();
        }
        return new AnswerEvent(kind, data, own, Optional.of(used()), Optional.empty());
    }

    /** What the call has used: a token is told while its step still runs, and counted at the step's end. */
    private Usage used() {
        Usage counted = model.underWay();
        int missing = (int) (count - countBegun) - counted.answeredTokens();
        return counted.equals(Usage.NONE) || missing <= 0 ? counted : counted.plus(Usage.of(0, 0, missing, 0, 0));
    }

    /** Records an event that is no part of the answer's text. */
    void keep(AnswerEvent event) {
        List<AnswerEvent> events = pending();
        events.add(event);
        record(events);
    }

    /**
     * Records the end, and with it in one write what the model still held back when it ended: a call that goes on from the tokens
     * tells that again.
     */
    void end(List<AnswerEvent> last) {
        List<AnswerEvent> events = pending();
        events.addAll(last);
        record(events);
    }

    private void record(List<AnswerEvent> events) {
        List<JobContext.DoneStep> steps = events.stream().map(AnswerEvent::step).toList();
        try {
            context.done(steps);
        } catch (Problem e) {
            throw new NotKept(e);
        }
        recorded.accept(steps.stream().mapToLong(s -> s.result().length).sum());
    }
}
