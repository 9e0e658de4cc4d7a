package dev.longhand.model;

import dev.longhand.base.Problem;
import dev.longhand.formats.ModelFile;
import dev.longhand.kernels.Router;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The numbers of a decoder, as its file declares them, checked.
 *
 * @param architecture  GGUF's {@code general.architecture}
 * @param layers        decoder layers
 * @param dim           width of the residual stream
 * @param heads         query heads
 * @param kvHeads       key and value heads; divides {@code heads}
 * @param headDim       width of one head
 * @param ffnDim        width of the feed-forward network; of a mixture of experts, what the file says of dense layers, or 0
 * @param mixture       the experts, where there are some
 * @param vocabulary    rows of the embedding table
 * @param contextTokens trained context length
 * @param normEps       epsilon of the RMS norms
 */
public record Config(
        String architecture, int layers, int dim, int heads, int kvHeads, int headDim, int ffnDim,
        Optional<Mixture> mixture, int vocabulary, int contextTokens, float normEps) {
    /** Experts in each layer: {@code used} of {@code experts} for each token, each {@code ffnDim} wide. */
    public record Mixture(int experts, int used, int ffnDim) {}


    static Config of(ModelFile file, String architecture) throws Problem {
        Reader in = new Reader(file, architecture);
        int dim = in.count("embedding_length", 1, 1 << 17);
        int heads = in.count("attention.head_count", 1, 1024);
        int headDim = file.has(architecture + ".attention.key_length")
                ? in.count("attention.key_length", 16, 1024)
                : in.whole(dim, heads, "embedding_length", "attention.head_count");
        Optional<Mixture> mixture = mixture(in);
        Config config = new Config(
                architecture,
                in.count("block_count", 1, 1024),
                dim,
                heads,
                in.count("attention.head_count_kv", 1, heads, heads),
                headDim,
                mixture.isPresent() ? in.count("feed_forward_length", 0, 1 << 20, 0) : in.count("feed_forward_length", 1, 1 << 20),
                mixture,
                Math.toIntExact(file.tensor("token_embd.weight").rows()),
                in.count("context_length", 1, 1 << 27),
                in.positive("attention.layer_norm_rms_epsilon"));
        config.check(in);
        return config;
    }

    private static Optional<Mixture> mixture(Reader in) throws Problem {
        int experts = in.count("expert_count", 0, Router.EXPERTS_MAX, 0);
        if (experts == 0) {
            return Optional.empty();
        }
        int used = in.count("expert_used_count", 1, Math.min(experts, Router.USED_MAX));
        int ffnDim = in.count("expert_feed_forward_length", 0, 1 << 20, 0);
        if (ffnDim == 0) {
            ffnDim = in.count("feed_forward_length", 1, 1 << 20);
        }
        in.require(ffnDim % 32 == 0, "expert_feed_forward_length", ffnDim, "a multiple of 32");
        int shared = in.count("expert_shared_count", 0, 1 << 16, 0);
        in.require(shared == 0, "expert_shared_count", shared, "0; experts that all tokens share are not supported");
        return Optional.of(new Mixture(experts, used, ffnDim));
    }

    private void check(Reader in) throws Problem {
        in.whole(heads, kvHeads, "attention.head_count", "attention.head_count_kv");
        in.require(headDim % 32 == 0 && headDim <= 512, "attention.key_length", headDim, "a multiple of 32 up to 512");
        in.require(ffnDim % 32 == 0, "feed_forward_length", ffnDim, "a multiple of 32");
        in.require(dim % 32 == 0, "embedding_length", dim, "a multiple of 32");
        int valueDim = in.count("attention.value_length", 1, 1024, headDim);
        in.require(valueDim == headDim, "attention.value_length", valueDim, "equal to attention.key_length, " + headDim);
    }

    int queryDim() {
        return heads * headDim;
    }

    int kvDim() {
        return kvHeads * headDim;
    }

    /** Reads checked numbers under {@code <architecture>.} */
    record Reader(ModelFile file, String architecture) {
        int count(String key, int min, int max) throws Problem {
            int value = file.integer(architecture + "." + key);
            require(value >= min && value <= max, key, value, "in [" + min + ", " + max + "]");
            return value;
        }

        int count(String key, int min, int max, int fallback) throws Problem {
            return file.has(architecture + "." + key) ? count(key, min, max) : fallback;
        }

        float positive(String key) throws Problem {
            float value = file.real(architecture + "." + key);
            require(value > 0 && value < 1e9f, key, value, "a positive number below 1e9");
            return value;
        }

        float positive(String key, float fallback) throws Problem {
            return file.has(architecture + "." + key) ? positive(key) : fallback;
        }

        int whole(int value, int divisor, String key, String divisorKey) throws Problem {
            require(value % divisor == 0, key, value, "a multiple of " + divisorKey + ", " + divisor);
            return value / divisor;
        }

        void require(boolean holds, String key, Object value, String rule) throws Problem {
            if (!holds) {
                throw new Problem(Problem.Kind.MALFORMED, "%s: %s.%s is %s; it must be %s"
                        .formatted(path(), architecture, key, value, rule));
            }
        }

        Path path() {
            return file.path();
        }
    }
}
