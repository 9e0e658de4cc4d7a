package dev.longhand.engine;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.lm.Answer;
import dev.longhand.lm.Attended;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Pooling;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.lm.TokenLogprob;
import dev.longhand.lm.Usage;
import dev.longhand.memory.DenseKv;
import dev.longhand.memory.KvSource;
import dev.longhand.memory.Watch;
import dev.longhand.text.Grammar;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One conversation on the local engine: token ids and their attention memory.
 *
 * <p>Invariant between steps: {@code ids[0 .. kv.tokens())} are the tokens whose keys and values {@code kv} holds. While a
 * request is active, the engine thread owns both; else whoever holds this object's lock.
 */
final class LocalSequence implements Sequence {
    private final Engine engine;
    private final SequenceSpec spec;
    private final DenseKv kv;
    private final int[] ids; // (tokensMax)
    private final String memoryKey;
    private final boolean isKept;
    private final Tally tally = new Tally();
    private volatile Usage openedWith = Usage.NONE;
    /** Rises with every use, over all sequences: who was idle longest gives its memory back first. */
    private volatile long usedLast;
    private Request running;
    private boolean isClosed;
    private boolean isActive; // the engine thread's
    private boolean isWatched; // the caller's
    private Attended attended = Attended.NOTHING; // the caller's

    LocalSequence(Engine engine, SequenceSpec spec, DenseKv kv) {
        this(engine, spec, kv, spec.tenant(), true);
    }

    /**
     * @param memoryKey whose attention memory it may share: sequences of one tenant that attend to the same documents
     * @param isKept    whether others may want what it reads
     */
    LocalSequence(Engine engine, SequenceSpec spec, DenseKv kv, String memoryKey, boolean isKept) {
        this.engine = engine;
        this.spec = spec;
        this.kv = kv;
        this.ids = new int[kv.tokensMax()];
        this.memoryKey = memoryKey;
        this.isKept = isKept;
    }

    String memoryKey() {
        return memoryKey;
    }

    boolean isKept() {
        return isKept;
    }

    /** The view holds the first {@code tokens} already. Before anybody else knows the sequence. */
    void holds(int[] tokens) {
        Check.argument(kv.tokens() == tokens.length, "%d tokens for a view of %d", tokens.length, kv.tokens());
        System.arraycopy(tokens, 0, ids, 0, tokens.length);
    }

    Engine engine() {
        return engine;
    }

    SequenceSpec spec() {
        return spec;
    }

    DenseKv kv() {
        return kv;
    }

    int[] ids() {
        return ids;
    }

    Tally tally() {
        return tally;
    }

    /** What other sequences read so that this one could be opened; its own {@link #tally} does not count it. */
    void openedWith(Usage usage) {
        openedWith = usage;
    }

    /** When it was used last, as a rising count; the highest while a request waits. */
    long idleSince() {
        long since = usedLast;
        return since == IN_USE ? Long.MAX_VALUE : since;
    }

    /** Whether the engine works on a request of this sequence. For the engine thread. */
    void setActive(boolean isActive) {
        this.isActive = isActive;
    }

    @Override
    public synchronized int tokens() {
        return isClosed ? 0 : kv.tokens();
    }

    @Override
    public Usage usage() {
        return tally.spent().usage().plus(openedWith);
    }

    @Override
    public synchronized int cachedTokens(int[] prompt) {
        return isClosed ? 0 : common(prompt);
    }

    private void checkKnown(Set<Integer> biased) throws Problem {
        int known = engine.texts().tokenizer().size();
        for (int id : biased) {
            if (id < 0 || id >= known) {
                throw new Problem(Problem.Kind.USAGE, "a logit bias is given for token %d; this model's tokens are 0 to %d"
                        .formatted(id, known - 1));
            }
        }
    }

    private int common(int[] prompt) {
        int common = Arrays.mismatch(ids, 0, kv.tokens(), prompt, 0, prompt.length);
        return common < 0 ? prompt.length : common;
    }

    @Override
    public Answer generate(int[] prompt, GenerationSpec spec, Sink sink) throws Problem {
        checkFits(prompt, spec.tokensMax());
        checkKnown(spec.logitBias().keySet());
        int[] there = there(prompt, spec.resumed());
        Optional<Grammar.Matcher> form = spec.constraint().isPresent()
                ? Optional.of(engine.constraints().start(spec.constraint().get()))
                : Optional.empty();
        begin(there);
        try {
            kv.watch(isWatched ? new Watch(there.length - 1) : null);
            GenerateRequest request = new GenerateRequest(this, prompt.length, spec, form);
            if (request.resume(sink)) {
                request.endUnsubmitted();
            } else {
                spec.deadline().ifPresent(time -> request.deadlineNanos = engine.deadline(time));
                run(request, sink);
            }
            Answer answer = request.answer();
            attended = isWatched ? attended(there.length - 1, answer.tokens().length - spec.resumed().size()) : Attended.NOTHING;
            return answer;
        } finally {
            kv.watch(null); // its answer is made
            end();
        }
    }

    @Override
    public void watch() {
        isWatched = true;
    }

    @Override
    public Attended attended() {
        return attended;
    }

    /** Of the rows at {@code position} and those behind it, as far as they ran. */
    private Attended attended(int position, int count) {
        List<Attended.Span> spans = new ArrayList<>();
        for (KvSource document : kv.context().documents()) {
            for (int b = 0, from = 0; b < document.blocks(); from += document.tokens(b++)) {
                spans.add(new Attended.Span(document.id(), from, from + document.tokens(b)));
            }
        }
        return new Attended(spans, kv.watch().shares(position, count));
    }

