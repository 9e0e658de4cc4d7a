package dev.longhand.model;

import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels.Pairing;
import dev.longhand.memory.KvBatch;
import dev.longhand.memory.Turner;

/** Turns q and k by the angles of one pass, which all layers with the same {@link Rope} share. */
final class Rotary implements SelfAttention.Step, Turner {
    private final Scratch s;
    private final Config config;
    private final Rope rope;
    private final Pairing pairing;
    private final Floats angles; // (rowsMax, 2 * pairs)

    Rotary(Scratch s, Config config, Rope rope, Pairing pairing) {
        this.s = s;
        this.config = config;
        this.rope = rope;
        this.pairing = pairing;
        this.angles = s.floats(s.rowsMax, 2 * rope.pairs());
    }

    /** Takes the positions of the pass's rows. */
    void moveTo(KvBatch batch) {
        for (int part = 0; part < batch.parts(); part++) {
            rope.angles(batch.position(part), batch.rows(part), batch.rowFrom(part), angles);
        }
    }

    @Override
    public void apply(int rows) {
        s.kernels.rope(s.q, rows, config.heads(), config.headDim(), angles, pairing);
        s.kernels.rope(s.k, rows, config.kvHeads(), config.headDim(), angles, pairing);
    }

    @Override
    public Pairing pairing() {
        return pairing;
    }

    @Override
    public int pairs() {
        return rope.pairs();
    }

    @Override
    public void angles(int positions, Floats angles, int row) {
        rope.angles(positions, 1, row, angles);
    }
}
