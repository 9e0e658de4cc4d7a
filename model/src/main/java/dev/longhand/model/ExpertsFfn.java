package dev.longhand.model;

import dev.longhand.base.Problem;
import dev.longhand.kernels.Activations;
import dev.longhand.kernels.ExpertPlan;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels.Gate;
import dev.longhand.kernels.Kernels.XRows;
import dev.longhand.kernels.Matrix;
import dev.longhand.kernels.Router;

/**
 * A sparse mixture of experts (Shazeer et al. 2017): a router chooses for each row a few gated networks, the result is their
 * weighted sum. The router's product is in f32 whatever the file holds.
 */
final class ExpertsFfn implements Ffn {
    /** What lies between the steps; one for all layers. A slot is one use of an expert by a row. */
    record Buffers(Floats logits, ExpertPlan plan, Floats[] gateUp, Activations gated, Floats down) {
        // (rowsMax, experts); 2 x (slots, ffnDim), (slots, ffnDim), (slots, dim)
        static Buffers of(Scratch s, Config.Mixture mixture, Router router, int dim) {
            int slots = s.rowsMax * mixture.used();
            return new Buffers(s.floats(s.rowsMax, mixture.experts()), s.plan(router),
                    new Floats[] {s.floats(slots, mixture.ffnDim()), s.floats(slots, mixture.ffnDim())},
                    s.activations(slots, mixture.ffnDim()), s.floats(slots, dim));
        }
    }

    private final Scratch s;
    private final Buffers buffers;
    private final int layer;
    private final Matrix router; // (experts, dim)
    private final ExpertStore store;

    ExpertsFfn(Scratch s, Buffers buffers, int layer, Matrix router, ExpertStore store) {
        this.s = s;
        this.buffers = buffers;
        this.layer = layer;
        this.router = router;
        this.store = store;
    }

    @Override
    public void run(int rows) throws Problem {
        ExpertPlan plan = buffers.plan;
        s.kernels.matmul(router, s.normed, rows, buffers.logits);
        s.kernels.route(buffers.logits, rows, plan.router(), plan);
        ExpertStore.Weights weights = store.acquire(layer, plan);
        s.kernels.matmulExperts(weights.gateUp(), s.normed, XRows.TOKENS, plan, buffers.gateUp);
        s.kernels.gate(Gate.SILU, buffers.gateUp[0], buffers.gateUp[1], plan.slots(), buffers.gated);
        s.kernels.matmulExperts(weights.down(), buffers.gated, XRows.SLOTS, plan, buffers.down);
        s.kernels.combine(buffers.down, plan, rows, s.out);
    }
}
