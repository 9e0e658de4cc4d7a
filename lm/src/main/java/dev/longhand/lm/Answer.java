package dev.longhand.lm;

import java.util.List;

/**
 * What came out of one {@link Sequence#generate}.
 *
 * @param text      the answer, without its reasoning and without the stop text that ended it
 * @param tokens    every token that was answered, those of the reasoning and the end token included; resumed ones first
 * @param stop      why it ended
 * @param usage     what it cost; its answered tokens are those of {@code tokens} that were not resumed, so where an engine worked
 *                  ahead of a caller that wanted no more, {@link Sequence#usage} counts more
 * @param reasoning what the model thought aloud before it answered, without its marks; empty if it did not
 * @param logprobs  one entry per element of {@code tokens} if they were asked for, else none; for a resumed token it is not a
 *                  number ({@link Float#NaN}) and no other token stands beside it
 * @param stopText  of {@link GenerationSpec#stops} the one that ended it; empty if none did
 */
public record Answer(String text, int[] tokens, Stop stop, Usage usage, String reasoning, List<TokenLogprob> logprobs,
        String stopText) {
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

    /** An answer without reasoning, log-probabilities and stop text. */
    public Answer(String text, int[] tokens, Stop stop, Usage usage) {
        this(text, tokens, stop, usage, "", List.of(), "");
    }
}
