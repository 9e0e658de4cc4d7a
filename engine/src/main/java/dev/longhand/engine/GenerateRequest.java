package dev.longhand.engine;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.lm.Answer;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Sink;
import dev.longhand.lm.TokenLogprob;
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
 */
final class GenerateRequest extends Request {
    private final GenerationSpec spec;
    private final TokenRing ring;
    private final Optional<ReasoningMarks> marks;
    private final ReasoningWatch watch; // null for a model without marks
    private final boolean isOpen;
    private final int top;
    private final Optional<Grammar.Matcher> form;
    private final long[] mask; // (words), one bit per token; empty without a form
    private final Drafter drafter; // null where nothing is guessed
    private int guessed; // tokens behind ids[length - 1] that are guesses and go through the next step
    private int rightTo; // the last position whose token is known to be right
    private int guessedTo; // the position behind the last guess
    private int answered;
    private int reasoningTokens;
    private int forced = -1; // how many tokens of the closing were forced; -1 while the model is free
    private Answer.Stop stop = Answer.Stop.CANCELLED;

    // The caller's thread only.
    private final TokenTexts texts;
    private AnswerText text;
    private int takenTokens;
    private boolean isStoppedByText;
    private final List<TokenLogprob> logprobs = new ArrayList<>();

    GenerateRequest(LocalSequence sequence, int promptLength, GenerationSpec spec, Optional<Grammar.Matcher> form) {
        super(sequence, promptLength);
        this.spec = spec;
        this.texts = sequence.engine().texts();
        this.marks = sequence.engine().reasoning();
        this.isOpen = marks.isPresent() && marks.get().isOpenAfter(ids, promptLength);
        this.watch = marks.isPresent() ? new ReasoningWatch(isOpen) : null;
        this.top = Math.min(spec.logprobs().orElse(-1), texts.tokenizer().size());
        this.ring = new TokenRing(top);
        this.form = form;
        this.mask = new long[form.isPresent() ? sequence.engine().constraints().words() : 0];
        this.drafter = sequence.engine().isGuessing() ? new LookupDrafter(ids, promptLength, lengthMax()) : null;
    }

    // The engine thread's side.

    @Override
    int lengthMax() {
        return promptLength + spec.tokensMax();
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
        return answered > 0 && length - kv().tokens() == 1;
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
        if (answered == 0 || wrong <= 0) {
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
        if (id < 0) {
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
        accept(id, step);
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

    private void accept(int id, StepScratch step) throws Problem {
        boolean isOfForm = isFormed();
        ids[length++] = id;
        if (drafter != null) {
            drafter.accept(id);
        }
        answered++;
        chosen++;
        ring.put(id, step.logprobs());
        if (watch != null) {
            watch(id);
        }
        if (isOfForm && (watch == null || watch.place() != ReasoningWatch.Place.REASONING)) {
            Check.invariant(form.get().accept(id), "token %d was chosen against the form of the answer", id);
        }
        if (texts.tokenizer().isEnd(id)) {
            stop = Answer.Stop.END;
        } else if (answered == spec.tokensMax()) {
            stop = Answer.Stop.LENGTH;
        }
        wake();
    }

    private void watch(int id) {
        ReasoningWatch.Place before = watch.place();
        if (before != ReasoningWatch.Place.ANSWER) {
            watch.accept(marks.get().bytes(id));
            if (before == ReasoningWatch.Place.REASONING || watch.place() == ReasoningWatch.Place.REASONING) {
                reasoningTokens++;
                chosenReasoning++;
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

    void listen(Sink sink) {
        text = new AnswerText(texts.tokenizer(), marks, isOpen, spec, sink);
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
        int[] tokens = Arrays.copyOfRange(ids, promptLength, promptLength + takenTokens);
        Answer.Stop how = isStoppedByText || text.isStopped() ? Answer.Stop.END : takenTokens < answered ? Answer.Stop.CANCELLED
                : stop;
        return new Answer(text.text(), tokens, how, usage(takenTokens, Math.min(takenTokens, reasoningTokens)), text.reasoning(),
                logprobs);
    }
}
