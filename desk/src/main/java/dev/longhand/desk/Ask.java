package dev.longhand.desk;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.base.Units;
import dev.longhand.ingest.Passage;
import dev.longhand.lm.Answer;
import dev.longhand.lm.Attended;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.LanguageModel;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.lm.Usage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A question to a desk: finds passages, attaches the documents that hold them, lets the model answer, cites and marks. Where
 * nothing can
 * be attached, the passages stand in the prompt.
 *
 * <p>Invariants: the prompt never exceeds its budget and is never cut; a citation is of a passage that was in the prompt or in
 * what was
 * attached; a quote is in the file now. Used by one thread at a time.
 */
public final class Ask {
    /** How much the answer's words decide which lines are quoted, beside the question's. */
    private static final double ANSWER_WEIGHT = 0.5;
    private static final int CARRIERS_MAX = 3;
    /** Tokens that stand before all that is attached, at most. */
    private static final int FRONT_TOKENS_MAX = 256;

    private final Desk desk;
    private final Router router;
    private final LanguageModel model;
    private final String tenant;
    private final Optional<Attaching> attaching;

    private Ask(Desk desk, Router router, LanguageModel model, String tenant, Optional<Attaching> attaching) {
        this.desk = desk;
        this.router = router;
        this.model = model;
        this.tenant = tenant;
        this.attaching = attaching;
    }

    /** Asks with passages in the prompt. */
    public Ask(Desk desk, Router router, LanguageModel model) {
        this(desk, router, model, "", Optional.empty());
    }

    public Ask(Desk desk, LanguageModel model) {
        this(desk, desk.router(), model);
    }

    /** Has the model work for that tenant, see {@link SequenceSpec}; comes before the memory. */
    public Ask withTenant(String tenant) {
        Check.argument(attaching.isEmpty(), "the tenant %s comes after the memory, which would not know it", tenant);
        return new Ask(desk, router, model, tenant, Optional.empty());
    }

    private SequenceSpec sequence(int tokensMax) {
        return new SequenceSpec(tokensMax).withTenant(tenant);
    }

    /**
     * Asks with documents attached.
     *
     * @param memory of the same model; stays the caller's
     * @param told   takes a line for people before documents are read
     */
    public Ask withMemory(DeskMemory memory, Consumer<String> told) {
        return withMemory(memory, new Heads(model, tenant), told);
    }

    /** As {@link #withMemory(DeskMemory, Consumer)}, with another judge of the documents that words lead to. */
    public Ask withMemory(DeskMemory memory, Judge judge, Consumer<String> told) {
        return new Ask(desk, router, model, tenant, Optional.of(new Attaching(memory, judge, tenant, told)));
    }

    /**
     * What a question is asked with, before the model speaks.
     *
     * @param attached what is attached before the prompt, best first; may have to be read first
     * @param routing  how that was chosen
     * @param usage    of choosing
     */
    public record Prepared(int[] prompt, List<Passage> context, List<Passage> leftOut, List<Recalled.Attachment> attached,
            Recalled.Routing routing, Usage usage, List<String> notes) {
        public Prepared {
            context = List.copyOf(context);
            leftOut = List.copyOf(leftOut);
            attached = List.copyOf(attached);
            notes = List.copyOf(notes);
        }
    }

    public AskResult ask(String question, AskSpec spec, Sink sink) throws Problem {
        return answer(question, prepare(question, spec), spec, sink);
    }

    /**
     * The best passage of the context with its words as they stand in the file now: what a reader can look at before the answer.
     */
    public Citation lead(String question, Prepared prepared, AskSpec spec) throws Problem {
        return new Quotes(desk).cite(prepared.context().getFirst(), wanted(question, ""), spec.quoteLinesMax());
    }

    /** What was prepared, so that it can be asked again after this process, with {@link #kept}. */
    public byte[] keep(Prepared prepared) throws Problem {
        List<Sha256> parts = new ArrayList<>();
        for (Recalled.Attachment each : prepared.attached()) {
            parts.add(Sha256.of(attaching.orElseThrow().part(each).text()));
        }
        return KeptPrompt.encode(prepared, parts);
    }

