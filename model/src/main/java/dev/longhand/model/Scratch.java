package dev.longhand.model;

import dev.longhand.kernels.Activations;
import dev.longhand.kernels.ExpertPlan;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.Router;
import java.lang.foreign.Arena;

/** The buffers of one forward pass of up to {@code rowsMax} tokens; the first dimension of each is {@code rowsMax}. */
final class Scratch {
    final Kernels kernels;
    final int rowsMax;
    final Floats x; // (dim) the residual stream
    final Activations normed; // (dim)
    final Floats q; // (heads * headDim)
    final Floats k; // (kvHeads * headDim)
    final Floats v; // (kvHeads * headDim)
    final Activations attended; // (heads * headDim)
    final Floats out; // (dim) what a sub-layer adds to the residual stream
    private final Arena arena;

    Scratch(Arena arena, Kernels kernels, Config config, int rowsMax) {
        this.arena = arena;
        this.kernels = kernels;
        this.rowsMax = rowsMax;
        x = floats(rowsMax, config.dim());
        normed = activations(rowsMax, config.dim());
        q = floats(rowsMax, config.queryDim());
        k = floats(rowsMax, config.kvDim());
        v = floats(rowsMax, config.kvDim());
        attended = activations(rowsMax, config.queryDim());
        out = floats(rowsMax, config.dim());
    }

    /** A buffer more that lives as long. */
    Floats floats(int rows, int cols) {
        return Floats.allocate(arena, rows, cols);
    }

    Activations activations(int rows, int cols) {
        return kernels.activations(arena, rows, cols);
    }

    ExpertPlan plan(Router router) {
        return new ExpertPlan(arena, rowsMax, router);
    }
}
