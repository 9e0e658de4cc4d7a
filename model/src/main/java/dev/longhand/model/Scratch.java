package dev.longhand.model;

import dev.longhand.kernels.Activations;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels;
import java.lang.foreign.Arena;

/** The buffers of one forward pass of up to {@code rowsMax} tokens; the first dimension of each is {@code rowsMax}. */
final class Scratch {
    final int rowsMax;
    final Floats x; // (dim) the residual stream
    final Activations normed; // (dim)
    final Floats q; // (heads * headDim)
    final Floats k; // (kvHeads * headDim)
    final Floats v; // (kvHeads * headDim)
    final Activations attended; // (heads * headDim)
    final Floats gate; // (ffnDim)
    final Floats up; // (ffnDim)
    final Activations gated; // (ffnDim)
    final Floats out; // (dim) what a block adds to the residual stream

    Scratch(Arena arena, Kernels kernels, Config config, int rowsMax) {
        this.rowsMax = rowsMax;
        x = Floats.allocate(arena, rowsMax, config.dim());
        normed = kernels.activations(arena, rowsMax, config.dim());
        q = Floats.allocate(arena, rowsMax, config.queryDim());
        k = Floats.allocate(arena, rowsMax, config.kvDim());
        v = Floats.allocate(arena, rowsMax, config.kvDim());
        attended = kernels.activations(arena, rowsMax, config.queryDim());
        gate = Floats.allocate(arena, rowsMax, config.ffnDim());
        up = Floats.allocate(arena, rowsMax, config.ffnDim());
        gated = kernels.activations(arena, rowsMax, config.ffnDim());
        out = Floats.allocate(arena, rowsMax, config.dim());
    }
}
