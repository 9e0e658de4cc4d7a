package dev.longhand.engine;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.lm.Sink;
import dev.longhand.lm.Usage;
import dev.longhand.memory.DenseKv;
import dev.longhand.memory.RecordCacheFull;
import dev.longhand.memory.UnreadableMemory;
import java.util.concurrent.locks.LockSupport;

/**
 * One call of a caller on its way through the engine.
 *
 * <p>The tokens {@code ids[0 .. length)} have to go through the model; those that {@code kv} holds did. So a request whose memory
 * was taken away needs nothing special: its tokens, answered ones too, are simply read again. Two threads meet here: the engine
 * thread owns everything between {@link Engine#submit} and {@link #isOver}, except what is volatile; the caller waits in {@link
 * #await} and takes what has come.
 */
abstract class Request extends Ticket {
    /** How often a caller that waits looks whether it is still wanted. */
    private static final long LOOK_NANOS = 20_000_000;

    final LocalSequence sequence;
    final int[] ids;
    /** Tokens of the prompt. */
    final int promptLength;
    int length;
    long deadlineNanos = Long.MAX_VALUE;
    int cached;
    boolean wasPreempted;
    /** Since when its memory was not counted. */
    long heldSinceNanos;
    /** Tokens chosen in the step that runs, until they are counted. */
    int chosen;
    /** Of these, those that are reasoning. */
    int chosenReasoning;
    private final Spent before;
    private long submittedNanos;
    private long beganNanos;
    private long readNanos;
    /** Whether the whole prompt went through the model or was there. */
    boolean isRead;
    /** Guarded by the {@link Backlog}. */
    boolean isWaiting;
    /** Guarded by the {@link Backlog}. */
    boolean isUnread;
    private volatile int read;
    private volatile boolean isCancelled;
    private volatile boolean isOver;
    private volatile Thread waiter;
    private Throwable failure; // published by isOver

    Request(LocalSequence sequence, int promptLength) {
        super(sequence.spec().tenant(), sequence.spec().priority());
        this.sequence = sequence;
        this.ids = sequence.ids();
        this.promptLength = promptLength;
        this.length = promptLength;
        this.before = sequence.tally().spent();
    }

    final DenseKv kv() {
        return sequence.kv();
    }

    /** Tokens that it may hold at most when it ends. */
    abstract int lengthMax();

    /** Tokens whose memory may be there already when it begins, or begins anew; the others go through the model. */
    abstract int keptMax();

    /** First of the rows {@code [from, from + count)} (positions) whose logits are needed; {@code from + count} for none. */
    abstract int logitsFrom(int from, int count);

    /** The logits of position {@code position} are in {@code step.logits()}, row {@code row}. */
    void onLogits(int position, StepScratch step, int row) throws Problem {}

    /** Positions {@code [from, from + count)} went through the model as rows {@code row ..} of the pass. */
    void onRows(int from, int count, StepScratch step, int row) throws Problem {}

    /**
     * Before each step: may add up to {@code most} guessed tokens to its rows, in a step that brings {@code baseRows} tokens
     * without guesses. Returns how many it added.
     */
    int guess(DraftDepth depth, int baseRows, int most) {
        return 0;
    }

    /** Guessed tokens among the rows of the step that ran. */
    int guessedRows() {
        return 0;
    }

    /** After a step that went well: forgets rows whose tokens were guessed wrong. Returns how many. */
    int forgetWrong() {
        return 0;
    }

    /** Whether nothing more is to be done. */
    abstract boolean isComplete();

    /** Whether what was read may serve others: answers and what was read ahead, not texts that are looked at once. */
    boolean isWorthKeeping() {
        return true;
    }

    /** Time is over at a deadline: what there is becomes the result. */
    void onDeadline() {}

    @Override
    int rowsWanted() {
        return length - kv().tokens();
    }

    @Override
    boolean isDecoding() {
        return false;
    }

    // The engine thread's side.

    final void submitted(long nanos) {
        submittedNanos = nanos;
        arrivedNanos = nanos;
    }

    final void began(long nanos) {
        if (beganNanos == 0) {
            beganNanos = nanos;
        }
    }

    /** Tells the caller how far reading is. */
    final void progress(long nanos) {
        int now = Math.min(kv().tokens(), promptLength) - cached;
        if (now > read) {
            read = now;
            wake();
        }
        if (!isRead && kv().tokens() >= promptLength) {
            isRead = true;
            readNanos = nanos;
        }
    }

    final boolean isCancelled() {
        return isCancelled;
    }

    final void end(Throwable why, long nanos) {
        failure = why;
        long began = beganNanos == 0 ? nanos : beganNanos;
        long wasRead = readNanos == 0 ? nanos : readNanos;
        sequence.tally().times(began - submittedNanos, wasRead - began, nanos - wasRead);
        isOver = true;
        wake();
    }

    final void wake() {
        LockSupport.unpark(waiter);
    }

    // The caller's side.

    final void cancel() {
        isCancelled = true;
        sequence.engine().wake();
    }

    /** There is nothing to do: it ends without the engine. */
    final void endUnsubmitted() {
        isOver = true;
    }

    final boolean isOver() {
        return isOver;
    }

    /** Takes what has come; true if the caller wants no more. */
    boolean take(Sink sink) {
        return false;
    }

    /** Waits for the end on the caller's thread; what the sink throws ends the request and is thrown on. */
    final void await(Sink sink) throws Problem {
        boolean wasInterrupted = false;
        int told = 0;
        waiter = Thread.currentThread();
        try {
            while (true) {
                boolean last = isOver;
                int now = read;
                if (now > told && !isCancelled) {
                    sink.reading(now, promptLength - cached);
                    told = now;
                }
                boolean enough = !isCancelled && (take(sink) || sink.isCancelled());
                if (last) {
                    break;
                }
                wasInterrupted |= Thread.interrupted();
                if (enough || wasInterrupted && !isCancelled) {
                    cancel();
                }
                park();
            }
        } catch (Throwable t) {
            awaitCancelled();
            throw t;
        } finally {
            if (wasInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
        rethrow();
    }

    /** Nothing is missed: the engine unparks after each change, and an unpark before the park counts. */
    private void park() {
        if (!isOver) {
            LockSupport.parkNanos(this, LOOK_NANOS);
        }
    }

    private void awaitCancelled() {
        cancel();
        awaitOver();
    }

    /** Waits for the end whatever happens meanwhile; on the caller's thread. */
    final void awaitOver() {
        boolean wasInterrupted = false;
        while (!isOver) {
            LockSupport.parkNanos(this, LOOK_NANOS);
            wasInterrupted |= Thread.interrupted();
        }
        if (wasInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void rethrow() throws Problem {
        switch (failure) {
            case null -> { }
            case Problem problem -> throw problem;
            case UnreadableMemory gone -> throw gone.problem();
            case RecordCacheFull full -> throw full.problem();
            case Error error -> throw new IllegalStateException("the request failed: " + error, error);
            case RuntimeException fault -> throw new IllegalStateException("the request failed: " + fault.getMessage(), fault);
            default -> throw new IllegalStateException("the request failed", failure);
        }
    }

    /** What it cost, after the end; {@code answered} and {@code reasoning} are what the caller took. */
    final Usage usage(int answered, int reasoning) {
        Check.invariant(isOver, "the usage of a request that still runs");
        return sequence.tally().spent().minus(before).usage(answered, reasoning);
    }
}
