package dev.longhand.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.ElementType;
import dev.longhand.testkit.Gen;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What only the native tier promises; the contract suite holds what all tiers promise. */
class NativeOpsTest {
    private static final int COLS = 512;
    private static final int ROWS = 53; // four panels, the last with padding

    /** Every instruction set of this machine; none without a C compiler, which the build says. */
    static List<Ops> all() {
        List<Ops> all = KernelsFactory.variants(Tier.NATIVE);
        if (all.isEmpty()) {
            System.out.println("native tier not tested: " + KernelsFactory.candidate(Tier.NATIVE).missing());
        }
        return all;
    }

    /**
     * Goal: the integer products are exact and no count of tokens changes a bit. Method: each type against doubles over the same
     * quantised activations; 1 to 13 tokens against one token.
     */
    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("all")
    void multipliesExactlyWhateverTheTokens(Ops ops) throws IOException {
        for (ElementType source : ElementType.values()) {
            try (Arena arena = Arena.ofConfined()) {
                checkProduct(ops, source, arena);
            }
        }
    }

    private static void checkProduct(Ops ops, ElementType source, Arena arena) throws IOException {
        Gen gen = new Gen(source.ordinal());
        byte[] raw = GgmlFormulas.randomRows(gen, source, ROWS, COLS);
        Packer packer = new Packer(source, ROWS, COLS,
                (offset, into) -> MemorySegment.copy(raw, (int) offset, into, ValueLayout.JAVA_BYTE, 0, (int) into.byteSize()));
        MemorySegment panels = arena.allocate(packer.bytes(), 64);
        packer.pack(0, Panels.count(ROWS), panels);
        Matrix w = new Matrix(source, PanelType.of(source), ROWS, COLS, panels.address(), packer.bytes());
        PanelReader reader = new PanelReader(w.type(), COLS, panels);
        int tokensMax = 13;
        Activations x = new Activations(arena, tokensMax, COLS, ops.quantisedRowBytes(COLS));
        for (int t = 0; t < tokensMax; t++) {
            for (int c = 0; c < COLS; c++) {
                x.values().set(t, c, gen.gaussian());
            }
            ops.quantise(x.values().address(t), COLS, x.quantisedAddress(t));
        }
        MemorySegment scratch = arena.allocate(ops.scratchBytes(COLS), 64);
        Floats single = Floats.allocate(arena, tokensMax, ROWS);
        for (int t = 0; t < tokensMax; t++) {
            for (int p = 0; p < Panels.count(ROWS); p++) {
                ops.matmul(w, p, p + 1, x.values().address(t), x.quantisedAddress(t), 1, single.address(t), scratch.address());
            }
        }
        checkAgainstDoubles(ops, w, reader, x, single);
        for (int tokens = 1; tokens <= tokensMax; tokens++) {
            Floats y = Floats.allocate(arena, tokensMax, ROWS);
            ops.matmul(w, 0, Panels.count(ROWS), x.values().address(0), x.quantisedAddress(0), tokens, y.address(0), scratch.address());
            for (int t = 0; t < tokens; t++) {
                for (int r = 0; r < ROWS; r++) {
                    assertThat(y.get(t, r)).as("%s %s, %d tokens, (%d, %d)", ops.instructionSet(), source, tokens, t, r)
                            .isEqualTo(single.get(t, r));
                }
            }
        }
        checkRows(ops, w, reader, arena);
    }

    private static void checkAgainstDoubles(Ops ops, Matrix w, PanelReader reader, Activations x, Floats found) {
        for (int t = 0; t < found.rows(); t++) {
            for (int r = 0; r < ROWS; r++) {
                double sum = 0;
                double magnitude = 0;
                for (int c = 0; c < COLS; c++) {
                    double term = (double) reader.weight(r, c) * activation(w, x, t, c);
                    sum += term;
                    magnitude += Math.abs(term);
                }
                assertThat((double) found.get(t, r)).as("%s %s (%d, %d)", ops.instructionSet(), w.source(), t, r)
                        .isBetween(sum - 2e-5 * magnitude, sum + 2e-5 * magnitude);
            }
        }
    }

    private static void checkRows(Ops ops, Matrix w, PanelReader reader, Arena arena) {
        for (int r = 0; r < ROWS; r++) {
            Floats row = Floats.allocate(arena, 1, COLS);
            ops.unpackRow(w, r, 0.5f, row.address(0));
            for (int c = 0; c < COLS; c++) {
                assertThat(row.get(0, c)).as("%s row %d, %d", w.source(), r, c).isEqualTo(0.5f * reader.weight(r, c));
            }
        }
    }

    /** The value a kernel sees: quantised unless the weights are floats. */
    private static double activation(Matrix w, Activations x, int token, int col) {
        if (!w.type().isQuantised()) {
            return x.values().get(token, col);
        }
        MemorySegment quants = MemorySegment.ofAddress(x.quantisedAddress(token)).reinterpret(x.quantisedRowBytes());
        long block = col / 32 * 64L;
        double value = (double) quants.get(ValueLayout.JAVA_BYTE, block + col % 32) * quants.get(ValueLayout.JAVA_FLOAT, block + 32);
        float largest = 0;
        for (int c = col / 32 * 32; c < col / 32 * 32 + 32; c++) {
            largest = Math.max(largest, Math.abs(x.values().get(token, c)));
        }
        assertThat(value).isBetween(x.values().get(token, col) - largest / 250.0, x.values().get(token, col) + largest / 250.0);
        return value;
    }

