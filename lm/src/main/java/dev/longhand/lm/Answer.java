package dev.longhand.lm;

import java.util.List;

/**
 * What came out of one {@link Sequence#generate}.
 *
 * @param text      the answer, without its reasoning and without the stop text that ended it
 * @param tokens    every token that was answered, those of the reasoning and the end token included
 * @param stop      why it ended
 * @param usage     what it cost
 * @param reasoning what the model thought aloud before it answered, without its marks; empty if it did not
 * @param logprobs  one entry per element of {@code tokens} if they were asked for, else none
 */
public record Answer(String text, int[] tokens, Stop stop, Usage usage, String reasoning, List<TokenLogprob> logprobs) {
    /** Why the answer ended. */
    public enum Stop {
        /** The model said so, or a stop text appeared. */
        END,
        /** {@code tokensMax} was reached. A constrained answer is not finished then. */
        LENGTH,
        /** The caller wanted no more: its sink said so, its thread was interrupted or the sequence was closed. */
        CANCELLED,
        /** The time of {@link GenerationSpec#deadline} was over. */
        DEADLINE
    }

    public Answer {
        logprobs = List.copyOf(logprobs);
    }

    /** An answer without reasoning and log-probabilities. */
    public Answer(String text, int[] tokens, Stop stop, Usage usage) {
        this(text, tokens, stop, usage, "", List.of());
    }
}
