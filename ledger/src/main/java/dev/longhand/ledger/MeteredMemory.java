package dev.longhand.ledger;

import dev.longhand.base.Problem;
import dev.longhand.lm.DocumentMemory;
import dev.longhand.lm.SegmentRef;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.lm.Unfinished;
import dev.longhand.lm.Usage;
import java.util.Optional;

/**
 * Documents of a {@link MeteredModel}: each reading is booked. One that fails leaves what it used in the engine's counters only.
 */
final class MeteredMemory implements DocumentMemory {
    private final MeteredModel model;
    private final DocumentMemory memory;

    MeteredMemory(MeteredModel model, DocumentMemory memory) {
        this.model = model;
        this.memory = memory;
    }

    @FunctionalInterface
    private interface Call {
        Reading run() throws Problem;
    }

    private Reading booked(int[] tokens, Call call) throws Problem {
        Charge charge = model.reserve("read", tokens.length, 0);
        Usage used = Usage.NONE;
        try {
            Reading reading = call.run();
            used = reading.usage();
            return reading;
        } catch (Problem | RuntimeException e) {
            used = Unfinished.usage(e);
            throw e;
        } finally {
            model.settle(charge, used);
        }
    }

    @Override
    public int tokensMax() {
        return memory.tokensMax();
    }

    @Override
    public Optional<SegmentRef> find(int[] tokens) throws Problem {
        return memory.find(tokens);
    }

    @Override
    public Reading read(int[] tokens, int[] offsets, SequenceSpec spec, Sink sink) throws Problem {
        return booked(tokens, () -> memory.read(tokens, offsets, spec, sink));
    }

    @Override
    public Reading note(int[] tokens, SequenceSpec spec, Sink sink) throws Problem {
        return booked(tokens, () -> memory.note(tokens, spec, sink));
    }

    @Override
    public void forget(SegmentRef segment) throws Problem {
        memory.forget(segment);
    }

    @Override
    public void close() {
        memory.close();
    }
}
