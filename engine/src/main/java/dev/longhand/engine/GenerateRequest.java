package dev.longhand.engine;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.lm.Answer;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Sink;
import dev.longhand.lm.TokenLogprob;
import dev.longhand.lm.Usage;
import dev.longhand.text.Grammar;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Answers a prompt.
 *
 * <p>The engine thread chooses tokens and puts their ids into a ring; the caller's thread takes them, makes text of them and
 * looks for stop texts. What the caller did not take when it wanted no more is not part of the answer, so an answer never depends
 * on how far ahead the engine was.
 *
 * <p>Tokens that are there already ({@link GenerationSpec#resumed}) are read with the prompt. Everything that follows the answer
 * (form, reasoning, stop texts, the sampler's counter) follows them first, in {@link #resume}.
 */
final class GenerateRequest extends Request {
    private final GenerationSpec spec;
    private final int from; // position of the answer's first token
    private final int resumed; // tokens of the answer that were there
    private final TokenRing ring;
    private final Optional<ReasoningMarks> marks;
    private final ReasoningWatch watch; // null for a model without marks
    private final boolean isOpen;
    private final int top;
    private final Optional<Grammar.Matcher> form;
    private final long[] mask; // (words), one bit per token; empty without a form
    private final int[] biased; // token ids
    private final float[] biases; // of them
    private final Drafter drafter; // null where nothing is guessed
    private int guessed; // tokens behind ids[length - 1] that are guesses and go through the next step
    private int rightTo; // the last position whose token is known to be right
    private int guessedTo; // the position behind the last guess
    private int answered; // those that were there included
    private int reasoningTokens;
    private int reasoningResumed; // of these, those that were there
    private int forced = -1; // how many tokens of the closing were forced; -1 while the model is free
    private Answer.Stop stop = Answer.Stop.CANCELLED;

    // The caller's thread only.
    private final TokenTexts texts;
    private AnswerText text;
    private int takenTokens;
    private boolean isStoppedByText;
    private final List<TokenLogprob> logprobs = new ArrayList<>();

    /** @param from tokens of the prompt; behind them stand those of the answer that are there */
    GenerateRequest(LocalSequence sequence, int from, GenerationSpec spec, Optional<Grammar.Matcher> form) {
        super(sequence, from + spec.resumed().size());
        this.spec = spec;
        this.from = from;
        this.resumed = spec.resumed().size();
        this.texts = sequence.engine().texts();
        this.marks = sequence.engine().reasoning();
        this.isOpen = marks.isPresent() && marks.get().isOpenAfter(ids, from);
        this.watch = marks.isPresent() ? new ReasoningWatch(isOpen) : null;
        this.top = Math.min(spec.logprobs().orElse(-1), texts.tokenizer().size());
        this.ring = new TokenRing(top);
        this.form = form;
        this.mask = new long[form.isPresent() ? sequence.engine().constraints().words() : 0];
        this.biased = spec.logitBias().keySet().stream().mapToInt(id -> id).sorted().toArray();
        this.biases = new float[biased.length];
        for (int i = 0; i < biased.length; i++) {
            biases[i] = spec.logitBias().get(biased[i]);
        }
        this.drafter = sequence.engine().isGuessing() ? new LookupDrafter(ids, promptLength, lengthMax()) : null;
    }

    // The engine thread's side.

    @Override
    int lengthMax() {
        return from + spec.tokensMax();
    }

    @Override
    int keptMax() {
        return length - 1;
    }

    @Override
    int rowsWanted() {
        return ring.room() == 0 ? 0 : super.rowsWanted() + guessed;
    }

    @Override
    boolean isDecoding() {
        return answered > resumed && length - kv().tokens() == 1;
    }

    @Override
    int logitsFrom(int from, int count) {
        return from + count >= length ? length - 1 : from + count;
    }

    @Override
    int guess(DraftDepth depth, int baseRows, int most) {
        guessed = 0;
        if (drafter != null && isDecoding()) {
            int left = Math.min(ring.room(), spec.tokensMax() - answered) - 1;
            int room = Math.min(Math.min(most, DraftDepth.DEPTH_MAX), Math.min(left, kv().rowsRevocable()));
            if (room > 0) {
                guessed = depth.choose(drafter, drafter.draft(ids, length, room), baseRows);
            }
        }
        rightTo = length - 1;
        guessedTo = length + guessed;
        return guessed;
    }

    @Override
    int guessedRows() {
        return guessed;
    }

    @Override
    int forgetWrong() {
        guessed = 0;
        int wrong = kv().tokens() - (length - 1);
        if (answered == resumed || wrong <= 0) {
            return 0;
        }
        int kept = kv().truncate(length - 1);
        Check.invariant(kept == length - 1, "%d tokens are held where %d were to be kept", kept, length - 1);
        return wrong;
    }

    @Override
    void onLogits(int position, StepScratch step, int row) throws Problem {
        if (position > rightTo || isComplete()) {
            return; // behind a wrong guess, or behind the end
        }
        Sampler sampler = step.sampler(row);
        if (sampler.isNotANumber()) {
            throw step.notANumber(position);
        }
        if (top >= 0) {
            step.logprobs().read(sampler.logits(), top);
        }
        int id = nextForced();
        boolean isForced = id >= 0;
        if (!isForced) {
            sampler.add(biased, biases);
            if (isFormed()) {
                constrain(sampler);
            }
            id = sampler.choose(spec.sampling(), ids, length, answered);
        }
        if (top >= 0) {
            step.logprobs().choose(step.logits().get(row, id));
        }
        if (length < guessedTo && ids[length] == id) {
            rightTo = length;
        }
        accept(id, isForced, step);
    }

    /** Whether the next token belongs to what must have a form: reasoning before it need not. */
    private boolean isFormed() {
        return form.isPresent() && (watch == null || watch.place() != ReasoningWatch.Place.REASONING);
    }

    /** Leaves the tokens that the form allows, and at the very beginning the one that opens the reasoning. */
    private void constrain(Sampler sampler) throws Problem {
        form.get().mask(mask);
        if (answered == 0 && watch != null && marks.get().open().isPresent()) {
            int open = marks.get().open().getAsInt();
            mask[open >> 6] |= 1L << open;
        }
        sampler.keepOnly(mask);
    }

    /** The token that must come next, or -1. */
    private int nextForced() {
        if (forced < 0 && watch != null && watch.place() == ReasoningWatch.Place.REASONING
                && reasoningTokens >= spec.reasoningTokensMax()) {
            forced = 0;
        }
        if (forced < 0 || forced >= marks.get().closing().length) {
            return -1;
        }
        return marks.get().closing()[forced++];
    }

    private void accept(int id, boolean isForced, StepScratch step) throws Problem {
        ids[length++] = id;
        if (drafter != null) {
            drafter.accept(id);
        }
        int reasoningBefore = reasoningTokens;
        if (!follow(id, isForced)) { // not Check: its values would be allocated for each token
            throw new IllegalStateException("broken invariant: token " + id + " was chosen against the form of the answer");
        }
        chosen++;
        chosenReasoning += reasoningTokens - reasoningBefore;
        ring.put(id, step.logprobs());
        wake();
    }

    /** The answer goes on with {@code id}; false if its form forbids that. What ends the reasoning by force is not of the form. */
    private boolean follow(int id, boolean isForced) throws Problem {
        boolean isOfForm = !isForced && isFormed();
        answered++;
        if (watch != null) {
            watch(id);
        }
        if (isOfForm && (watch == null || watch.place() != ReasoningWatch.Place.REASONING) && !form.get().accept(id)) {
            return false;
        }
        if (texts.tokenizer().isEnd(id)) {
            stop = Answer.Stop.END;
        } else if (answered == spec.tokensMax()) {
            stop = Answer.Stop.LENGTH;
        }
        return true;
    }

    private void watch(int id) {
        ReasoningWatch.Place before = watch.place();
        if (before != ReasoningWatch.Place.ANSWER) {
            watch.accept(marks.get().bytes(id));
            if (before == ReasoningWatch.Place.REASONING || watch.place() == ReasoningWatch.Place.REASONING) {
                reasoningTokens++;
            }
        }
    }

    @Override
    boolean isComplete() {
        return stop != Answer.Stop.CANCELLED;
    }

    @Override
    void onDeadline() {
        stop = Answer.Stop.DEADLINE;
    }

    // The caller's side.

    /**
     * Begins the text and follows the tokens that are there; {@code sink} gets what comes behind them. On the caller's thread,
     * before the request is submitted. Returns whether the answer ended with them, so that nothing is left to do; what could not
     * be the beginning of this answer is refused ({@link IllegalArgumentException}).
     */
    boolean resume(Sink sink) throws Problem {
        text = new AnswerText(texts.tokenizer(), marks, isOpen, spec, Sink.SILENT);
        for (int i = 0; i < resumed; i++) {
            int id = ids[from + i];
            Check.argument(!isComplete() && !text.isStopped(), "resumed token %d stands behind the end of the answer", i);
            int forcedId = nextForced();
            Check.argument(forcedId < 0 || forcedId == id, "resumed token %d is %d; the reasoning is over there, and ends with %d",
                    i, id, forcedId);
            Check.argument(follow(id, forcedId >= 0), "resumed token %d, %d, breaks the form of the answer", i, id);
            text.accept(id);
            if (top >= 0) {
                logprobs.add(texts.logprob(id, Float.NaN, List.of()));
            }
        }
        reasoningResumed = reasoningTokens;
        isStoppedByText = text.isStopped();
        text.listen(sink);
        return isComplete() || isStoppedByText;
    }

    @Override
    boolean take(Sink sink) {
        while (!ring.isEmpty()) {
            if (sink.isCancelled()) {
                return true;
            }
            int id = ring.peek();
            if (ring.hasLogprobs()) {
                logprobs.add(logprob(id));
            }
            boolean wasFull = ring.room() == 0;
            ring.pop();
            takenTokens++;
            if (wasFull) {
                sequence.engine().wake();
            }
            sink.token(id);
            text.accept(id);
            if (text.isStopped()) {
                isStoppedByText = true;
                return true;
            }
        }
        return false;
    }

    private TokenLogprob logprob(int id) {
        List<TokenLogprob> best = new ArrayList<>(ring.top());
        for (int i = 0; i < ring.top(); i++) {
            best.add(texts.logprob(ring.topId(i), ring.topLogprob(i), List.of()));
        }
        return texts.logprob(id, ring.logprob(), best);
    }

    /** The answer, after the end. */
    Answer answer() {
        if (!isStoppedByText) {
            text.finish();
        }
        int[] tokens = Arrays.copyOfRange(ids, from, from + resumed + takenTokens);
        boolean isWhole = resumed + takenTokens == answered;
        Answer.Stop how = isStoppedByText || text.isStopped() ? Answer.Stop.END : isWhole ? stop : Answer.Stop.CANCELLED;
        Usage usage = usage(takenTokens, Math.min(takenTokens, reasoningTokens - reasoningResumed));
        return new Answer(text.text(), tokens, how, usage, text.reasoning(), logprobs, text.stopText());
    }
}
