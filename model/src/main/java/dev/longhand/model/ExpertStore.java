package dev.longhand.model;

import dev.longhand.base.Problem;
import dev.longhand.kernels.ExpertPlan;
import dev.longhand.kernels.Matrix;

/** Where the weights of a mixture's experts are when a pass needs them. Used by one thread at a time. */
public interface ExpertStore extends AutoCloseable {
    /** Opens a store over the experts of a model file, which closes after loading. */
    interface Factory {
        ExpertStore open(ExpertTensors tensors) throws Problem;
    }

    /**
     * The experts of one layer; those that no slot uses may lack their memory, but not their shape.
     *
     * @param gateUp {@code (2, experts)} matrices of {@code (ffnDim, dim)}
     * @param down   {@code (experts)} matrices of {@code (dim, ffnDim)}
     */
    record Weights(Matrix[][] gateUp, Matrix[] down) {}

    /** The store that keeps all experts in memory. */
    Factory RESIDENT = ResidentExperts::new;

    /** The experts of {@code layer}, those that {@code plan} uses in memory until the next call. */
    Weights acquire(int layer, ExpertPlan plan) throws Problem;

    /** Bytes of all experts, in memory or not. */
    long bytes();

    /** Bytes of memory held. */
    long residentBytes();

    @Override
    void close();
}
