package dev.longhand.model;

import dev.longhand.kernels.Activations;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels;

/** RMS norm with its weight {@code (1, dim)} (Zhang and Sennrich 2019). */
record Norm(Kernels kernels, Floats weight, float eps) {
    /** {@code out = norm(x)} over rows {@code [0, rows)}. */
    void apply(Floats x, int rows, Activations out) {
        kernels.rmsNorm(x, rows, weight, eps, out);
    }

    /** {@code residual += norm(x)}. */
    void applyAndAdd(Floats x, int rows, Floats residual) {
        kernels.rmsNormAdd(x, rows, weight, eps, residual);
    }

    /** Each of {@code heads} parts of {@code x}'s rows normalised by itself, in place. */
    void applyToHeads(Floats x, int rows, int heads) {
        kernels.headNorm(x, rows, heads, weight.cols(), weight, eps);
    }
}
