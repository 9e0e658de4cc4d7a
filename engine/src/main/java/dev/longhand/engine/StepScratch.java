package dev.longhand.engine;

import dev.longhand.base.Problem;
import dev.longhand.kernels.Floats;
import dev.longhand.model.Model;
import java.lang.foreign.Arena;

/** Buffers of one step, shared by all requests because one thread serves them one after the other. Used by the engine thread. */
final class StepScratch implements AutoCloseable {
    /** Rows of logits computed at once. */
    static final int LOGITS_ROWS = 16;

    private final Arena arena = Arena.ofShared();
    private final String modelName;
    private final Model model;
    private final Floats logits; // (LOGITS_ROWS, vocabulary)
    private final Sampler sampler;
    private final Logprobs logprobs = new Logprobs();
    private final float[] hidden; // (dim)

    StepScratch(Model model, String modelName) {
        this.model = model;
        this.modelName = modelName;
        int vocabulary = model.config().vocabulary();
        this.logits = Floats.allocate(arena, LOGITS_ROWS, vocabulary);
        this.sampler = new Sampler(vocabulary);
        this.hidden = new float[model.config().dim()];
    }

    Floats logits() {
        return logits;
    }

    /** The sampler with a row of logits in it. */
    Sampler sampler(int row) {
        logits.copyRow(row, sampler.logits());
        return sampler;
    }

    Logprobs logprobs() {
        return logprobs;
    }

    /** The final state of a row of the pass. */
    float[] hidden(int row) throws Problem {
        model.hidden(row, hidden);
        return hidden;
    }

    Problem notANumber(int position) {
        return new Problem(Problem.Kind.MALFORMED, ("%s gave logits that are not numbers at position %d; "
                + "the model file is probably damaged: check it with `longhand doctor`").formatted(modelName, position));
    }

    @Override
    public void close() {
        arena.close();
    }
}
