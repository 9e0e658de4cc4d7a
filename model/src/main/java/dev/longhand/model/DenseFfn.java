package dev.longhand.model;

import dev.longhand.kernels.Activations;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels.Gate;
import dev.longhand.kernels.Matrix;

/** Gated feed-forward network (Shazeer 2020): {@code Wd (gate(Wg n) * Wu n)}. */
final class DenseFfn implements Ffn {
    /** What lies between the products; one for all layers. */
    record Buffers(Floats[] gateUp, Activations gated) { // 2 x (rowsMax, ffnDim), (rowsMax, ffnDim)
        Buffers(Scratch s, int ffnDim) {
            this(new Floats[] {s.floats(s.rowsMax, ffnDim), s.floats(s.rowsMax, ffnDim)}, s.activations(s.rowsMax, ffnDim));
        }
    }

    private final Scratch s;
    private final Buffers buffers;
    private final Gate gate;
    private final Matrix[] gateUp; // 2 x (ffnDim, dim)
    private final Matrix down; // (dim, ffnDim)

    DenseFfn(Scratch s, Buffers buffers, Gate gate, Matrix[] gateUp, Matrix down) {
        this.s = s;
        this.buffers = buffers;
        this.gate = gate;
        this.gateUp = gateUp;
        this.down = down;
    }

    @Override
    public void run(int rows) {
        s.kernels.matmul(gateUp, s.normed, rows, buffers.gateUp);
        s.kernels.gate(gate, buffers.gateUp[0], buffers.gateUp[1], rows, buffers.gated);
        s.kernels.matmul(down, buffers.gated, rows, s.out);
    }
}
