package dev.longhand.model;

import dev.longhand.base.Problem;
import dev.longhand.kernels.ExpertPlan;
import dev.longhand.kernels.Matrix;
import dev.longhand.model.ExpertTensors.Kind;

/** All experts in memory, packed when the model is loaded, in the model's own arena. */
final class ResidentExperts implements ExpertStore {
    private final Weights[] layers;
    private long bytes;

    ResidentExperts(ExpertTensors tensors) throws Problem {
        layers = new Weights[tensors.layers()];
        for (int layer = 0; layer < layers.length; layer++) {
            Matrix[][] gateUp = {pack(tensors, layer, Kind.GATE), pack(tensors, layer, Kind.UP)};
            layers[layer] = new Weights(gateUp, pack(tensors, layer, Kind.DOWN));
        }
    }

    private Matrix[] pack(ExpertTensors tensors, int layer, Kind kind) throws Problem {
        Matrix[] experts = new Matrix[tensors.experts()];
        for (int e = 0; e < experts.length; e++) {
            experts[e] = tensors.pack(tensors.arena(), layer, kind, e);
            bytes += experts[e].bytes();
        }
        return experts;
    }

    @Override
    public Weights acquire(int layer, ExpertPlan plan) {
        return layers[layer];
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public long residentBytes() {
        return bytes;
    }

    @Override
    public void close() {
        // The memory is the model's.
    }
}