    /** Goal: attention equals its definition, for one token and for many. Method: doubles; windows and several spans. */
    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("all")
    void attendsAsDefined(Ops ops) {
        for (int headDim : new int[] {16, 64, 80, 256}) {
            for (int window : new int[] {Integer.MAX_VALUE, 100}) {
                try (Arena arena = Arena.ofConfined()) {
                    checkAttention(ops, headDim, 3, window, arena);
                }
            }
        }
    }

    private static void checkAttention(Ops ops, int headDim, int group, int window, Arena arena) {
        Gen gen = new Gen(headDim);
        int tokens = 570;
        KvShape shape = new KvShape(2, 2, headDim);
        KvTable table = new KvTable(arena, 16);
        Floats k = random(gen, arena, tokens, headDim);
        Floats v = random(gen, arena, tokens, headDim);
        AttentionChunk chunk = new AttentionChunk();
        chunk.type = shape.type();
        chunk.headDim = headDim;
        chunk.group = group;
        chunk.scale = (float) (1 / Math.sqrt(headDim));
        chunk.window = window;
        chunk.storedOffset = shape.storedOffset(1, 1);
        chunk.liveOffset = shape.liveOffset(1, 1);
        chunk.stored = table.storedList(0);
        chunk.live = table.liveList(0);
        MemorySegment scratch = arena.allocate(ops.attentionScratchBytes(32, group, headDim, 0), 64);
        chunk.scratch = scratch.address();
        for (int p = 0; p < tokens; p++) {
            if (p % 64 == 0) {
                MemorySegment block = arena.allocate(shape.blockBytes(), 64);
                block.fill((byte) 0x7f); // NaNs where nothing was stored
                table.append(block.address());
            }
            long live = table.live(p / 64) + chunk.liveOffset;
            ops.storeKv(shape.type(), k.address(p), v.address(p), headDim, 1, headDim, live, p % 64, scratch.address());
        }
        int position = tokens - 37;
        Floats q = random(gen, arena, 37, group * headDim);
        Floats many = Floats.allocate(arena, 37, group * headDim);
        set(chunk, position, 32, q, 0, many);
        ops.attend(chunk);
        set(chunk, position + 32, 5, q, 32, many);
        chunk.out = many.address(32);
        ops.attend(chunk);
        for (int t = 0; t < 37; t++) {
            int last = position + t;
            int first = (int) Math.max(0L, (long) last - window + 1);
            Floats one = Floats.allocate(arena, 1, group * headDim);
            set(chunk, last, 1, q, t, one);
            spans(ops, arena, chunk, first, last);
            for (int i = 0; i < group * headDim; i++) {
                assertThat(many.get(t, i)).as("%s dim %d token %d, %d", ops.instructionSet(), headDim, t, i).isEqualTo(one.get(0, i));
            }
            for (int h = 0; h < group; h++) {
                checkRow(q, t, h, headDim, k, v, first, last, chunk.scale, one);
            }
        }
    }

    private static void set(AttentionChunk chunk, int position, int tokens, Floats q, int row, Floats out) {
        chunk.position = position;
        chunk.tokens = tokens;
        chunk.q = q.address(row);
        chunk.qStride = q.cols();
        chunk.out = out.address(0);
        chunk.outStride = out.cols();
    }

    private static void spans(Ops ops, Arena arena, AttentionChunk chunk, int first, int last) {
        int spans = last / 256 - first / 256 + 1;
        Floats partials = Floats.allocate(arena, spans * chunk.group, chunk.headDim + 16);
        int half = spans / 2;
        ops.attendSpans(chunk, first / 256, spans - half, partials.address(0));
        if (half > 0) {
            ops.attendSpans(chunk, first / 256 + spans - half, half, partials.address((spans - half) * chunk.group));
        }
        ops.mergeSpans(partials.address(0), spans, chunk);
    }

    private static void checkRow(Floats q, int t, int h, int headDim, Floats k, Floats v, int first, int last, float scale, Floats found) {
        double[] weights = new double[last - first + 1];
        double mass = 0;
        for (int p = first; p <= last; p++) {
            double dot = 0;
            for (int d = 0; d < headDim; d++) {
                dot += (double) q.get(t, h * headDim + d) * f16(k.get(p, d));
            }
            weights[p - first] = Math.exp(dot * scale);
            mass += weights[p - first];
        }
        for (int d = 0; d < headDim; d++) {
            double expected = 0;
            for (int p = first; p <= last; p++) {
                expected += weights[p - first] / mass * f16(v.get(p, d));
            }
            assertThat((double) found.get(0, h * headDim + d)).isBetween(expected - 1e-5, expected + 1e-5);
        }
    }

    private static float f16(float x) {
        return Float.float16ToFloat(Float.floatToFloat16(x));
    }

    private static Floats random(Gen gen, Arena arena, int rows, int cols) {
        Floats floats = Floats.allocate(arena, rows, cols);
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < cols; c++) {
                floats.set(r, c, gen.gaussian());
            }
        }
        return floats;
    }
}