    /**
     * What {@link #keep} made bytes of; its usage and notes were told.
     *
     * @throws DeskChanged what was attached is another one now
     */
    public Prepared kept(byte[] bytes) throws Problem {
        KeptPrompt kept = KeptPrompt.decode(bytes);
        for (int i = 0; i < kept.parts().size(); i++) {
            Recalled.Attachment each = kept.prepared().attached().get(i);
            Optional<Part> now = attaching.isEmpty() ? Optional.empty() : attaching.get().find(each);
            if (now.isEmpty() || !Sha256.of(now.get().text()).equals(kept.parts().get(i))) {
                throw new DeskChanged(desk.name(), each.path());
            }
        }
        return kept.prepared();
    }

    /** Judges the sentences of an answer while it is written. */
    public AnswerMarker marker(Prepared prepared) {
        return new AnswerMarker(support(prepared.context()));
    }

    /** What the model said, and what it attended to meanwhile. */
    private record Spoken(Answer answer, Optional<Carried> carried, List<Recalled.Attachment> attached, Usage usage,
            List<String> notes) {}

    /**
     * What there is of an answer that was cut off.
     *
     * @param tokens all of them, in order
     * @param text   what was told of them
     */
    public record Begun(List<Integer> tokens, String text) {
        public static final Begun NOTHING = new Begun(List.of(), "");

        public Begun {
            tokens = List.copyOf(tokens);
        }
    }

    /** Lets the model answer what {@link #prepare} prepared. */
    public AskResult answer(String question, Prepared prepared, AskSpec spec, Sink sink) throws Problem {
        return answer(question, prepared, spec, Begun.NOTHING, sink);
    }

    /**
     * As above, behind what there is already: with the tokens that the answer would have had. What was attended to is known of
     * the new tokens only.
     */
    public AskResult answer(String question, Prepared prepared, AskSpec spec, Begun begun, Sink sink) throws Problem {
        LoopGuard guard = new LoopGuard(sink, begun.text());
        TokenPlaces places = new TokenPlaces(guard, begun.text().length());
        GenerationSpec how = generation(spec).withResumed(begun.tokens());
        Spoken spoken = prepared.attached().isEmpty() ? fromPrompt(prepared, how, places) : attached(prepared, how, places);
        String text = spoken.answer.text();
        List<String> notes = new ArrayList<>(prepared.notes());
        notes.addAll(spoken.notes);
        if (!begun.tokens().isEmpty() && !prepared.attached().isEmpty()) {
            notes.add("the answer was cut off and went on; its citations follow what its rest attended to");
        }
        notes.addAll(Prompt.notes(prepared.context()));
        List<Citation> citations = cite(question, text, prepared, spoken.carried, spec);
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
        Answer.Stop stop = guard.isLooping() && !sink.isCancelled() ? Answer.Stop.END : spoken.answer.stop();
        Recalled recalled = new Recalled(spoken.attached, spoken.carried.map(Carried::lookedUpTokens).orElse(0),
                prepared.routing());
        return new AskResult(text, mark(text, prepared.context(), places, spoken.carried), citations, stop,
                prepared.usage().plus(spoken.usage),
                prepared.prompt().length, prepared.context(), prepared.leftOut(), recalled, notes);
    }

    /** Log-probability (nats) of each token of an answer that is given, by a model that can score. */
    public float[] score(Prepared prepared, String answer) throws Problem {
        int[] prompt = prepared.prompt();
        int[] given = model.tokenize(answer);
        int[] all = Arrays.copyOf(prompt, prompt.length + given.length);
        System.arraycopy(given, 0, all, prompt.length, given.length);
        try (Sequence sequence = scoring(prepared, sequence(all.length))) {
            return Arrays.copyOfRange(sequence.score(all), prompt.length - 1, all.length - 1);
        }
    }

    private Sequence scoring(Prepared prepared, SequenceSpec spec) throws Problem {
        if (prepared.attached().isEmpty()) {
            return model.open(spec);
        }
        List<Part> parts = new ArrayList<>();
        for (Recalled.Attachment each : prepared.attached()) {
            parts.add(attaching.orElseThrow().part(each));
        }
        return model.open(spec, attaching.orElseThrow().ready(parts, Sink.SILENT).segments());
    }

    private GenerationSpec generation(AskSpec spec) {
        return new GenerationSpec(spec.answerTokensMax(), spec.sampling(), Prompt.stops(model.info().hasChat()));
    }

