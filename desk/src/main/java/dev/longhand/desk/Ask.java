package dev.longhand.desk;

import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.ingest.Passage;
import dev.longhand.lm.Answer;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.LanguageModel;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A question to a desk: finds passages, fills the context, lets the model answer, cites and marks.
 *
 * <p>Invariants: the prompt never exceeds its budget and is never cut; a citation is of a passage that was in the prompt; a quote
 * is in the file now. Used by one thread at a time.
 */
public final class Ask {
    /** How much the answer's words decide which lines are quoted, beside the question's. */
    private static final double ANSWER_WEIGHT = 0.5;

    private final Desk desk;
    private final Router router;
    private final LanguageModel model;

    public Ask(Desk desk, Router router, LanguageModel model) {
        this.desk = desk;
        this.router = router;
        this.model = model;
    }

    public Ask(Desk desk, LanguageModel model) {
        this(desk, desk.router(), model);
    }

    /** What a question is asked with, before the model speaks. */
    public record Prepared(int[] prompt, List<Passage> context, List<Passage> leftOut) {
        public Prepared {
            context = List.copyOf(context);
            leftOut = List.copyOf(leftOut);
        }
    }

    public AskResult ask(String question, AskSpec spec, Sink sink) throws Problem {
        return answer(question, prepare(question, spec), spec, sink);
    }

    /** The best passage of the prompt with its words as they stand in the file now: what a reader can look at before the answer. */
    public Citation lead(String question, Prepared prepared, AskSpec spec) throws Problem {
        return cite(question, "", List.of(prepared.context().getFirst()), spec).getFirst();
    }

    /** Judges the sentences of an answer while it is written. */
    public AnswerMarker marker(Prepared prepared) {
        return new AnswerMarker(support(prepared.context()));
    }

    /** Lets the model answer what {@link #prepare} prepared. */
    public AskResult answer(String question, Prepared prepared, AskSpec spec, Sink sink) throws Problem {
        Answer answer;
        LoopGuard guard = new LoopGuard(sink);
        try (Sequence sequence = model.open(new SequenceSpec(prepared.prompt().length + spec.answerTokensMax()))) {
            answer = sequence.generate(prepared.prompt(),
                    new GenerationSpec(spec.answerTokensMax(), spec.sampling(), Prompt.stops(model.info().hasChat())), guard);
        }
        List<AskResult.Sentence> sentences = mark(answer.text(), prepared.context());
        List<String> notes = new ArrayList<>(Prompt.notes(prepared.context()));
        List<Citation> citations = cite(question, answer.text(), prepared.context(), spec);
        for (Citation citation : citations) {
            switch (citation.state()) {
                case CHANGED -> notes.add(citation.path() + " changed after it was read; it is not quoted");
                case GONE -> notes.add(citation.path() + " can no longer be read; it is not quoted");
                case VERIFIED -> { }
            }
        }
        if (guard.isLooping()) {
            notes.add("the model began to repeat itself and was stopped");
        }
        Answer.Stop stop = guard.isLooping() && !sink.isCancelled() ? Answer.Stop.END : answer.stop();
        return new AskResult(answer.text(), sentences, citations, stop, answer.usage(), prepared.prompt().length,
                prepared.context(), prepared.leftOut(), notes);
    }

    /** Finds passages and builds the prompt; does not let the model speak. */
    public Prepared prepare(String question, AskSpec spec) throws Problem {
        checkQuestion(question);
        if (desk.documents() == 0) {
            throw new Problem(Problem.Kind.NOT_FOUND, "desk %s has no documents: nothing readable was found in %s".formatted(
                    desk.name(), desk.root()));
        }
        List<Passage> chosen = Selection.of(router.route(question, desk.limits().candidatesMax()), spec.passagesMax());
        if (chosen.isEmpty()) {
            throw new Problem(Problem.Kind.NOT_FOUND,
                    "no passage in desk %s shares a word with the question; ask with words that the documents use".formatted(
                            desk.name()));
        }
        return fill(question, chosen, budget(spec));
    }

    private void checkQuestion(String question) throws Problem {
        if (question.isBlank()) {
            throw new Problem(Problem.Kind.USAGE, "the question is empty; write it in quotes after the folder");
        }
        int charsMax = desk.limits().questionCharsMax();
        if (question.length() > charsMax) {
            throw new Problem(Problem.Kind.LIMIT,
                    "the question has %s characters; at most %s are taken. Put long text into a file of the folder"
                    .formatted(Units.count(question.length()), Units.count(charsMax)));
        }
    }

    private int budget(AskSpec spec) {
        return Math.min(spec.promptTokensMax(), model.info().contextTokens() - spec.answerTokensMax());
    }

    /** Takes passages in rank order while the whole prompt stays within the budget, counted by the model's tokenizer. */
    private Prepared fill(String question, List<Passage> chosen, int budget) throws Problem {
        int used = Prompt.tokens(model, question, List.of()).length;
        List<Passage> taken = new ArrayList<>();
        List<Passage> leftOut = new ArrayList<>();
        for (Passage passage : chosen) {
            int tokens = model.tokenize(Prompt.block(passage)).length;
            if (used + tokens <= budget) {
                taken.add(passage);
                used += tokens;
            } else {
                leftOut.add(passage);
            }
        }
        while (!taken.isEmpty()) {
            List<Passage> context = Selection.merged(taken);
            int[] prompt = Prompt.tokens(model, question, context);
            if (prompt.length <= budget) {
                return new Prepared(prompt, context, leftOut);
            }
            leftOut.addFirst(taken.removeLast());
        }
        throw new Problem(Problem.Kind.LIMIT,
                ("the question and its best passage need more than the %s prompt tokens that are allowed; "
                        + "ask a shorter question or allow more")
                        .formatted(Units.count(budget)));
    }

    private static Support support(List<Passage> context) {
        return new Support(context.stream().map(p -> p.title() + "\n\n" + p.text()).toList());
    }

    private static List<AskResult.Sentence> mark(String answer, List<Passage> context) {
        Support support = support(context);
        List<AskResult.Sentence> sentences = new ArrayList<>();
        for (Sentences.Sentence each : Sentences.of(answer)) {
            Support.Verdict verdict = support.judge(each.text());
            sentences.add(new AskResult.Sentence(each.text(), each.start(), each.end(), verdict.isSupported(),
                    verdict.isSupported() ? verdict.source() : -1, verdict.isSupported() ? "" : verdict.reason()));
        }
        return sentences;
    }

    /**
     * Citations in the order of the context, which is by rank: what the model said does not change where the reader should look
     * first.
     */
    private List<Citation> cite(String question, String answer, List<Passage> context, AskSpec spec) throws Problem {
        Set<String> stems = Bm25.terms(question, desk.limits().questionTermsMax());
        Map<String, Double> weights = new HashMap<>(Bm25.rarity(desk, stems));
        Bm25.rarity(desk, new Words().contentStems(answer))
                .forEach((stem, rarity) -> weights.merge(stem, rarity * ANSWER_WEIGHT, Math::max));
        Windows wanted = new Windows(weights);
        Quotes quotes = new Quotes(desk);
        return context.stream().limit(spec.citationsMax()).map(p -> quotes.cite(p, wanted, spec.quoteLinesMax())).toList();
    }
}
