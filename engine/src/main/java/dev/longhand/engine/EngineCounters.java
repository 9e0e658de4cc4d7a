package dev.longhand.engine;

/**
 * What an engine did since it was opened.
 *
 * @param steps          forward passes
 * @param promptTokens   rows that read; tokens that were read again count again
 * @param answeredTokens rows that brought an answered token
 * @param guessedTokens  tokens that were guessed ahead
 * @param guessedRight   of these, tokens that were right
 * @param preempted      times that a request lost its memory to another
 * @param cancelled      requests that their callers ended
 * @param failed         requests that ended with an error
 * @param refused        requests that were not taken because too many waited
 */
public record EngineCounters(
        long steps, long promptTokens, long answeredTokens, long guessedTokens, long guessedRight, long preempted, long cancelled,
        long failed, long refused) {}
