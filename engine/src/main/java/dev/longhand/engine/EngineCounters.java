package dev.longhand.engine;

/**
 * What an engine did since it was opened. When a call returns, all that it cost is counted; read, cached and answered tokens,
 * processor time and memory are those of all sequences together ({@link dev.longhand.lm.Sequence#usage}), exactly.
 *
 * @param steps          forward passes
 * @param promptTokens   rows that read; tokens that were read again count again
 * @param cachedTokens   prompt tokens whose memory was there when their request began
 * @param answeredTokens tokens that were chosen, each by a row that read or by one of its own, taken by their callers or not
 * @param guessedTokens  tokens that were guessed ahead
 * @param guessedRight   of these, tokens that were right
 * @param cpuMicros      processor time of the engine's thread and the kernels' team for all steps; what they use between the end
 *                       of all work and the next request is nobody's and not in it
 * @param kvByteSeconds  bytes of attention memory times the seconds that requests held them; less than one per sequence is lost
 * @param preempted      times that a request lost its memory to another
 * @param cancelled      requests that their callers ended
 * @param failed         requests that ended with an error
 * @param refused        requests that were not taken because too many waited
 */
public record EngineCounters(
        long steps, long promptTokens, long cachedTokens, long answeredTokens, long guessedTokens, long guessedRight,
        long cpuMicros, long kvByteSeconds, long preempted, long cancelled, long failed, long refused) {}
