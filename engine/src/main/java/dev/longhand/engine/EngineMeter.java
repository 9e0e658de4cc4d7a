package dev.longhand.engine;

import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;

/** Counts what the engine does, and how fast. Written by the engine thread and by callers that are refused; read by any thread. */
final class EngineMeter {
    /** Weight of a new measurement of speed. */
    private static final double SMOOTHING = 0.05;
    private static final Duration RETRY_MIN = Duration.ofSeconds(1);
    private static final Duration RETRY_MAX = Duration.ofMinutes(10);

    /** Told of every step, before its callers are. */
    interface Watcher {
        void step(int decodeRows, int promptRows, long nanos);
    }

    private volatile Watcher watcher = (decodeRows, promptRows, nanos) -> {};
    private final LongAdder refused = new LongAdder();
    private volatile long steps;
    private volatile long promptTokens;
    private volatile long cachedTokens;
    private volatile long answeredTokens;
    private volatile long cpuMicros;
    private volatile long kvByteSeconds;
    private volatile long guessedTokens;
    private volatile long guessedRight;
    private volatile long preempted;
    private volatile long cancelled;
    private volatile long failed;
    private volatile double tokensPerSecond;
    private volatile double readPerSecond;

    void watch(Watcher watcher) {
        this.watcher = watcher;
    }

    /** A step with so many rows that brought a token and so many that were read, before its callers are told. */
    void step(int decodeRows, int promptRows, long nanos) {
        steps = steps + 1;
        double perRow = 1e9 / Math.max(1, nanos);
        tokensPerSecond = smoothed(tokensPerSecond, (decodeRows + promptRows) * perRow);
        if (promptRows > 0) {
            readPerSecond = smoothed(readPerSecond, promptRows * perRow);
        }
        watcher.step(decodeRows, promptRows, nanos);
    }

    private static double smoothed(double before, double now) {
        return before == 0 ? now : before + SMOOTHING * (now - before);
    }

    /** What a step of all its parts read and used. */
    void used(int read, long micros) {
        promptTokens = promptTokens + read;
        cpuMicros = cpuMicros + micros;
    }

    /** Tokens chosen for one request in a step. */
    void answered(int tokens) {
        answeredTokens = answeredTokens + tokens;
    }

    void cached(int tokens) {
        cachedTokens = cachedTokens + tokens;
    }

    void held(long byteSeconds) {
        kvByteSeconds = kvByteSeconds + byteSeconds;
    }

    /** So many tokens were guessed ahead, and so many of them were right. */
    void guessed(int guesses, int right) {
        guessedTokens = guessedTokens + guesses;
        guessedRight = guessedRight + right;
    }

    void refused() {
        refused.increment();
    }

    void preempted() {
        preempted = preempted + 1;
    }

    void cancelled() {
        cancelled = cancelled + 1;
    }

    void failed() {
        failed = failed + 1;
    }

    /** How long {@code tokens} take at the speed of late, within reason. */
    Duration timeFor(long tokens) {
        return within(tokens / Math.max(1, tokensPerSecond));
    }

    /** Prompt tokens a second, in steps of late that read some; 0 before the first. */
    double readPerSecond() {
        return readPerSecond;
    }

    /** That time, within reason. */
    static Duration within(double seconds) {
        Duration time = Duration.ofMillis((long) Math.min(1e9, seconds * 1000));
        return time.compareTo(RETRY_MIN) < 0 ? RETRY_MIN : time.compareTo(RETRY_MAX) > 0 ? RETRY_MAX : time;
    }

    EngineCounters counters() {
        return new EngineCounters(steps, promptTokens, cachedTokens, answeredTokens, guessedTokens, guessedRight, cpuMicros,
                kvByteSeconds, preempted, cancelled, failed, refused.sum());
    }
}
