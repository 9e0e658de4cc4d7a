package dev.longhand.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Problem;
import dev.longhand.formats.Gguf;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KernelsFactory;
import dev.longhand.kernels.Tier;
import dev.longhand.memory.DenseKv;
import dev.longhand.memory.KvPool;
import dev.longhand.memory.Limits;
import dev.longhand.testkit.GgufWriter;
import dev.longhand.testkit.RandomModel;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Goal: the forward passes compute what llama.cpp computes, for shapes that no real model at hand covers: RoPE scaling and frequency
 * factors, untied heads, sliding windows that end inside a block, linear scaling of global layers only.
 *
 * <p>Method: small F32 models whose weights are a function of (tensor name, index), made here and by
 * {@code src/test/goldens/tiny_models.py}; the logits of llama.cpp are stored. F32 weights leave only f16 KV and summation order as
 * differences.
 */
class TinyModelsTest {
    private static final int TOKENS = 300;
    private static final int VOCABULARY = 384;

    @TempDir
    Path folder;

    /** The shape of a model; the same list is in the script. */
    private record Shape(String name, String architecture, int layers, int dim, int heads, int kvHeads, int headDim, int ffnDim, boolean tied, boolean factors) {
        static Shape llama(String name, int heads, int kvHeads, int headDim, boolean tied, boolean factors) {
            return new Shape(name, "llama", 2, 64, heads, kvHeads, headDim, 96, tied, factors);
        }

        GgufWriter extras(GgufWriter out) {
            return switch (name) {
                case "llama-untied-wide-heads", "llama-frequency-factors" -> out.f32("llama.rope.freq_base", 500_000);
                case "llama-linear-scaling" -> out.string("llama.rope.scaling.type", "linear").f32("llama.rope.scaling.factor", 4);
                case "gemma3" -> out.f32("gemma3.rope.freq_base", 1_000_000).u32("gemma3.attention.sliding_window", 32);
                case "gemma3-linear-scaling" -> out.f32("gemma3.rope.freq_base", 1_000_000).u32("gemma3.attention.sliding_window", 64)
                        .string("gemma3.rope.scaling.type", "linear").f32("gemma3.rope.scaling.factor", 8);
                default -> out;
            };
        }
    }

    private static final List<Shape> SHAPES = List.of(
            Shape.llama("llama", 4, 2, 32, true, false),
            Shape.llama("llama-untied-wide-heads", 2, 1, 64, false, false),
            Shape.llama("llama-frequency-factors", 4, 2, 32, true, true),
            Shape.llama("llama-linear-scaling", 4, 4, 32, true, false),
            new Shape("gemma3", "gemma3", 7, 64, 4, 1, 32, 96, true, false),
            new Shape("gemma3-linear-scaling", "gemma3", 7, 64, 4, 2, 64, 96, true, false));

