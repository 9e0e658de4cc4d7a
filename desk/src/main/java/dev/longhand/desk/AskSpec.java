package dev.longhand.desk;

import dev.longhand.base.Check;
import dev.longhand.lm.Sampling;

/**
 * How to ask.
 *
 * @param promptTokensMax    tokens of the whole prompt; the model's context bounds it too
 * @param answerTokensMax    tokens of the answer
 * @param sampling           how tokens are chosen
 * @param passagesMax        passages put into the context
 * @param citationsMax       sources that are printed
 * @param quoteLinesMax      lines quoted of one citation
 * @param recall             what is attached, where the model can attach documents
 */
public record AskSpec(
        int promptTokensMax, int answerTokensMax, Sampling sampling, int passagesMax, int citationsMax, int quoteLinesMax,
        Recall recall) {
    /**
     * Greedy and without a penalty on repetition: a penalty keeps a small model from copying numbers and names. 1,400 prompt tokens
     * serve the default model no better than 800 and take twice as long to read.
     */
    public static final AskSpec DEFAULT = new AskSpec(800, 96, Sampling.GREEDY, 8, 3, 8, Recall.DEFAULT);

    /** Sampling in which the seed decides. */
    public static Sampling seeded(long seed) {
        return new Sampling(0.7f, 40, 0.95f, 0.05f, 1, 64, seed);
    }

    public AskSpec {
        Check.argument(promptTokensMax >= 64, "promptTokensMax is %d; it must be at least 64", promptTokensMax);
        Check.argument(answerTokensMax >= 1, "answerTokensMax is %d; it must be at least 1", answerTokensMax);
        Check.argument(passagesMax >= 1 && passagesMax <= 64, "passagesMax is %d; it must lie in 1..64", passagesMax);
        Check.argument(citationsMax >= 1 && citationsMax <= 64, "citationsMax is %d; it must lie in 1..64", citationsMax);
        Check.argument(quoteLinesMax >= 1 && quoteLinesMax <= 30, "quoteLinesMax is %d; it must lie in 1..30", quoteLinesMax);
    }

    public AskSpec withSampling(Sampling sampling) {
        return new AskSpec(promptTokensMax, answerTokensMax, sampling, passagesMax, citationsMax, quoteLinesMax, recall);
    }

    public AskSpec withPromptTokensMax(int promptTokensMax) {
        return new AskSpec(promptTokensMax, answerTokensMax, sampling, passagesMax, citationsMax, quoteLinesMax, recall);
    }

    public AskSpec withAnswerTokensMax(int answerTokensMax) {
        return new AskSpec(promptTokensMax, answerTokensMax, sampling, passagesMax, citationsMax, quoteLinesMax, recall);
    }

    public AskSpec withRecall(Recall recall) {
        return new AskSpec(promptTokensMax, answerTokensMax, sampling, passagesMax, citationsMax, quoteLinesMax, recall);
    }
}
