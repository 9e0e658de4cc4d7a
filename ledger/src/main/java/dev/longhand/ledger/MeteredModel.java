package dev.longhand.ledger;

import dev.longhand.base.Problem;
import dev.longhand.lm.Capability;
import dev.longhand.lm.DocumentMemory;
import dev.longhand.lm.Embeddings;
import dev.longhand.lm.LanguageModel;
import dev.longhand.lm.Message;
import dev.longhand.lm.ModelInfo;
import dev.longhand.lm.Pooling;
import dev.longhand.lm.Prompting;
import dev.longhand.lm.Relevance;
import dev.longhand.lm.SegmentRef;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Unfinished;
import dev.longhand.lm.Usage;
import dev.longhand.text.ToolFormat;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A language model whose every call is booked: set aside before, posted after with what the engine counted. The only way a model
 * is handed out, by {@link Books#meter}. A call that a budget does not allow is refused before it runs; a call whose posting
 * fails fails. Cheap: one per payer and purpose. Closing it closes nothing, the model belongs to who loaded it. Thread-safe as the
 * model is.
 */
public final class MeteredModel implements LanguageModel {
    private final LanguageModel model;
    private final Books books;
    private final Payer payer;
    private final Set<String> warnings = new LinkedHashSet<>();
    private Charges charges = Charges.NONE;
    private volatile UnderWay underWay; // null while no call of a sequence runs; the last one that began

    MeteredModel(LanguageModel model, Books books, Payer payer) {
        this.model = model;
        this.books = books;
        this.payer = payer;
    }

    /** What its calls came to so far. */
    public synchronized Charges charges() {
        return charges;
    }

    /** Soft limits that its calls passed, each said once, for people. */
    public synchronized List<String> warnings() {
        return List.copyOf(warnings);
    }

    /** Refuses a call of that size as its budget would now; sets nothing aside. */
    public void checkBudget(long in, long out) throws Problem {
        Optional<Admission.OverBudget> refusal = Charge.refusal(books, payer, model.info().name(), in, out);
        if (refusal.isPresent()) {
            throw new OverBudgetProblem(refusal.get());
        }
    }

    /** What the call that runs has used up to now and is not booked yet; nothing where none runs. Told within a call's sink. */
    public Usage underWay() {
        UnderWay now = underWay;
        return now == null ? Usage.NONE : now.sequence.usage().minus(now.before);
    }

    /** A call that runs, and what its sequence had used before. */
    private record UnderWay(Sequence sequence, Usage before) {}

    void begins(Sequence sequence, Usage before) {
        underWay = new UnderWay(sequence, before);
    }

    void ends() {
        underWay = null;
    }

    /** Sets aside for a call of that purpose; an empty one means the payer's. */
    Charge reserve(String purpose, long in, long out) throws Problem {
        Cause cause = payer.cause().withModel(model.info().name());
        Charge charge = new Charge(books, payer, purpose.isEmpty() ? cause : cause.withPurpose(purpose), in, out);
        synchronized (this) {
            warnings.addAll(charge.warnings());
        }
        return charge;
    }

    void settle(Charge charge, Usage used) throws Problem {
        settle(charge, used, 0);
    }

    /** @param attached tokens of documents that attention could look up */
    void settle(Charge charge, Usage used, long attached) throws Problem {
        Charge.Settled settled = settled(charge, used, attached);
        synchronized (this) {
            charges = charges.plus(settled);
        }
    }

    /** An interrupt ends a call, not its booking: who is interrupted waits for that, and is interrupted again behind it. */
    private static Charge.Settled settled(Charge charge, Usage used, long attached) throws Problem {
        boolean wasInterrupted = false;
        try {
            while (true) {
                wasInterrupted |= Thread.interrupted();
                try {
                    return charge.settle(used, attached); // what is booked already is not booked again
                } catch (Problem e) {
                    if (e.kind() != Problem.Kind.CANCELLED || !Thread.currentThread().isInterrupted()) {
                        throw e;
                    }
                }
            }
        } finally {
            if (wasInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public ModelInfo info() {
        return model.info();
    }

    @Override
    public int[] tokenize(String text) {
        return model.tokenize(text);
    }

    @Override
    public int[] begin(String text) {
        return model.begin(text);
    }

    @Override
    public byte[] bytes(int token) throws Problem {
        return model.bytes(token);
    }

    @Override
    public int[] render(List<Message> conversation) throws Problem {
        return model.render(conversation);
    }

    @Override
    public String renderText(List<Message> conversation) throws Problem {
        return model.renderText(conversation);
    }

    @Override
    public int[] render(List<Message> conversation, Prompting prompting) throws Problem {
        return model.render(conversation, prompting);
    }

    @Override
    public ToolFormat toolFormat() {
        return model.toolFormat();
    }

    @Override
    public Set<Capability> capabilities() {
        return model.capabilities();
    }

    @Override
    public Sequence open(SequenceSpec spec) throws Problem {
        return new MeteredSequence(this, model.open(spec), 0);
    }

    @Override
    public Sequence open(SequenceSpec spec, List<SegmentRef> attached) throws Problem {
        Sequence sequence = model.open(spec, attached);
        if (!sequence.usage().equals(Usage.NONE)) { // something had to be read so that they fit together
            try {
                settle(reserve("attach", sequence.usage().readTokens(), 0), sequence.usage());
            } catch (Problem | RuntimeException e) {
                sequence.close();
                throw e;
            }
        }
        return new MeteredSequence(this, sequence, attached.stream().mapToLong(SegmentRef::tokens).sum());
    }

    @Override
    public DocumentMemory memory(Path folder, long bytesMax) throws Problem {
        return new MeteredMemory(this, model.memory(folder, bytesMax));
    }

    @Override
    public Relevance relevance(SequenceSpec spec, int[] question, List<SegmentRef> candidates) throws Problem {
        Charge charge = reserve("route", question.length, 0);
        Usage used = Usage.NONE;
        try {
            Relevance relevance = model.relevance(spec, question, candidates);
            used = relevance.usage();
            return relevance;
        } catch (Problem | RuntimeException e) {
            used = Unfinished.usage(e);
            throw e;
        } finally {
            settle(charge, used);
        }
    }

    @Override
    public int[] renderBehind(List<Message> conversation) throws Problem {
        return model.renderBehind(conversation);
    }

    @Override
    public Embeddings embed(List<int[]> texts, Pooling pooling) throws Problem {
        Charge charge = reserve("embed", texts.stream().mapToLong(t -> t.length).sum(), 0);
        Usage used = Usage.NONE;
        try {
            Embeddings embeddings = model.embed(texts, pooling);
            used = embeddings.usage();
            return embeddings;
        } catch (Problem | RuntimeException e) {
            used = Unfinished.usage(e);
            throw e;
        } finally {
            settle(charge, used);
        }
    }

    @Override
    public void checkIntegrity() {
        model.checkIntegrity();
    }

    @Override
    public void close() {}
}