    /** The prompt and the tokens of the answer that are there. */
    private int[] there(int[] prompt, List<Integer> resumed) {
        int vocabulary = engine.texts().tokenizer().size();
        int[] there = Arrays.copyOf(prompt, prompt.length + resumed.size());
        for (int i = 0; i < resumed.size(); i++) {
            there[prompt.length + i] = Check.index(resumed.get(i), vocabulary, "resumed token id");
        }
        return there;
    }

    @Override
    public Usage read(int[] prompt, Sink sink) throws Problem {
        checkFits(prompt, 0);
        begin(prompt);
        try {
            ReadRequest request = new ReadRequest(this, prompt.length);
            run(request, sink);
            return request.usage(0, 0);
        } finally {
            end();
        }
    }

    @Override
    public float[] score(int[] tokens) throws Problem {
        return scored(tokens, 0).scores();
    }

    @Override
    public List<TokenLogprob> score(int[] tokens, int top) throws Problem {
        Check.argument(top >= 0 && top <= GenerationSpec.LOGPROBS_MAX, "top is %d; it must lie in [0, %d]", top,
                GenerationSpec.LOGPROBS_MAX);
        return scored(tokens, top).listed(engine.texts());
    }

    private ScoreRequest scored(int[] tokens, int top) throws Problem {
        checkFits(tokens, 0);
        begin(tokens);
        try {
            ScoreRequest request = new ScoreRequest(this, tokens.length, top);
            run(request, Sink.SILENT);
            checkNotCancelled(request);
            return request;
        } finally {
            end();
        }
    }

    /** Submits a text whose vector is wanted; {@link #end} must follow {@link Request#await}. */
    EmbedRequest embed(int[] tokens, Pooling pooling) throws Problem {
        checkFits(tokens, 0);
        begin(tokens);
        try {
            EmbedRequest request = new EmbedRequest(this, tokens.length, pooling, engine.dim());
            submit(request);
            return request;
        } catch (Problem | RuntimeException e) {
            end();
            throw e;
        }
    }

    /** A result that is all or nothing was cut short. */
    static void checkNotCancelled(Request request) throws Problem {
        if (!request.isComplete()) {
            throw new Problem(Problem.Kind.CANCELLED, "the request was cancelled after %s of %s tokens".formatted(
                    Units.count(request.usage(0, 0).readTokens()), Units.count(request.promptLength)));
        }
    }

    private void checkFits(int[] prompt, int tokensMax) throws Problem {
        Check.argument(prompt.length > 0, "the prompt has no token");
        if (prompt.length + (long) tokensMax > ids.length) {
            throw new Problem(Problem.Kind.LIMIT, ("the prompt has %s tokens and up to %s are to be answered; "
                    + "together they exceed the %s that this sequence holds").formatted(
                            Units.count(prompt.length), Units.count(tokensMax), Units.count(ids.length)));
        }
        int vocabulary = engine.texts().tokenizer().size();
        for (int id : prompt) {
            Check.index(id, vocabulary, "token id");
        }
    }

    /** The sequence is this thread's, and holds the common front of what it held and {@code prompt}, until {@link #end}. */
    private synchronized void begin(int[] prompt) {
        Check.argument(!isClosed, "the sequence is closed");
        Check.argument(running == null && usedLast >= 0, "the sequence is in use by another thread");
        int common = common(prompt);
        if (common < kv.tokens()) {
            kv.truncate(common);
        }
        System.arraycopy(prompt, 0, ids, 0, prompt.length);
        usedLast = IN_USE;
    }

    private static final long IN_USE = -1;

    private void run(Request request, Sink sink) throws Problem {
        submit(request);
        request.await(sink);
    }

    private void submit(Request request) throws Problem {
        synchronized (this) {
            running = request;
            if (isClosed) {
                request.cancel();
            }
        }
        engine.submit(request);
    }

    synchronized void end() {
        running = null;
        usedLast = engine.nextUse();
        if (isClosed) {
            release();
        }
    }

    /** Whether it holds something that no active request needs. For the engine thread. */
    boolean isForgettable() {
        return !isActive && kv.tokens() > 0;
    }

    /** Gives that memory back; false if there is none. Callers only look at it with this object's lock. For the engine thread. */
    synchronized boolean forget() {
        if (!isForgettable()) {
            return false;
        }
        kv.truncate(0);
        return true;
    }

    /** When it returns, a caller that was giving memory back (closing, or beginning anew) has given back all of it. */
    synchronized void settle() {}

    @Override
    public synchronized Sequence fork() throws Problem {
        Check.argument(!isClosed, "the sequence is closed");
        Check.argument(usedLast != IN_USE, "the sequence is in use by another thread");
        LocalSequence fork = new LocalSequence(engine, spec, kv.fork(), memoryKey, isKept);
        System.arraycopy(ids, 0, fork.ids, 0, kv.tokens());
        engine.opened(fork);
        return fork;
    }

    @Override
    public synchronized void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        if (usedLast != IN_USE) {
            release();
        } else if (running != null) {
            running.cancel();
        }
    }

    private void release() {
        kv.close();
        engine.closed(this); // last: whoever holds memory can be found
    }
}
