package dev.longhand.kernels;

import dev.longhand.base.ElementType;
import dev.longhand.testkit.Gen;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;
import java.util.Locale;

/**
 * How fast the kernels are, beside the ceilings in the design notes; a program, not a test.
 *
 * <p>Arguments: threads, milliseconds per figure, and perhaps one of matmul, attention, lookup. The tier is chosen by
 * {@code LONGHAND_TIER} and {@code LONGHAND_NATIVE_ISA}.
 * Every figure is the best of several runs, for all threads together.
 */
final class KernelBench {
    private static final int[] TOKENS = {1, 4, 16, 64, 512};
    /** Head dimension, KV heads, query heads per KV head. */
    private static final int[][] DIMS = {{64, 3, 3}, {128, 8, 2}, {256, 1, 4}};

    private final Kernels kernels;
    private final long msEach;

    private KernelBench(Kernels kernels, long msEach) {
        this.kernels = kernels;
        this.msEach = msEach;
    }

    public static void main(String[] args) throws Exception {
        int threads = args.length > 0 ? Integer.parseInt(args[0]) : 1;
        long msEach = args.length > 1 ? Long.parseLong(args[1]) : 200;
        KernelsFactory.Opened opened = KernelsFactory.open(null, threads);
        try (Kernels kernels = opened.kernels()) {
            System.out.printf("%s, %d threads%n", kernels.instructionSet(), threads);
            KernelBench bench = new KernelBench(kernels, msEach);
            String only = args.length > 2 ? args[2] : "";
            if (only.isEmpty() || only.equals("matmul")) {
                bench.matmuls();
            }
            if (only.isEmpty() || only.equals("attention")) {
                bench.attention();
            }
            if (only.isEmpty() || only.equals("lookup")) {
                bench.lookup();
            }
        }
    }

    private void matmuls() throws Exception {
        System.out.printf("%-6s %12s %s%n", "type", "rows x cols", "GMAC/s at M = 1 (L2), 1 (DRAM), 4, 16, 64, 512");
        ElementType[] types = {ElementType.Q4_0, ElementType.Q4_1, ElementType.Q5_0, ElementType.Q8_0, ElementType.Q4_K, ElementType.Q6_K,
            ElementType.F16};
        for (ElementType type : types) {
            StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%-6s %12s", type, "1536 x 1024"));
            line.append(String.format(Locale.ROOT, " %7.1f", matmul(type, 512, 1024, 1, 1)));
            line.append(String.format(Locale.ROOT, " %7.1f", matmul(type, 4096, 4096, 1, 8)));
            for (int i = 1; i < TOKENS.length; i++) {
                line.append(String.format(Locale.ROOT, " %7.1f", matmul(type, 1536, 1024, TOKENS[i], 1)));
            }
            System.out.println(line);
        }
    }

    private double matmul(ElementType type, int rows, int cols, int tokens, int matrices) throws Exception {
        try (Arena arena = Arena.ofShared()) {
            Matrix[] ws = new Matrix[matrices];
            for (int i = 0; i < matrices; i++) {
                ws[i] = kernels.pack(arena, type, rows, cols, (offset, into) -> {
                    for (long at = 0; at + 8 <= into.byteSize(); at += 8) {
                        into.set(ValueLayout.JAVA_LONG_UNALIGNED, at, (offset + at) * 0x9e3779b97f4a7c15L & 0x3fff3fff3fff3fffL);
                    }
                });
            }
            Activations x = kernels.activations(arena, tokens, cols);
            Floats values = random(arena, tokens, cols);
            Floats ones = Floats.allocate(arena, 1, cols);
            ones.memory().fill((byte) 0x3f);
            kernels.rmsNorm(values, tokens, ones, 1e-5f, x);
            Floats y = Floats.allocate(arena, tokens, rows);
            double seconds = best(() -> {
                for (Matrix w : ws) {
                    kernels.matmul(w, x, tokens, y);
                }
            });
            return 1e-9 * rows * cols * tokens * matrices / seconds;
        }
    }

    private void attention() {
        System.out.printf("%-34s %s%n", "attention",
                "decode GB/s of K+V at 512, 8192, 32768 tokens (us at 8192); prefill GFLOP/s of 512 at 512, 8192");
        for (KvType type : KvType.values()) {
            for (int[] dims : DIMS) {
                attention(new KvShape(1, dims[1], dims[0], type), dims[2]);
            }
        }
    }

    private void attention(KvShape shape, int group) {
        StringBuilder line = new StringBuilder(String.format("%-34s",
                "%s, dim %d, %d KV heads, group %d".formatted(shape.type(), shape.headDim(), shape.kvHeads(), group)));
        double microsAt8k = 0;
        for (int context : new int[] {512, 8192, 32768}) {
            double bytes = (double) shape.storedBlockBytes() * context / KvShape.BLOCK_TOKENS;
            double seconds = attention(shape, group, context, 1);
            microsAt8k = context == 8192 ? 1e6 * seconds : microsAt8k;
            line.append(String.format(Locale.ROOT, " %7.1f", 1e-9 * bytes / seconds));
        }
        line.append(String.format(Locale.ROOT, " (%.0f us)", microsAt8k));
        for (int context : new int[] {512, 8192}) {
            double flops = 4.0 * shape.headDim() * shape.kvHeads() * group * 512 * (context - 256);
            line.append(String.format(Locale.ROOT, " %9.1f", 1e-9 * flops / attention(shape, group, context, 512)));
        }
        System.out.println(line);
    }

