package dev.longhand.model;

import dev.longhand.base.ElementType;
import dev.longhand.base.Problem;
import dev.longhand.formats.Tensor;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.Matrix;
import java.lang.foreign.Arena;

/**
 * The experts' tensors of a model file, one matrix at a time. A file holds a layer's experts of one kind in one tensor
 * {@code (experts, rows, cols)}. Valid while the file is open.
 */
public final class ExpertTensors {
    /** The three matrices of an expert. */
    public enum Kind {
        GATE("ffn_gate_exps"),
        UP("ffn_up_exps"),
        DOWN("ffn_down_exps");

        private final String tensor;

        Kind(String tensor) {
            this.tensor = tensor;
        }
    }

    private final WeightReader in;
    private final Config config;
    private final Config.Mixture mixture;

    ExpertTensors(WeightReader in, Config config, Config.Mixture mixture) throws Problem {
        this.in = in;
        this.config = config;
        this.mixture = mixture;
        for (int layer = 0; layer < config.layers(); layer++) {
            for (Kind kind : Kind.values()) {
                in.stacked(name(layer, kind), mixture.experts(), rows(kind), cols(kind));
            }
        }
    }

    public Kernels kernels() {
        return in.kernels();
    }

    /** Memory that lives as long as the model. */
    public Arena arena() {
        return in.arena();
    }

    public int layers() {
        return config.layers();
    }

    public int experts() {
        return mixture.experts();
    }

    /** Experts that one token uses. */
    public int used() {
        return mixture.used();
    }

    public int rows(Kind kind) {
        return kind == Kind.DOWN ? config.dim() : mixture.ffnDim();
    }

    public int cols(Kind kind) {
        return kind == Kind.DOWN ? mixture.ffnDim() : config.dim();
    }

    /** What the file holds. */
    public ElementType type(int layer, Kind kind) throws Problem {
        return tensor(layer, kind).type();
    }

    /** Packs one expert's matrix into {@code arena}. */
    public Matrix pack(Arena arena, int layer, Kind kind, int expert) throws Problem {
        Tensor tensor = tensor(layer, kind);
        long start = expert * (tensor.bytes() / mixture.experts());
        return in.kernels().pack(arena, tensor.type(), rows(kind), cols(kind),
                (offset, into) -> in.file().read(tensor, start + offset, into));
    }

    private Tensor tensor(int layer, Kind kind) throws Problem {
        return in.stacked(name(layer, kind), mixture.experts(), rows(kind), cols(kind));
    }

    private static String name(int layer, Kind kind) {
        return "blk." + layer + "." + kind.tensor + ".weight";
    }
}
