package dev.longhand.lm;

import dev.longhand.base.Problem;
import java.util.List;

/**
 * The attention memory of one conversation.
 *
 * <p>It holds a list of token ids and their keys and values. {@link #generate} is given the whole prompt: what the sequence
 * already holds of it, from the front, is kept and counted as cached; the rest is forgotten and the new tokens are read. What is
 * held is never more than saved work: an engine that runs out of memory may forget it, and reads it again when it is needed.
 *
 * <p>Used by one thread at a time, except {@link #close}, which may come from any thread and cancels what runs. An interrupt of the
 * calling thread cancels too; the thread stays interrupted.
 */
public interface Sequence extends AutoCloseable {
    /** Tokens held. */
    int tokens();

    /**
     * What all calls used since it was opened, also those that failed, were cancelled or still run; a fork begins with none. Exact
     * when a call has returned: what it used is the difference. Tokens that were answered and that nobody took are in it, and
     * tokens that were read again because their memory was lost. The seconds of a call are added at its end. From any thread, also
     * after {@link #close}.
     */
    Usage usage();

    /** The longest common front of what is held and {@code prompt}, in tokens. */
    int cachedTokens(int[] prompt);

    /**
     * Reads {@code prompt} and answers. A prompt that leaves no room for {@code spec.tokensMax} tokens is refused with the
     * figures ({@link Problem.Kind#LIMIT}), never cut. A call that is cancelled or out of time returns what was answered so far. A
     * sink that throws ends the call with what it threw, and nothing else.
     */
    Answer generate(int[] prompt, GenerationSpec spec, Sink sink) throws Problem;

    /** Reads {@code prompt} and keeps it: the front of what is asked next, here or in a {@link #fork}. */
    default Usage read(int[] prompt, Sink sink) throws Problem {
        throw new Problem(Problem.Kind.UNSUPPORTED, "this model cannot read ahead");
    }

    /**
     * Log-probability (nats) of each token after the first, given those before it, in one pass: element i is that of
     * {@code tokens[i + 1]}. Replaces what the sequence holds.
     */
    float[] score(int[] tokens) throws Problem;

    /** As {@link #score(int[])}, with the {@code top} (0 to 20) most probable tokens in each place. */
    default List<TokenLogprob> score(int[] tokens, int top) throws Problem {
        throw new Problem(Problem.Kind.UNSUPPORTED, "this model does not tell the most probable tokens of a prompt");
    }

    /** From now on, notes what attached documents are attended to while answers are made; costs some speed. */
    default void watch() throws Problem {
        throw new Problem(Problem.Kind.UNSUPPORTED, "this model does not tell what it attends to");
    }

    /** What the last {@link #generate} attended to, if it was watched. */
    default Attended attended() {
        return Attended.NOTHING;
    }

    /**
     * A sequence of its own that holds what this one holds. Costs neither time nor memory until they differ, and then what
     * differs.
     */
    default Sequence fork() throws Problem {
        throw new Problem(Problem.Kind.UNSUPPORTED, "this model cannot fork a sequence");
    }

    @Override
    void close();
}
