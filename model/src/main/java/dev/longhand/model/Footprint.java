package dev.longhand.model;

import dev.longhand.base.ElementType;
import dev.longhand.base.Problem;
import dev.longhand.formats.ModelFile;
import dev.longhand.formats.Tensor;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a model takes, from its file's header alone.
 *
 * @param denseBytes      packed weights that every token needs, the embedding table too
 * @param expertBytes     packed weights of all experts
 * @param activeBytes     packed weights that one token's products read: of the experts, those it uses
 * @param kvBytesPerToken attention memory with f16 keys and values
 * @param products        the matrices that tokens are multiplied with
 */
public record Footprint(Config config, long denseBytes, long expertBytes, long activeBytes, long kvBytesPerToken,
        List<Product> products) {
    /**
     * A matrix, or the experts of a layer.
     *
     * @param experts matrices of that shape; 1 if dense
     * @param used    how many of them a token uses
     * @param isHead  whether only rows that are answered go through it
     */
    public record Product(ElementType type, int rows, int cols, int experts, int used, boolean isHead) {
        boolean isExpert() {
            return experts > 1;
        }

        /** Multiply-adds of one token. */
        long macs() {
            return (long) rows * cols * used;
        }
    }

    public static Footprint of(ModelFile file, Kernels kernels) throws Problem {
        Config config = Models.config(file);
        boolean isTied = file.find("output.weight").isEmpty();
        int used = config.mixture().map(Config.Mixture::used).orElse(1);
        List<Product> products = new ArrayList<>();
        long dense = 0;
        long experts = 0;
        long active = 0;
        for (Tensor tensor : file.tensors()) {
            long bytes = packedBytes(tensor, kernels);
            boolean isEmbedding = tensor.name().equals("token_embd.weight");
            boolean isStack = tensor.shape().length == 3;
            int count = isStack ? Math.toIntExact(tensor.shape()[2]) : 1;
            dense += isStack ? 0 : bytes;
            experts += isStack ? bytes : 0;
            if (tensor.shape().length < 2 || isEmbedding && !isTied) {
                continue;
            }
            active += isStack ? bytes / count * Math.min(used, count) : bytes;
            products.add(new Product(tensor.type(), Math.toIntExact(tensor.rows() / count), Math.toIntExact(tensor.cols()), count,
                    isStack ? Math.min(used, count) : 1, isEmbedding || tensor.name().equals("output.weight")));
        }
        KvShape kv = new KvShape(config.layers(), config.kvHeads(), config.headDim(), KvType.F16);
        return new Footprint(config, dense, experts, active, kv.liveBlockBytes() / KvShape.BLOCK_TOKENS, List.copyOf(products));
    }

    /** About what the kernels' layout takes: panels differ from the file's blocks by a few percent. */
    static long packedBytes(Tensor tensor, Kernels kernels) {
        ElementType panel = ElementType.valueOf(kernels.panelType(tensor.type()).name().toUpperCase(Locale.ROOT));
        return tensor.cols() % panel.blockElements() == 0 ? panel.rowBytes(tensor.cols()) * tensor.rows() : tensor.bytes();
    }

    public long weightBytes() {
        return denseBytes + expertBytes;
    }

    /** What weights and {@code contextTokens} of attention memory take. */
    public long bytes(int contextTokens) {
        return weightBytes() + kvBytesPerToken * contextTokens;
    }

    /** Bytes of one expert of one layer, on average. */
    public double expertRecordBytes() {
        return config.mixture().map(m -> (double) expertBytes / (m.experts() * config.layers())).orElse(0.0);
    }
}