    /** Seconds of the last {@code rows} of {@code context} tokens; layers enough that the caches do not hold K and V of all. */
    private double attention(KvShape one, int group, int context, int rows) {
        int layers = (int) Math.clamp((96L << 20) / (one.storedBlockBytes() * context / KvShape.BLOCK_TOKENS), 1, 32);
        KvShape shape = new KvShape(layers, one.kvHeads(), one.headDim(), one.type());
        try (WeightsArena arena = new WeightsArena()) {
            int heads = shape.kvHeads() * group;
            KvTable table = new KvTable(arena, context / 64 + 1);
            Floats kv = random(arena, 64, shape.headDim() * shape.kvHeads());
            for (int position = 0; position < context; position += 64) {
                long live = arena.allocate(shape.liveBlockBytes(), 64).address();
                table.append(shape.isSealing() ? arena.allocate(shape.storedBlockBytes(), 64).address() : live, live);
                for (int layer = 0; layer < layers; layer++) {
                    kernels.storeKv(kv, kv, 64, shape, layer, table, position);
                }
            }
            Floats q = random(arena, rows, heads * shape.headDim());
            Activations out = kernels.activations(arena, rows, heads * shape.headDim());
            Attention[] attentions = new Attention[layers];
            for (int layer = 0; layer < layers; layer++) {
                attentions[layer] = new Attention(layer, heads, 0.1f, Integer.MAX_VALUE);
            }
            return best(() -> {
                for (Attention attention : attentions) {
                    kernels.attention(q, rows, shape, attention, table, context - rows, out);
                }
            }) / layers;
        }
    }

    // ---------------------------------------------------------------- lookup

    private void lookup() {
        System.out.printf("%-34s %s%n", "scan for one row",
                "GB/s (ns per block and KV head) of planes: 64 blocks, 8192; of means: 64, 8192");
        for (int[] dims : DIMS) {
            KvShape shape = new KvShape(1, dims[1], dims[0], KvType.Q8_0);
            StringBuilder line = new StringBuilder(String.format("%-34s",
                    "dim %d, %d KV heads, group %d".formatted(dims[0], dims[1], dims[2])));
            for (boolean hasPlanes : new boolean[] {true, false}) {
                for (int blocks : new int[] {64, 8192}) {
                    double seconds = scan(shape, dims[2], blocks, hasPlanes);
                    long bytes = hasPlanes ? Planes.bytes(dims[0]) : 2L * dims[0];
                    line.append(String.format(Locale.ROOT, " %7.1f (%.0f)", 1e-9 * bytes * blocks * dims[1] / seconds,
                            1e9 * seconds / blocks / dims[1]));
                }
            }
            System.out.println(line);
        }
        System.out.printf("%-34s %s%n", "one row, 40 blocks",
                "us in a table of blocks, of records, of records in 8 turns; us to summarise a record");
        for (int[] dims : DIMS) {
            listed(new KvShape(24, dims[1], dims[0], KvType.Q8_0), dims[2]);
        }
    }

    /** Seconds of a scan for one row over regions of 64 blocks. */
    private double scan(KvShape shape, int group, int blocks, boolean hasPlanes) {
        KvSummaries summaries = summaries(shape, hasPlanes);
        try (WeightsArena arena = new WeightsArena()) {
            KvScan scan = new KvScan(blocks / 64);
            long record = sealed(arena, shape);
            long one = arena.allocate(summaries.bytes(1), 64).address();
            kernels.summarise(summaries, 0, record, 64, one);
            for (int i = 0; i < blocks / 64; i++) {
                long region = arena.allocate(summaries.bytes(64), 64).address();
                for (int h = 0; h < shape.kvHeads(); h++) {
                    long from = one + summaries.offset(0, h, 1);
                    long to = region + summaries.offset(0, h, 64);
                    for (int b = 0; b < 64; b++) {
                        OffHeap.copy(from, to + summaries.meanBytes() * b, summaries.meanBytes());
                        long planes = hasPlanes ? summaries.planesBytes() : 0;
                        OffHeap.copy(from + summaries.meanBytes(), to + summaries.meanBytes() * 64 + planes * b, planes);
                    }
                }
                scan.add(summaries, region, 64, 64, 0);
            }
            Floats q = random(arena, 1, shape.kvHeads() * group * shape.headDim());
            Floats out = Floats.allocate(arena, shape.kvHeads(), blocks);
            Attention attention = new Attention(0, shape.kvHeads() * group, 0.1f, Integer.MAX_VALUE);
            int[] seen = {blocks};
            return best(() -> kernels.scan(q, null, seen, 1, scan, summaries, attention, out));
        }
    }

