package dev.longhand.lm;

/**
 * What an answer cost, as the engine counted it.
 *
 * @param readTokens      prompt tokens that went through the model
 * @param cachedTokens    prompt tokens whose memory was already there
 * @param answeredTokens  tokens sampled, the end token included
 * @param readSeconds     time to read the prompt
 * @param answerSeconds   time to answer after that
 * @param waitSeconds     time before the first token was read
 * @param reasoningTokens how many of the answered tokens were reasoning, its marks included
 */
public record Usage(
        int readTokens,
        int cachedTokens,
        int answeredTokens,
        double readSeconds,
        double answerSeconds,
        double waitSeconds,
        int reasoningTokens) {
    public static final Usage NONE = new Usage(0, 0, 0, 0, 0);

    /** Without waiting and reasoning. */
    public Usage(int readTokens, int cachedTokens, int answeredTokens, double readSeconds, double answerSeconds) {
        this(readTokens, cachedTokens, answeredTokens, readSeconds, answerSeconds, 0, 0);
    }

    public Usage plus(Usage other) {
        return new Usage(
                readTokens + other.readTokens,
                cachedTokens + other.cachedTokens,
                answeredTokens + other.answeredTokens,
                readSeconds + other.readSeconds,
                answerSeconds + other.answerSeconds,
                waitSeconds + other.waitSeconds,
                reasoningTokens + other.reasoningTokens);
    }

    public double readTokensPerSecond() {
        return readSeconds > 0 ? readTokens / readSeconds : 0;
    }

    public double answeredTokensPerSecond() {
        return answerSeconds > 0 ? answeredTokens / answerSeconds : 0;
    }
}