    private Spoken fromPrompt(Prepared prepared, GenerationSpec how, Sink sink) throws Problem {
        try (Sequence sequence = model.open(sequence(prepared.prompt().length + how.tokensMax()))) {
            Answer answer = sequence.generate(prepared.prompt(), how, sink);
            return new Spoken(answer, Optional.empty(), List.of(), answer.usage(), List.of());
        }
    }

    /** A document whose memory turns out to be damaged is read again, and the question asked again. */
    private Spoken attached(Prepared prepared, GenerationSpec how, TokenPlaces places) throws Problem {
        Attaching attaching = this.attaching.orElseThrow();
        List<Part> parts = new ArrayList<>();
        for (Recalled.Attachment each : prepared.attached()) {
            parts.add(attaching.part(each));
        }
        Set<Part> read = new LinkedHashSet<>();
        List<String> notes = new ArrayList<>();
        Usage usage = Usage.NONE;
        for (int attempt = 1; ; attempt++) {
            Attaching.Ready ready = attaching.ready(parts, places);
            usage = usage.plus(ready.usage());
            read.addAll(ready.read());
            notes.addAll(ready.notes());
            try (Sequence sequence = model.open(sequence(prepared.prompt().length + how.tokensMax()), ready.segments())) {
                usage = usage.plus(sequence.usage()); // so that they fit together
                sequence.watch();
                Answer answer = sequence.generate(prepared.prompt(), how, places);
                Attended attended = sequence.attended();
                boolean isKnown = !attended.spans().isEmpty() && attended.shares().length > 0;
                return new Spoken(answer, !isKnown ? Optional.empty()
                        : Optional.of(new Carried(attended, ready.parts())), marked(prepared.attached(), parts, read),
                        usage.plus(answer.usage()), notes);
            } catch (Problem e) {
                List<Part> damaged = attempt > parts.size() ? List.of() : attaching.forgetDamaged(ready, e);
                if (damaged.isEmpty()) {
                    throw e;
                }
                damaged.forEach(part -> notes.add("the memory of %s was damaged; it was read again".formatted(part.place())));
                places.again();
            }
        }
    }

    private static List<Recalled.Attachment> marked(List<Recalled.Attachment> attached, List<Part> parts, Set<Part> read) {
        List<Recalled.Attachment> marked = new ArrayList<>();
        for (int i = 0; i < attached.size(); i++) {
            marked.add(read.contains(parts.get(i)) ? attached.get(i).read() : attached.get(i));
        }
        return marked;
    }

    /**
     * Finds passages, chooses what is attached and builds the prompt; reads no document and does not let the model speak. The model
     * may read the question alone, to judge documents.
     */
    public Prepared prepare(String question, AskSpec spec) throws Problem {
        checkQuestion(question);
        if (desk.documents() == 0) {
            throw new Problem(Problem.Kind.NOT_FOUND, "desk %s has no documents: nothing readable was found in %s".formatted(
                    desk.name(), desk.source().shown()));
        }
        List<Router.Ranked> ranked = router.route(question, desk.limits().candidatesMax());
        Selection selection = new Selection(ranked);
        List<Passage> chosen = selection.best(spec.passagesMax());
        if (chosen.isEmpty()) {
            throw new Problem(Problem.Kind.NOT_FOUND,
                    "no passage in desk %s shares a word with the question; ask with words that the documents use".formatted(
                            desk.name()));
        }
        if (spec.recall().partsMax() == 0) {
            return fill(question, chosen, budget(spec), List.of());
        }
        if (attaching.isEmpty()) {
            return fill(question, chosen, budget(spec),
                    List.of(model.info().name() + " cannot attach documents; passages stand in the prompt"));
        }
        Optional<Prepared> attached = attach(question, selection, chosen, spec);
        return attached.isPresent() ? attached.get() : fill(question, chosen, budget(spec),
                List.of("no part of a document fits into the model's context; passages stand in the prompt"));
    }