    /** Of layer 0. */
    private static KvSummaries summaries(KvShape shape, boolean hasPlanes) {
        BitSet layer = new BitSet();
        layer.set(0);
        BitSet heads = new BitSet();
        heads.set(0, hasPlanes ? shape.kvHeads() : 0);
        return new KvSummaries(shape, layer, heads);
    }

    private long sealed(Arena arena, KvShape shape) {
        KvTable table = new KvTable(arena, 1);
        long stored = arena.allocate(shape.storedBlockBytes(), 64).address();
        table.append(stored, arena.allocate(shape.liveBlockBytes(), 64).address());
        Floats kv = random(arena, 64, shape.headDim() * shape.kvHeads());
        for (int layer = 0; layer < shape.layers(); layer++) {
            kernels.storeKv(kv, kv, 64, shape, layer, table, 0);
        }
        return stored;
    }

    /** One row behind 40 sealed blocks, layer by layer, by each kind of table. */
    private void listed(KvShape shape, int group) {
        int blocks = 40;
        try (WeightsArena arena = new WeightsArena()) {
            KvTable plain = new KvTable(arena, blocks + 1);
            for (int b = 0; b < blocks; b++) {
                plain.append(sealed(arena, shape), 0);
            }
            plain.append(0, arena.allocate(shape.liveBlockBytes(), 64).address());
            StringBuilder line = new StringBuilder(String.format("%-34s",
                    "dim %d, %d KV heads, group %d".formatted(shape.headDim(), shape.kvHeads(), group)));
            for (int kind = 0; kind < 3; kind++) {
                line.append(String.format(Locale.ROOT, " %8.1f", 1e6 * listed(arena, plain, shape, group, kind)));
            }
            KvSummaries summaries = summaries(shape, true);
            long to = arena.allocate(summaries.bytes(1), 64).address();
            double seconds = best(() -> kernels.summarise(summaries, 0, plain.stored(0), 64, to)) / shape.kvHeads();
            System.out.println(line.append(String.format(Locale.ROOT, " %8.1f", 1e6 * seconds)));
        }
    }

    /** Seconds per layer; kind 0: a table of blocks, 1: of records, 2: of records with turns. */
    private double listed(Arena arena, KvTable plain, KvShape shape, int group, int kind) {
        int cols = shape.kvHeads() * group * shape.headDim();
        Floats q = random(arena, 1, cols);
        Floats turned = random(arena, 8, cols);
        Activations out = kernels.activations(arena, 1, cols);
        KvParts[] parts = new KvParts[shape.layers()];
        Attention[] attentions = new Attention[shape.layers()];
        for (int layer = 0; layer < shape.layers(); layer++) {
            parts[layer] = new KvParts(1);
            KvTable table = kind == 0 ? plain : records(arena, plain, shape, layer, kind == 2);
            parts[layer].add(0, 1, KvShape.BLOCK_TOKENS * (plain.blocks() - 1), table, turned, 0, 1);
            attentions[layer] = new Attention(layer, shape.kvHeads() * group, 0.1f, Integer.MAX_VALUE);
        }
        return best(() -> {
            for (int layer = 0; layer < attentions.length; layer++) {
                kernels.attention(q, parts[layer], shape, attentions[layer], out);
            }
        }) / shape.layers();
    }

    private static KvTable records(Arena arena, KvTable plain, KvShape shape, int layer, boolean hasTurns) {
        int blocks = plain.blocks() - 1;
        KvTable table = KvTable.ofRecords(arena, shape.kvHeads(), blocks + 1);
        table.resize(blocks + 1);
        for (int h = 0; h < shape.kvHeads(); h++) {
            for (int b = 0; b < blocks; b++) {
                table.set(h, b, plain.stored(b) + shape.storedOffset(layer, h), KvShape.BLOCK_TOKENS, hasTurns ? 1 + b / 5 : 0);
            }
            table.setLive(h, blocks, plain.live(blocks) + shape.liveOffset(layer, h));
        }
        return table;
    }

    private static Floats random(Arena arena, int rows, int cols) {
        Gen gen = new Gen(1);
        Floats floats = Floats.allocate(arena, rows, cols);
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < cols; c++) {
                floats.set(r, c, gen.gaussian());
            }
        }
        return floats;
    }

    /** Least seconds of a call, over batches of about a millisecond. */
    private double best(Runnable call) {
        long start = System.nanoTime();
        double best = Double.MAX_VALUE;
        int calls = 1;
        while (System.nanoTime() - start < msEach * 1_000_000) {
            long from = System.nanoTime();
            for (int i = 0; i < calls; i++) {
                call.run();
            }
            long ns = System.nanoTime() - from;
            best = Math.min(best, 1e-9 * ns / calls);
            if (ns < 500_000) {
                calls *= 2;
            }
        }
        return best;
    }
}
