package dev.longhand.desk;

import dev.longhand.base.Problem;
import dev.longhand.lm.Capability;
import dev.longhand.lm.LanguageModel;
import dev.longhand.lm.Message;
import dev.longhand.lm.Relevance;
import dev.longhand.lm.SegmentRef;
import dev.longhand.lm.SequenceSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Judges by the heads of a model that look things up: how much of their attention each candidate gets while the model reads the
 * question. Only candidates that the model has read already are judged. A model that is metered books it. Stateless.
 */
public final class Heads implements Judge {
    /** A longer question would cost more to judge by than to answer. */
    static final int QUESTION_TOKENS_MAX = 256;

    private final LanguageModel model;
    private final String tenant;

    public Heads(LanguageModel model) {
        this(model, "");
    }

    /** @param tenant for whom the model works */
    Heads(LanguageModel model, String tenant) {
        this.model = model;
        this.tenant = tenant;
    }

    @Override
    public boolean canJudge() {
        return model.capabilities().contains(Capability.ROUTE);
    }

    @Override
    public Opinion judge(String question, List<Candidate> candidates) throws Problem {
        if (!canJudge()) {
            return Opinion.none(candidates.size(), model.info().name()
                    + " is not calibrated; longhand desk calibrate does that once");
        }
        Map<String, SegmentRef> segments = new LinkedHashMap<>(); // two candidates of the same text have one
        candidates.forEach(c -> c.segment().ifPresent(s -> segments.putIfAbsent(s.id(), s)));
        if (segments.size() < 2) {
            return Opinion.none(candidates.size(), "the model has read %s of them".formatted(segments.isEmpty() ? "none" : "one"));
        }
        int[] tokens = model.renderBehind(List.of(Message.user("Question: " + question.strip())));
        if (tokens.length > QUESTION_TOKENS_MAX) {
            return Opinion.none(candidates.size(), "the question is long");
        }
        try {
            Relevance relevance = model.relevance(new SequenceSpec(tokens.length).withTenant(tenant), tokens,
                    new ArrayList<>(segments.values()));
            List<String> ids = List.copyOf(segments.keySet());
            double[] scores = candidates.stream().mapToDouble(c ->
                    c.segment().map(s -> relevance.scores()[ids.indexOf(s.id())]).orElse(Double.NaN)).toArray();
            return new Opinion(scores, relevance.usage(), "");
        } catch (Problem e) {
            if (!isOfMemory(e)) {
                throw e;
            }
            return Opinion.none(candidates.size(), e.getMessage());
        }
    }

    /** Memory that cannot be read is no reason not to answer: what is attached is read again. */
    private static boolean isOfMemory(Problem problem) {
        return switch (problem.kind()) {
            case MALFORMED, NOT_FOUND, DISK -> true;
            default -> false;
        };
    }
}
