package dev.longhand.kernels;

import dev.longhand.base.ElementType;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The native tier: each method is one call into C for the instruction set chosen at construction. Sources: {@code src/main/native}.
 *
 * <p>Knows the C signatures and nothing of what they do. Calls pass primitives only and allocate nothing. Thread-safe.
 */
final class NativeOps implements Ops {
    /** Name of the system property and the environment variable that choose an instruction set, for tests. */
    static final String ISA_SETTING = "LONGHAND_NATIVE_ISA";

    /** An instruction set the library has kernels for; fastest last. */
    enum Isa {
        AVX2("avx2", "lh_avx2_", 1),
        AVX512_VNNI("avx512-vnni", "lh_avx512_vnni_", 2);

        private final String text;
        private final String prefix;
        private final int featureBit;

        Isa(String text, String prefix, int featureBit) {
            this.text = text;
            this.prefix = prefix;
            this.featureBit = featureBit;
        }

        boolean runsOn(NativeLibrary library) {
            return (library.cpuFeatures() & featureBit) != 0;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /** A quantised slab of 32 activations: {@code Quants} in longhand.h. */
    private static final int QUANTS_BYTES = 64;

    private static final ValueLayout.OfLong P = ValueLayout.JAVA_LONG; // pointers and C longs
    private static final ValueLayout.OfInt I = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfFloat F = ValueLayout.JAVA_FLOAT;

    private static final MethodHandle SCRATCH = returning(P, P);
    private static final MethodHandle PANELS_PER_TILE = returning(I);
    private static final MethodHandle MATMUL = of(I, P, P, I, P, P, P, P, P, P, P);
    private static final MethodHandle UNPACK_ROW = of(I, P, I, P, F, P);
    private static final MethodHandle QUANTISE = of(P, P, P);
    private static final MethodHandle RMS_NORM = of(P, P, P, F, P);
    private static final MethodHandle ADD = of(P, P, P);
    private static final MethodHandle SUM_OF_ROWS = of(P, P, P, P, P, P);
    private static final MethodHandle GATE = of(I, P, P, P, P);
    private static final MethodHandle ROPE = of(P, P, P, I);
    private static final MethodHandle STORE_KV = of(P, P, P, P, P, I, P, P, P);
    private static final MethodHandle SEAL = of(P, P, P);
    private static final MethodHandle ATTENTION_SCRATCH = returning(P, P, P);
    private static final MethodHandle ATTEND = of(P, P, P, P, P, F, I, P, P, P, P, P, P, P, P, P, P, P, P, P);
    private static final MethodHandle ATTEND_SPANS =
            of(P, P, P, P, P, F, I, P, P, P, P, P, P, P, P, P, P, P, P, P, P);
    private static final MethodHandle MERGE_SPANS = of(P, P, P, P, P, P, P);
    private static final MethodHandle SUMMARISE = of(P, P, P, P, P, P);
    private static final MethodHandle SCAN_SCRATCH = returning(P, P, P);
    private static final MethodHandle SCAN_MEANS = of(P, P, P, F, P, P, P, P);
    private static final MethodHandle SCAN_PLANES = of(P, P, P, F, P, P, P, P, P, P);
    private static final MethodHandle SHARES = of(P, P, P, P, P);
    private static final MethodHandle ARGMAX = returning(I, P, P);

    private final Isa isa;
    private final int panelsPerTile;
    private final MemorySegment scratch;
    private final MemorySegment matmul;
    private final MemorySegment unpackRow;
    private final MemorySegment quantise;
    private final MemorySegment rmsNorm;
    private final MemorySegment add;
    private final MemorySegment sumOfRows;
    private final MemorySegment gate;
    private final MemorySegment rope;
    private final MemorySegment storeKv;
    private final MemorySegment seal;
    private final MemorySegment attentionScratch;
    private final MemorySegment attend;
    private final MemorySegment attendSpans;
    private final MemorySegment mergeSpans;
    private final MemorySegment summarise;
    private final MemorySegment scanScratch;
    private final MemorySegment scanMeans;
    private final MemorySegment scanPlanes;
    private final MemorySegment shares;
    private final MemorySegment argmax;

    NativeOps(NativeLibrary library, Isa isa) throws NativeLibrary.Unavailable {
        if (!isa.runsOn(library)) {
            throw new NativeLibrary.Unavailable("this CPU (or its operating system) does not run " + isa);
        }
        this.isa = isa;
        this.scratch = library.symbol(isa.prefix + "scratch");
        this.matmul = library.symbol(isa.prefix + "matmul");
        this.unpackRow = library.symbol(isa.prefix + "unpack_row");
        this.quantise = library.symbol(isa.prefix + "quantise");
        this.rmsNorm = library.symbol(isa.prefix + "rms_norm");
        this.add = library.symbol(isa.prefix + "add");
        this.sumOfRows = library.symbol(isa.prefix + "sum_of_rows");
        this.gate = library.symbol(isa.prefix + "gate");
        this.rope = library.symbol(isa.prefix + "rope");
        this.storeKv = library.symbol(isa.prefix + "store_kv");
        this.seal = library.symbol(isa.prefix + "seal");
        this.attentionScratch = library.symbol(isa.prefix + "attention_scratch");
        this.attend = library.symbol(isa.prefix + "attend");
        this.attendSpans = library.symbol(isa.prefix + "attend_spans");
        this.mergeSpans = library.symbol(isa.prefix + "merge_spans");
        this.summarise = library.symbol(isa.prefix + "summarise");
        this.scanScratch = library.symbol(isa.prefix + "scan_scratch");
        this.scanMeans = library.symbol(isa.prefix + "scan_means");
        this.scanPlanes = library.symbol(isa.prefix + "scan_planes");
        this.shares = library.symbol(isa.prefix + "shares");
        this.argmax = library.symbol(isa.prefix + "argmax");
        this.panelsPerTile = panelsPerTile(library.symbol(isa.prefix + "panels_per_tile"));
    }

    /** The best instruction set that this machine runs, or the one that {@link #ISA_SETTING} names. */
    static NativeOps open() throws NativeLibrary.Unavailable {
        NativeLibrary library = NativeLibrary.load();
        String property = System.getProperty(ISA_SETTING);
        String asked = property != null ? property : System.getenv(ISA_SETTING);
        if (asked != null && !asked.isBlank()) {
            return new NativeOps(library, isa(asked.strip().toLowerCase(Locale.ROOT)));
        }
        return new NativeOps(library, Isa.AVX512_VNNI.runsOn(library) ? Isa.AVX512_VNNI : Isa.AVX2);
    }

    /** Every instruction set that works here, the fastest first; none without the library. */
    static List<Ops> variants() {
        List<Ops> variants = new ArrayList<>();
        try {
            NativeLibrary library = NativeLibrary.load();
            for (Isa isa : Isa.values()) {
                if (isa.runsOn(library)) {
                    variants.addFirst(new NativeOps(library, isa));
                }
            }
        } catch (NativeLibrary.Unavailable e) {
            variants.clear();
        }
        return variants;
    }

    private static Isa isa(String name) throws NativeLibrary.Unavailable {
        for (Isa isa : Isa.values()) {
            if (isa.text.equals(name)) {
                return isa;
            }
        }
        throw new NativeLibrary.Unavailable(ISA_SETTING + " is \"" + name + "\"; it must be avx2 or avx512-vnni, or unset");
    }

    @Override
    public int panelsPerTile() {
        return panelsPerTile;
    }

    @Override
    public Tier tier() {
        return Tier.NATIVE;
    }

    @Override
    public String instructionSet() {
        return isa.toString();
    }

    @Override
    public PanelType panelType(ElementType source) {
        return PanelType.of(source);
    }

    @Override
    public long quantisedRowBytes(int cols) {
        return Math.ceilDiv(cols, PanelType.SLAB_COLS) * (long) QUANTS_BYTES;
    }

    private static int panelsPerTile(MemorySegment function) {
        try {
            return (int) PANELS_PER_TILE.invokeExact(function);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @Override
    public long scratchBytes(int cols) {
        try {
            return (long) SCRATCH.invokeExact(scratch, (long) cols);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @Override
    public void quantise(long values, int cols, long quantised) {
        try {
            QUANTISE.invokeExact(quantise, values, (long) cols, quantised);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @Override
    public void matmul(Matrix w, int panelFrom, int panelTo, long x, long xq, int tokens, long y, long scratch) {
        int rowsLast = Math.min(w.rows() - (panelTo - 1) * PANEL_ROWS, PANEL_ROWS);
        long panel = w.address() + panelFrom * Panels.panelBytes(w.type(), w.cols());
        try {
            MATMUL.invokeExact(matmul, w.type().ordinal(), panel, (long) (panelTo - panelFrom), rowsLast, (long) w.cols(), x, xq,
                    (long) tokens, y + 4L * panelFrom * PANEL_ROWS, (long) w.rows(), scratch);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @Override
    public void unpackRow(Matrix w, int row, float scale, long out) {
        try {
            UNPACK_ROW.invokeExact(unpackRow, w.type().ordinal(), Panels.panelAddress(w, row), row % PANEL_ROWS, (long) w.cols(),
                    scale, out);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @Override
    public void rmsNorm(long x, int n, long weight, float eps, long out) {
        try {
            RMS_NORM.invokeExact(rmsNorm, x, (long) n, weight, eps, out);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @Override
    public void add(long y, long x, int n) {
        try {
            ADD.invokeExact(add, y, x, (long) n);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @Override
    public void sumOfRows(long y, int n, long places, long weights, int count, long out) {
        try {
            SUM_OF_ROWS.invokeExact(sumOfRows, y, (long) n, places, weights, (long) count, out);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @Override
    public void gate(Kernels.Gate gate, long a, long b, int n, long out) {
        try {
            GATE.invokeExact(this.gate, gate == Kernels.Gate.GELU_TANH ? 1 : 0, a, b, (long) n, out);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @Override
    public void rope(long x, int pairs, long angles, Kernels.Pairing pairing) {
        try {
            ROPE.invokeExact(rope, x, (long) pairs, angles, pairing == Kernels.Pairing.HALVES ? 1 : 0);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @Override
    public void storeKv(KvType type, long k, long v, int stride, int rows, int headDim, long live, int slot, long scratch) {
        try {
            STORE_KV.invokeExact(storeKv, k, v, (long) stride, (long) rows, (long) headDim, type == KvType.Q8_0 ? 1 : 0, live,
                    (long) slot, scratch);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @Override
    public void seal(long live, int headDim, long stored) {
        try {
            SEAL.invokeExact(seal, live, (long) headDim, stored);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @Override
    public void attend(AttentionChunk c) {
        try {
            ATTEND.invokeExact(attend, c.q, (long) c.qStride, (long) c.tokens, (long) c.group, (long) c.headDim, c.scale,
                    c.type == KvType.Q8_0 ? 1 : 0, c.stored, c.storedOffset, c.live, c.liveOffset, c.counts, c.turns,
                    c.turned, c.turnedStride / 4, (long) c.position, (long) c.window, c.out, (long) c.outStride, c.scratch);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @Override
    public void attendSpans(AttentionChunk c, int spanFrom, int spans, long partials) {
        try {
            ATTEND_SPANS.invokeExact(attendSpans, c.q, (long) c.qStride, (long) c.tokens, (long) c.group, (long) c.headDim, c.scale,
                    c.type == KvType.Q8_0 ? 1 : 0, c.stored, c.storedOffset, c.live, c.liveOffset, c.counts, c.turns,
                    c.turned, c.turnedStride / 4, (long) c.position, (long) c.window,
                    (long) SPAN_TOKENS * spanFrom, (long) spans, partials, c.scratch);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @Override
    public void mergeSpans(long partials, int spans, AttentionChunk c) {
        try {
            MERGE_SPANS.invokeExact(mergeSpans, partials, (long) spans, (long) c.tokens, (long) c.group, (long) c.headDim, c.out,
                    (long) c.outStride);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @Override
    public long attentionScratchBytes(int tokensMax, int group, int headDim, int turnedMax) {
        try {
            return (long) ATTENTION_SCRATCH.invokeExact(attentionScratch, (long) group, (long) headDim);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @Override
    public void summarise(long record, int tokens, int headDim, long mean, long planes, long scratch) {
        try {
            SUMMARISE.invokeExact(summarise, record, (long) tokens, (long) headDim, mean, planes, scratch);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @Override
    public void scanMeans(ScanChunk c) {
        try {
            SCAN_MEANS.invokeExact(scanMeans, c.q, (long) c.group, (long) c.headDim, c.scale, c.means, (long) c.blocks, c.out,
                    c.scratch);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @Override
    public void scanPlanes(ScanChunk c) {
        try {
            SCAN_PLANES.invokeExact(scanPlanes, c.q, (long) c.group, (long) c.headDim, c.scale, c.planes, (long) c.blocks,
                    (long) c.lastTokens, c.out, c.outStride, c.scratch);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @Override
    public void shares(long masses, long stride, int group, int blocks, long out) {
        try {
            SHARES.invokeExact(shares, masses, stride, (long) group, (long) blocks, out);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @Override
    public long scanScratchBytes(int group, int headDim) {
        try {
            return (long) SCAN_SCRATCH.invokeExact(scanScratch, (long) group, (long) headDim);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @Override
    public int argmax(long x, int n) {
        try {
            return (int) ARGMAX.invokeExact(argmax, x, (long) n);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    private static MethodHandle of(MemoryLayout... arguments) {
        return Linker.nativeLinker().downcallHandle(FunctionDescriptor.ofVoid(arguments));
    }

    private static MethodHandle returning(MemoryLayout result, MemoryLayout... arguments) {
        return Linker.nativeLinker().downcallHandle(FunctionDescriptor.of(result, arguments));
    }

    /** The handles' types are right by construction, and C throws nothing. */
    private static IllegalStateException broken(Throwable e) {
        return new IllegalStateException("broken invariant: a native call threw " + e, e);
    }
}