    static Stream<Shape> shapes() {
        return SHAPES.stream();
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void givesTheLogitsOfLlamaCpp(Shape shape) throws Exception {
        Path file = write(shape);
        List<Golden> goldens = goldens(shape.name);
        assertThat(goldens).hasSizeGreaterThan(20);
        for (Tier tier : Tier.values()) {
            if (!KernelsFactory.isAvailable(tier)) {
                continue;
            }
            float[][] logits = logits(file, tier, TOKENS, 512);
            double sum = 0;
            for (Golden golden : goldens) {
                double kl = kl(golden.logits, logits[golden.position]);
                assertThat(kl).as("%s, %s, position %d", shape.name, tier, golden.position).isLessThan(2e-4);
                sum += kl;
            }
            assertThat(sum / goldens.size()).as("%s, %s", shape.name, tier).isLessThan(2e-5);
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void givesTheSameBitsInChunksOfAnySize(Shape shape) throws Exception {
        Path file = write(shape);
        for (Tier tier : Tier.values()) {
            if (!KernelsFactory.isAvailable(tier)) {
                continue;
            }
            float[] whole = logits(file, tier, 130, 512)[129];
            for (int chunk : new int[] {1, 7, 64}) {
                assertThat(logits(file, tier, 130, chunk)[129]).as("%s, %s, chunks of %d", shape.name, tier, chunk).containsExactly(whole);
            }
        }
    }

    @Test
    void namesAnArchitectureThatIsNotSupportedAndThoseThatAre() {
        Path file = new GgufWriter().string("general.architecture", "mamba").write(folder.resolve("m.gguf"));
        assertThatThrownBy(() -> logits(file, Tier.SCALAR, 1, 1)).isInstanceOf(Problem.class)
                .hasMessageContaining("mamba").hasMessageContaining("llama").hasMessageContaining("gemma3");
    }

    @Test
    void namesATensorOfTheWrongShape() {
        Shape wide = new Shape("llama", "llama", 2, 64, 4, 2, 32, 96, true, false);
        Path file = writer(wide, 128).write(folder.resolve("wrong.gguf"));
        assertThatThrownBy(() -> logits(file, Tier.SCALAR, 1, 1)).isInstanceOf(Problem.class)
                .hasMessageContaining("blk.0.ffn_gate.weight").hasMessageContaining("96").hasMessageContaining("128");
    }

    private Path write(Shape shape) {
        return writer(shape, shape.ffnDim).write(folder.resolve(shape.name + ".gguf"));
    }

    private static GgufWriter writer(Shape s, int declaredFfn) {
        String a = s.architecture + ".";
        GgufWriter out = new GgufWriter().string("general.architecture", s.architecture)
                .u32(a + "block_count", s.layers).u32(a + "context_length", 1024).u32(a + "embedding_length", s.dim)
                .u32(a + "feed_forward_length", declaredFfn).u32(a + "attention.head_count", s.heads).u32(a + "attention.head_count_kv", s.kvHeads)
                .u32(a + "attention.key_length", s.headDim).u32(a + "attention.value_length", s.headDim)
                .f32(a + "attention.layer_norm_rms_epsilon", 1e-5f);
        s.extras(out);
        matrix(out, "token_embd.weight", VOCABULARY, s.dim);
        norm(out, "output_norm.weight", s.dim);
        if (!s.tied) {
            matrix(out, "output.weight", VOCABULARY, s.dim);
        }
        if (s.factors) {
            out.tensor("rope_freqs.weight", linspace(1, 8, s.headDim / 2), s.headDim / 2);
        }
        for (int i = 0; i < s.layers; i++) {
            layer(out, s, "blk." + i + ".");
        }
        return out;
    }

    private static void layer(GgufWriter out, Shape s, String p) {
        norm(out, p + "attn_norm.weight", s.dim);
        matrix(out, p + "attn_q.weight", s.heads * s.headDim, s.dim);
        matrix(out, p + "attn_k.weight", s.kvHeads * s.headDim, s.dim);
        matrix(out, p + "attn_v.weight", s.kvHeads * s.headDim, s.dim);
        matrix(out, p + "attn_output.weight", s.dim, s.heads * s.headDim);
        norm(out, p + "ffn_norm.weight", s.dim);
        matrix(out, p + "ffn_gate.weight", s.ffnDim, s.dim);
        matrix(out, p + "ffn_up.weight", s.ffnDim, s.dim);
        matrix(out, p + "ffn_down.weight", s.dim, s.ffnDim);
        if (s.architecture.equals("gemma3")) {
            norm(out, p + "attn_q_norm.weight", s.headDim);
            norm(out, p + "attn_k_norm.weight", s.headDim);
            norm(out, p + "post_attention_norm.weight", s.dim);
            norm(out, p + "post_ffw_norm.weight", s.dim);
        }
    }

    private static void matrix(GgufWriter out, String name, int rows, int cols) {
        out.tensor(name, RandomModel.weight(name, rows * cols, cols), cols, rows);
    }

    private static void norm(GgufWriter out, String name, int n) {
        out.tensor(name, RandomModel.normWeight(name, n), n);
    }

    private static float[] linspace(double from, double to, int n) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) (from + (to - from) * i / (n - 1));
        }
        return values;
    }

    private static float[][] logits(Path file, Tier tier, int count, int chunk) throws Problem {
        int[] tokens = new int[count];
        Arrays.setAll(tokens, i -> 3 + (int) (i * 7919L % (VOCABULARY - 3)));
        try (Kernels kernels = KernelsFactory.open(tier, 2).kernels(); Gguf gguf = Gguf.open(file); Model model = Models.load(gguf, kernels, chunk);
                KvPool pool = new KvPool(model.kvShape(), new Limits(1 << 28)); DenseKv kv = new DenseKv(kernels, pool, count);
                Arena arena = Arena.ofShared()) {
            Floats out = Floats.allocate(arena, 1, VOCABULARY);
            float[][] logits = new float[count][VOCABULARY];
            for (int at = 0; at < count; at += chunk) {
                int rows = Math.min(chunk, count - at);
                model.forward(tokens, at, rows, kv);
                for (int r = 0; r < rows; r++) {
                    model.logits(r, 1, out);
                    out.copyRow(0, logits[at + r]);
                }
            }
            return logits;
        }
    }

    private record Golden(int position, float[] logits) {}

    private static List<Golden> goldens(String wanted) throws IOException {
        try (InputStream in = new GZIPInputStream(TinyModelsTest.class.getResourceAsStream("tiny-models.bin.gz"))) {
            ByteBuffer data = ByteBuffer.wrap(in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
            List<Golden> goldens = new ArrayList<>();
            while (data.hasRemaining()) {
                byte[] name = new byte[data.get()];
                data.get(name);
                int positions = data.getInt();
                int vocabulary = data.getInt();
                for (int i = 0; i < positions; i++) {
                    Golden golden = new Golden(data.getInt(), new float[vocabulary]);
                    for (int j = 0; j < vocabulary; j++) {
                        golden.logits[j] = data.getFloat();
                    }
                    if (new String(name, StandardCharsets.US_ASCII).equals(wanted)) {
                        goldens.add(golden);
                    }
                }
            }
            return goldens;
        }
    }

    private static double kl(float[] reference, float[] ours) {
        double[] p = logSoftmax(reference);
        double[] q = logSoftmax(ours);
        double sum = 0;
        for (int i = 0; i < p.length; i++) {
            sum += Math.exp(p[i]) * (p[i] - q[i]);
        }
        return sum;
    }

    private static double[] logSoftmax(float[] logits) {
        double most = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            most = Math.max(most, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - most);
        }
        double[] result = new double[logits.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = logits[i] - most - Math.log(sum);
        }
        return result;
    }
}