    private Optional<Prepared> attach(String question, Selection selection, List<Passage> chosen, AskSpec spec) throws Problem {
        List<Passage> again = chosen.subList(0, Math.min(spec.recall().passagesAgain(), chosen.size()));
        int[] prompt = model.renderBehind(Prompt.behind(question, Selection.merged(again), model.info().hasChat()));
        if (prompt.length > budget(spec)) {
            throw tooLong(budget(spec));
        }
        int tokensMax = model.info().contextTokens() - FRONT_TOKENS_MAX - prompt.length - spec.answerTokensMax();
        Map<Passage, Double> scores = selection.scores(attaching.orElseThrow().candidatesMax(spec.passagesMax()));
        Attaching.Choice choice = attaching.orElseThrow().choose(question, scores, spec.recall(), tokensMax);
        List<Recalled.Attachment> attached = choice.parts();
        if (attached.isEmpty()) {
            return Optional.empty();
        }
        Set<Passage> context = new LinkedHashSet<>();
        chosen.stream().filter(p -> again.contains(p) || attached.stream().anyMatch(a -> a.found().contains(p)))
                .forEach(context::add);
        for (Recalled.Attachment each : attached) {
            context.addAll(attaching.orElseThrow().part(each).passages());
        }
        List<Passage> leftOut = chosen.stream().filter(p -> !context.contains(p)).toList();
        return Optional.of(new Prepared(prompt, List.copyOf(context), leftOut, attached, choice.routing(),
                choice.usage(), List.of()));
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
    private Prepared fill(String question, List<Passage> chosen, int budget, List<String> notes) throws Problem {
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
                return new Prepared(prompt, context, leftOut, List.of(), Recalled.Routing.NONE, Usage.NONE, notes);
            }
            leftOut.addFirst(taken.removeLast());
        }
        throw tooLong(budget);
    }

    private static Problem tooLong(int budget) {
        return new Problem(Problem.Kind.LIMIT,
                ("the question and its best passage need more than the %s prompt tokens that are allowed; "
                        + "ask a shorter question or allow more")
                        .formatted(Units.count(budget)));
    }

    private static Support support(List<Passage> context) {
        return new Support(context.stream().map(p -> p.title() + "\n\n" + p.text()).toList());
    }

    private static List<AskResult.Sentence> mark(String answer, List<Passage> context, TokenPlaces places,
            Optional<Carried> carried) {
        Support support = support(context);
        List<AskResult.Sentence> sentences = new ArrayList<>();
        for (Sentences.Sentence each : Sentences.of(answer)) {
            Support.Verdict verdict = support.judge(each.text());
            List<AskResult.Carrier> carriers = carried.isEmpty() ? List.of()
                    : carried.get().carriers(places.tokenAt(each.start()), places.tokenAfter(each.end()), CARRIERS_MAX);
            sentences.add(new AskResult.Sentence(each.text(), each.start(), each.end(), verdict.isSupported(),
                    verdict.isSupported() ? verdict.source() : -1, verdict.isSupported() ? "" : verdict.reason(), carriers));
        }
        return sentences;
    }

    /**
     * Citations of attached documents by how much the answer attended to them, those that the question led to first, with the lines
     * that it attended to; else in the order of the context, which is by rank: what the model said does not change where the
     * reader should look first.
     */
    private List<Citation> cite(String question, String answer, Prepared prepared, Optional<Carried> carried, AskSpec spec)
            throws Problem {
        Windows wanted = wanted(question, answer);
        Quotes quotes = new Quotes(desk);
        if (carried.isEmpty()) {
            return prepared.context().stream().limit(spec.citationsMax()).map(p -> quotes.cite(p, wanted, spec.quoteLinesMax()))
                    .toList();
        }
        Set<Passage> found = new LinkedHashSet<>();
        prepared.attached().forEach(each -> found.addAll(each.found()));
        return carried.get().passages(found).stream().limit(spec.citationsMax())
                .map(a -> quotes.cite(a.passage(), a.lineFirst(), a.lineLast(), wanted, spec.quoteLinesMax())).toList();
    }

    private Windows wanted(String question, String answer) throws Problem {
        Set<String> stems = Bm25.terms(question, desk.limits().questionTermsMax());
        Map<String, Double> weights = new HashMap<>(Bm25.rarity(desk, stems));
        Bm25.rarity(desk, new Words().contentStems(answer))
                .forEach((stem, rarity) -> weights.merge(stem, rarity * ANSWER_WEIGHT, Math::max));
        return new Windows(weights);
    }
}
