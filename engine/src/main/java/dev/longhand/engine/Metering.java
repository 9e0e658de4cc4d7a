package dev.longhand.engine;

import dev.longhand.base.Check;
import dev.longhand.memory.KvPool;
import java.util.List;
import java.util.Set;

/**
 * Who used what: what a step was goes to the engine's {@link EngineMeter}, and the part of each request to the {@link Tally} of its
 * sequence, so that those of all sequences add up to the engine's.
 *
 * <ul>
 *   <li>Rows of a request that is read are read tokens, whatever came of the pass, and again when they are read again.
 *   <li>A token that was chosen is an answered token, whether the caller takes it or not; a wrong guess is none.
 *   <li>The processor time of a step is shared by rows, guesses included; what does not divide goes to the first part.
 *   <li>Attention memory counts from when a request gets its memory until it ends or loses it, also while its caller takes
 *       nothing. A block that several hold counts for each.
 * </ul>
 *
 * <p>Used by the engine thread, except {@link #closed}.
 */
final class Metering {
    private final EngineMeter meter;
    private final ProcessorTime processor;
    private final KvPool pool;
    private Spent ofClosed = Spent.NOTHING; // guarded by this object

    Metering(EngineMeter meter, ProcessorTime processor, KvPool pool) {
        this.meter = meter;
        this.processor = processor;
        this.pool = pool;
    }

    /** {@code request} got its memory. What was there of its prompt counts once, not again when it lost it and comes back. */
    void began(Request request, long nowNanos) {
        request.heldSinceNanos = nowNanos;
        if (!request.wasPreempted) {
            request.sequence.tally().cached(request.cached);
            meter.cached(request.cached);
        }
    }

    /** {@code request} held its memory until now. To be called before memory is given back. */
    void held(Request request, long nowNanos) {
        long bytes = pool.bytesHeld(request.kv().tokens());
        meter.held(request.sequence.tally().held(bytes, nowNanos - request.heldSinceNanos));
        request.heldSinceNanos = nowNanos;
    }

    /** The step that ran, before anybody is told what came of it; it took {@code nanos}. */
    void step(Step step, List<Request> active, long nanos, long nowNanos) {
        for (int i = 0; i < active.size(); i++) {
            held(active.get(i), nowNanos);
        }
        long micros = processor.micros();
        int rows = step.rows();
        long left = micros;
        for (int i = 1; i < step.parts(); i++) {
            long share = micros * step.rows(i) / rows;
            left -= share;
            part(step, i, share);
        }
        part(step, 0, left);
        meter.used(step.promptRows(), micros);
        meter.guessed(step.guessedRows(), step.guessedRows() - step.wrongRows());
        meter.step(step.decodeRows() - step.wrongRows(), step.promptRows(), nanos);
    }

    private void part(Step step, int i, long micros) {
        Request request = step.part(i);
        int read = step.isReading(i) ? step.rows(i) : 0;
        request.sequence.tally().step(read, request.chosen, request.chosenReasoning, micros);
        meter.answered(request.chosen);
        request.chosen = 0;
        request.chosenReasoning = 0;
    }

    /** The engine begins, or slept: processor time until now is nobody's. */
    void idled() {
        processor.skip();
    }

    /** {@code sequence} leaves {@code open}; what it used is kept. From any thread. */
    synchronized void closed(LocalSequence sequence, Set<LocalSequence> open) {
        if (open.remove(sequence)) {
            ofClosed = ofClosed.plus(sequence.tally().spent());
        }
    }

    /** Whether all sequences together used what the engine counted. */
    synchronized void checkIntegrity(Set<LocalSequence> open) {
        Spent sum = ofClosed;
        for (LocalSequence each : open) {
            sum = sum.plus(each.tally().spent());
        }
        EngineCounters counted = meter.counters();
        check("read", sum.readTokens(), counted.promptTokens());
        check("cached", sum.cachedTokens(), counted.cachedTokens());
        check("answered", sum.answeredTokens(), counted.answeredTokens());
        check("cpuMicros", sum.cpuMicros(), counted.cpuMicros());
        check("kvByteSeconds", sum.kvByteSeconds(), counted.kvByteSeconds());
    }

    private static void check(String what, long sum, long counted) {
        Check.invariant(sum == counted, "%s: all sequences used %d, and the engine counted %d", what, sum, counted);
    }
}
