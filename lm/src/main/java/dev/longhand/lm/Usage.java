package dev.longhand.lm;

/**
 * What calls of a model cost, as the engine counted it.
 *
 * @param readTokens      prompt tokens that went through the model, resumed ones included; again when they were read again
 * @param cachedTokens    prompt tokens whose memory was already there when the call began
 * @param answeredTokens  tokens sampled, the end token included; of an {@link Answer} those that its caller took
 * @param reasoningTokens how many of the answered tokens were reasoning, its marks included
 * @param readSeconds     time to read the prompt
 * @param answerSeconds   time to answer after that
 * @param waitSeconds     time before the first token was read
 * @param cpuMicros       processor time of all threads that worked for it; 0 where the model is elsewhere
 * @param kvByteSeconds   bytes of attention memory times the seconds they were held by running calls; what several hold counts for
 *                        each
 */
public record Usage(
        int readTokens,
        int cachedTokens,
        int answeredTokens,
        int reasoningTokens,
        double readSeconds,
        double answerSeconds,
        double waitSeconds,
        long cpuMicros,
        long kvByteSeconds) {
    public static final Usage NONE = new Usage(0, 0, 0, 0, 0, 0, 0, 0, 0);

    /** Tokens and the time that they took. */
    public static Usage of(int readTokens, int cachedTokens, int answeredTokens, double readSeconds, double answerSeconds) {
        return new Usage(readTokens, cachedTokens, answeredTokens, 0, readSeconds, answerSeconds, 0, 0, 0);
    }

    public Usage plus(Usage other) {
        return new Usage(
                readTokens + other.readTokens,
                cachedTokens + other.cachedTokens,
                answeredTokens + other.answeredTokens,
                reasoningTokens + other.reasoningTokens,
                readSeconds + other.readSeconds,
                answerSeconds + other.answerSeconds,
                waitSeconds + other.waitSeconds,
                cpuMicros + other.cpuMicros,
                kvByteSeconds + other.kvByteSeconds);
    }

    /** What came after {@code earlier}, a reading of the same count. */
    public Usage minus(Usage earlier) {
        return new Usage(
                readTokens - earlier.readTokens,
                cachedTokens - earlier.cachedTokens,
                answeredTokens - earlier.answeredTokens,
                reasoningTokens - earlier.reasoningTokens,
                readSeconds - earlier.readSeconds,
                answerSeconds - earlier.answerSeconds,
                waitSeconds - earlier.waitSeconds,
                cpuMicros - earlier.cpuMicros,
                kvByteSeconds - earlier.kvByteSeconds);
    }

    public double readTokensPerSecond() {
        return readSeconds > 0 ? readTokens / readSeconds : 0;
    }

    public double answeredTokensPerSecond() {
        return answerSeconds > 0 ? answeredTokens / answerSeconds : 0;
    }
}
