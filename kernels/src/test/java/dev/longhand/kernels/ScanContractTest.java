package dev.longhand.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.util.Arrays;
import java.util.BitSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract of {@link Kernels#summarise} and {@link Kernels#scan}, on every tier of this machine. */
@ParameterizedClass(name = "{0}")
@MethodSource("dev.longhand.kernels.Tiers#all")
class ScanContractTest {
    private static final int BLOCK = KvShape.BLOCK_TOKENS;
    /** Half a step of f16, and the order in which 64 keys are added. */
    private static final double F16 = 1.0 / 2048 + 1e-5;
    /** How many times its mean an error of rounding may be. */
    private static final double ERRORS = 4;

    @Parameter
    Ops ops;

    // ---------------------------------------------------------------- summaries

    /**
     * Goal: mean and planes are those of the keys that the sealed record holds, before their turn, over the tokens that are there.
     * Method: records of 1 to 64 tokens, read back; against double precision. A code may differ by one step from the nearest one
     * only where the key lies between two.
     */
    @ParameterizedTest
    @CsvSource({"64, 64", "80, 64", "128, 17", "256, 64", "16, 1", "48, 63", "96, 16", "64, 5"})
    void summarises(int headDim, int tokens) {
        try (Workpiece work = new Workpiece(ops, 1, 5L * headDim + tokens)) {
            Region region = new Region(work, 1, headDim, new int[] {tokens}, true);
            double[][] keys = region.keys(0, 0);
            long mean = region.address;
            long planes = mean + region.summaries.meanBytes();
            for (int d = 0; d < headDim; d++) {
                int channel = d;
                double[] column = Arrays.stream(keys).mapToDouble(key -> key[channel]).toArray();
                double magnitude = Arrays.stream(column).map(Math::abs).max().orElseThrow();
                assertThat((double) OffHeap.f16(mean + 2L * d)).as("mean, dim %d", d)
                        .isCloseTo(Arrays.stream(column).average().orElseThrow(), offset(F16 * magnitude));
                checkPlane(planes, headDim, d, column, magnitude);
            }
        }
    }

    private static void checkPlane(long planes, int headDim, int d, double[] column, double magnitude) {
        double least = Arrays.stream(column).min().orElseThrow();
        double greatest = Arrays.stream(column).max().orElseThrow();
        double min = OffHeap.f16(planes + Planes.minAt(headDim, d));
        double scale = OffHeap.f16(planes + Planes.scaleAt(d));
        assertThat(min).as("min, dim %d", d).isCloseTo(least, offset(F16 * magnitude));
        assertThat(scale).as("scale, dim %d", d).isCloseTo((greatest - least) / Planes.STEPS, offset(F16 * magnitude));
        for (int slot = 0; slot < BLOCK; slot++) {
            int both = OffHeap.u8(planes + Planes.codeAt(headDim, slot, d));
            int code = Planes.isHigh(d) ? both >> 4 : both & 15;
            if (slot >= column.length) {
                assertThat(code).as("slot %d, dim %d, without a token", slot, d).isZero();
            } else {
                double exact = Math.clamp((column[slot] - min) / Math.max(scale, 1e-20), 0, Planes.STEPS);
                assertThat((double) code).as("slot %d, dim %d", slot, d).isCloseTo(scale == 0 ? 0 : exact, offset(0.501));
            }
        }
    }

    /** Goal: a summary is a function of the record. Method: made twice, and by four threads' kernels; equal bytes. */
    @Test
    void summarisesTheSameWayEachTime() {
        try (Workpiece work = new Workpiece(ops, 1, 6); Kernels others = new TeamKernels(ops, 4)) {
            Region region = new Region(work, 3, 80, new int[] {64, 9}, true);
            for (Kernels kernels : new Kernels[] {work.kernels, others}) {
                long again = work.arena.allocate(region.summaries.bytes(1), 64).fill((byte) 0x55).address();
                kernels.summarise(region.summaries, 0, region.stored(0), 64, again);
                assertBytes(again, region.single[0], region.summaries.bytes(1));
            }
        }
    }

    /** Goal: blocks are summarised as they are sealed. Method: 64 tokens stored by a table with summaries; against summarise. */
    @Test
    void summarisesWhatIsStored() {
        try (Workpiece work = new Workpiece(ops, 2, 7)) {
            Region region = new Region(work, 2, 64, new int[] {64}, true);
            KvShape shape = region.shape;
            KvTable table = new KvTable(work.arena, 1, region.summaries);
            long stored = work.arena.allocate(shape.storedBlockBytes() + region.summaries.bytes(1), 64).address();
            table.append(stored, work.arena.allocate(shape.liveBlockBytes(), 64).address());
            work.kernels.storeKv(region.k[0], region.k[0], 64, shape, 0, table, 0);
            assertBytes(stored + shape.storedBlockBytes(), region.single[0], region.summaries.bytes(1));
        }
    }

    private static void assertBytes(long found, long expected, long bytes) {
        for (long at = 0; at < bytes; at++) {
            assertThat(OffHeap.u8(found + at)).as("byte %d", at).isEqualTo(OffHeap.u8(expected + at));
        }
    }

    // ---------------------------------------------------------------- scans

    /**
     * Goal: scores of means are products with them. Method: two regions, one met with a turned query; against double precision.
     */
    @ParameterizedTest
    @CsvSource({"1, 1, 64, 3", "2, 3, 64, 70", "1, 4, 80, 33", "2, 8, 128, 17", "1, 4, 256, 5"})
    void scansMeans(int kvHeads, int group, int headDim, int blocks) {
        try (Workpiece work = new Workpiece(ops, 2, 9)) {
            Scan scan = new Scan(work, kvHeads, group, headDim, blocks, 2, false);
            float[][] found = scan.run(work.kernels, work, 2);
            for (int unit = 0; unit < 2 * kvHeads; unit++) {
                for (int b = 0; b < scan.seen[unit / kvHeads]; b++) {
                    double best = Double.NEGATIVE_INFINITY;
                    double magnitude = 0;
                    for (int j = 0; j < group; j++) {
                        float[] query = scan.query(unit / kvHeads, unit % kvHeads * group + j, b);
                        double dot = 0;
                        for (int d = 0; d < headDim; d++) {
                            double product = scan.scale() * query[d] * scan.mean(unit % kvHeads, b, d);
                            dot += product;
                            magnitude += Math.abs(product);
                        }
                        best = Math.max(best, dot);
                    }
                    assertThat((double) found[unit][b]).as("unit %d, block %d", unit, b)
                            .isCloseTo(best, offset(1e-6 * magnitude + 1e-6));
                }
            }
        }
    }

    /**
     * Goal: shares are those of the attention to the planes' keys. Method: two regions, the first turned and with a partly filled
     * last block; against double precision over the planes as they were read. Only the native tier rounds queries, to 8 bits;
     * what that may do to a share follows from the bound of {@link #roundsLogsOfMassWithinTheirBound}.
     */
    @ParameterizedTest
    @CsvSource({"1, 1, 64, 3", "2, 3, 64, 70", "1, 4, 80, 33", "2, 8, 128, 17", "1, 4, 256, 5", "1, 5, 48, 9"})
    void scansPlanes(int kvHeads, int group, int headDim, int blocks) {
        try (Workpiece work = new Workpiece(ops, 2, 10)) {
            Scan scan = new Scan(work, kvHeads, group, headDim, blocks, 2, true);
            float[][] found = scan.run(work.kernels, work, 2);
            for (int unit = 0; unit < 2 * kvHeads; unit++) {
                double[][] expected = scan.shares(unit / kvHeads, unit % kvHeads, ops.tier() == Tier.NATIVE ? ERRORS : 0);
                for (int b = 0; b < expected[0].length; b++) {
                    assertThat((double) found[unit][b]).as("unit %d, block %d", unit, b)
                            .isCloseTo(expected[0][b], offset(expected[1][b]));
                }
            }
        }
    }

    /**
     * Goal: a block's log of mass errs by no more than rounding a query to 8 bits allows. Method: single calls of the tier; against
     * double precision. With steps s = greatest |q_c scale_c| / 127 a token's score moves by at most s / 2 * sum |code_c - 7.5|,
     * and by about s / sqrt(12) * sqrt(sum (code_c - 7.5)^2) in the mean of squares; four times that is allowed. Tiers that do not
     * round keep to the error of f32.
     */
    @ParameterizedTest
    @ValueSource(ints = {64, 80, 128, 256})
    void roundsLogsOfMassWithinTheirBound(int headDim) {
        int blocks = 40;
        int group = 5;
        try (Workpiece work = new Workpiece(ops, 1, 11)) {
            Scan scan = new Scan(work, 1, group, headDim, blocks, 1, true);
            float[][] found = scan.masses(ops, work);
            double errors = ops.tier() == Tier.NATIVE ? ERRORS : 0;
            for (int j = 0; j < group; j++) {
                for (int b = 0; b < blocks; b++) {
                    double[] expected = scan.logMass(scan.query(0, j, 0), 0, b);
                    assertThat((double) found[j][b]).as("head %d, block %d", j, b)
                            .isCloseTo(expected[0], offset(errors * expected[1] + 1e-4));
                }
            }
        }
    }

    /** Goal: bits depend neither on other rows nor on runs nor on threads. Method: rows alone by one thread, against passes. */
    @ParameterizedTest
    @CsvSource({
        "2, 3, 64, 300, true", "2, 3, 64, 300, false", "1, 4, 128, 130, true", "1, 1, 80, 530, true", "1, 1, 80, 530, false",
    })
    void isBatchInvariant(int kvHeads, int group, int headDim, int blocks, boolean hasPlanes) {
        boolean isSlow = ops.tier() == Tier.SCALAR;
        int rows = 7;
        try (Workpiece work = new Workpiece(ops, 1, 12)) {
            Scan scan = new Scan(work, kvHeads, group, headDim, isSlow ? 130 : blocks, rows, hasPlanes);
            float[][] expected = scan.run(work.kernels, work, 1);
            for (int threads : isSlow ? new int[] {2} : new int[] {1, 2, 4}) {
                try (Kernels kernels = new TeamKernels(ops, threads)) {
                    for (int batch : new int[] {1, 2, 7}) {
                        assertThat(scan.run(kernels, work, batch)).as("%d threads, %d rows", threads, batch)
                                .isDeepEqualTo(expected);
                    }
                }
            }
        }
    }

    /**
     * Goal: a key or a query that is no number never passes for a score. Method: a NaN and an infinity in one key, then in a query;
     * the block's mean and mass are NaN, and so are all shares of the head; other blocks' means stay.
     */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void passesValuesThatAreNoNumbersOn(boolean hasPlanes) {
        for (float bad : new float[] {Float.NaN, 1e6f, Float.NEGATIVE_INFINITY}) {
            try (Workpiece work = new Workpiece(ops, 1, 13)) {
                Scan scan = new Scan(work, 1, 2, 64, 20, 1, hasPlanes);
                float[][] clean = scan.run(work.kernels, work, 1);
                scan.region.spoilKey(3, bad);
                float[] found = scan.run(work.kernels, work, 1)[0];
                for (int b = 0; b < 20; b++) {
                    if (b == 3 || hasPlanes) {
                        assertThat(found[b]).as("key %s, block %d", bad, b).isNaN();
                    } else {
                        assertThat(found[b]).as("key %s, block %d", bad, b).isEqualTo(clean[0][b]);
                    }
                }
            }
            try (Workpiece work = new Workpiece(ops, 1, 13)) {
                Scan scan = new Scan(work, 1, 2, 64, 20, 1, hasPlanes);
                scan.turned.set(1, 70, Float.NaN); // of the only row, for turn 2
                assertThat(scan.run(work.kernels, work, 1)[0]).containsOnly(Float.NaN);
            }
        }
    }

    /** Goal: the caller's mistakes are refused. Method: a turn without queries, more blocks seen than there are. */
    @Test
    void refusesScansThatCannotBeRead() {
        try (Workpiece work = new Workpiece(ops, 1, 14)) {
            Scan scan = new Scan(work, 1, 2, 64, 4, 1, true);
            Floats out = work.zeros(1, 4);
            KvScan blocks = new KvScan(1);
            blocks.add(scan.region.summaries, scan.region.address, 4, 64, 1);
            assertThatThrownBy(() -> scan.run(work.kernels, blocks, 4, out))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("turn 1");
            blocks.clear();
            blocks.add(scan.region.summaries, scan.region.address, 4, 64, 0);
            assertThatThrownBy(() -> scan.run(work.kernels, blocks, 5, out))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("sees 5 of 4");
        }
    }

    // ---------------------------------------------------------------- operands

    /** Random sealed blocks of one layer, and their summaries as a region. */
    static final class Region {
        final KvShape shape;
        final KvSummaries summaries;
        final Floats[] k; // (block)
        final long[] single; // (block): summaries as a region of one block
        final long address;
        private final Workpiece work;
        private final KvTable[] tables;
        private final int[] tokens;

        Region(Workpiece work, int kvHeads, int headDim, int[] tokens, boolean hasPlanes) {
            this.work = work;
            this.tokens = tokens;
            this.shape = new KvShape(1, kvHeads, headDim, KvType.Q8_0);
            BitSet heads = new BitSet();
            heads.set(0, hasPlanes ? kvHeads : 0);
            BitSet layer = new BitSet();
            layer.set(0);
            this.summaries = new KvSummaries(shape, layer, heads);
            k = new Floats[tokens.length];
            single = new long[tokens.length];
            tables = new KvTable[tokens.length];
            address = work.arena.allocate(summaries.bytes(tokens.length), 64).address();
            for (int b = 0; b < tokens.length; b++) {
                k[b] = work.floats(tokens[b], kvHeads * headDim);
                tables[b] = work.table(shape, BLOCK);
                single[b] = work.arena.allocate(summaries.bytes(1), 64).fill((byte) 0x77).address();
                make(b);
            }
        }

        private void make(int b) {
            work.kernels.storeKv(k[b], k[b], tokens[b], shape, 0, tables[b], 0);
            work.kernels.seal(shape, tables[b].live(0), stored(b));
            work.kernels.summarise(summaries, 0, stored(b), tokens[b], single[b]);
            for (int h = 0; h < shape.kvHeads(); h++) {
                long from = single[b] + summaries.offset(0, h, 1);
                long to = address + summaries.offset(0, h, tokens.length);
                OffHeap.copy(from, to + summaries.meanBytes() * b, summaries.meanBytes());
                if (summaries.hasPlanes(0, h)) {
                    OffHeap.copy(from + summaries.meanBytes(), planes(h, b), summaries.planesBytes());
                }
            }
        }

        void spoilKey(int block, float bad) {
            k[block].set(0, 7, bad);
            make(block);
        }

        long stored(int block) {
            return tables[block].stored(0);
        }

        int tokens(int block) {
            return tokens[block];
        }

        long mean(int kvHead, int block) {
            return address + summaries.offset(0, kvHead, tokens.length) + summaries.meanBytes() * block;
        }

        long planes(int kvHead, int block) {
            return mean(kvHead, 0) + summaries.meanBytes() * tokens.length + summaries.planesBytes() * block;
        }

        /** The record's keys {@code (slot, dim)} before their turn. */
        double[][] keys(int kvHead, int block) {
            int dim = shape.headDim();
            int n = Integer.lowestOneBit(dim);
            double[][] out = new double[tokens[block]][dim];
            long record = stored(block) + shape.storedOffset(0, kvHead);
            for (int slot = 0; slot < tokens[block]; slot++) {
                for (int d = 0; d < dim; d++) {
                    double element = (double) OffHeap.f16(record + SealedRecord.keyScaleAt(dim, slot, d / 32))
                            * (OffHeap.u8(record + SealedRecord.keyAt(dim, slot, d)) - 128);
                    for (int i = 0; i < n; i++) {
                        double sign = Integer.bitCount(d % n & i) % 2 == 0 ? 1 : -1;
                        out[slot][d / n * n + i] += sign * element / Math.sqrt(n);
                    }
                }
            }
            return out;
        }
    }

    /** Two regions and rows of queries; the first region is met with a turn, its last block is partly filled. */
    private static final class Scan {
        final Region region;
        final Region second;
        final Attention attention;
        final Floats q;
        final Floats turned;
        final int[] seen;
        private final int group;
        private final int rows;

        Scan(Workpiece work, int kvHeads, int group, int headDim, int blocks, int rows, boolean hasPlanes) {
            this.group = group;
            this.rows = rows;
            int[] tokens = new int[blocks];
            Arrays.fill(tokens, BLOCK);
            tokens[blocks - 1] = 13;
            region = new Region(work, kvHeads, headDim, tokens, hasPlanes);
            second = new Region(work, kvHeads, headDim, new int[] {64, 64}, hasPlanes);
            attention = new Attention(0, kvHeads * group, (float) (1 / Math.sqrt(headDim)), Integer.MAX_VALUE);
            q = work.floats(rows, kvHeads * group * headDim);
            turned = work.floats(2 * rows, kvHeads * group * headDim);
            seen = new int[rows];
            for (int r = 0; r < rows; r++) {
                seen[r] = blocks + r % 3;
            }
        }

        float scale() {
            return attention.scale();
        }

        /** The query of a row and head that meets a block. */
        float[] query(int row, int head, int block) {
            int dim = region.shape.headDim();
            return isFirst(block) ? Workpiece.head(turned, rows + row, head, dim) : Workpiece.head(q, row, head, dim);
        }

        private boolean isFirst(int block) {
            return block < region.k.length;
        }

        double mean(int kvHead, int block, int d) {
            long mean = isFirst(block) ? region.mean(kvHead, block) : second.mean(kvHead, block - region.k.length);
            return OffHeap.f16(mean + 2L * d);
        }

        /** {@code (row * kvHeads, seen blocks)}, {@code batch} rows at a time. */
        float[][] run(Kernels kernels, Workpiece work, int batch) {
            KvScan scan = new KvScan(2);
            scan.add(region.summaries, region.address, region.k.length, 13, 2);
            scan.add(second.summaries, second.address, 2, 64, 0);
            int heads = region.shape.kvHeads();
            float[][] found = new float[rows * heads][];
            for (int from = 0; from < rows; from += batch) {
                int n = Math.min(batch, rows - from);
                Floats some = work.zeros(2 * n, q.cols());
                for (int i = 0; i < 2 * n; i++) {
                    Workpiece.copyRow(turned, i / n * rows + from + i % n, some, i);
                }
                Floats out = work.zeros(n * heads, scan.blocks());
                int[] theirs = Arrays.copyOfRange(seen, from, from + n);
                kernels.scan(q.rows(from, n), some, theirs, n, scan, region.summaries, attention, out);
                for (int i = 0; i < n * heads; i++) {
                    found[from * heads + i] = Arrays.copyOf(Workpiece.row(out, i), seen[from + i / heads]);
                }
            }
            return found;
        }

        /** The first row alone, without turned queries. */
        void run(Kernels kernels, KvScan scan, int seen, Floats out) {
            kernels.scan(q, null, new int[] {seen}, 1, scan, region.summaries, attention, out);
        }

        /** {@code (group, blocks)} of the first region, by the tier itself. */
        float[][] masses(Ops ops, Workpiece work) {
            int blocks = region.k.length;
            ScanChunk chunk = new ScanChunk();
            chunk.headDim = region.shape.headDim();
            chunk.group = group;
            chunk.scale = scale();
            chunk.q = turned.address(rows);
            chunk.planes = region.planes(0, 0);
            chunk.blocks = blocks;
            chunk.lastTokens = 13;
            Floats out = work.zeros(group, blocks);
            chunk.out = out.address(0);
            chunk.outStride = blocks;
            chunk.scratch = work.arena.allocate(ops.scanScratchBytes(group, chunk.headDim), 64).address();
            ops.scanPlanes(chunk);
            float[][] found = new float[group][];
            Arrays.setAll(found, j -> Workpiece.row(out, j));
            return found;
        }

        /** A block's log of mass, and by how much rounding the query to 8 bits moves a score, in the mean of squares. */
        double[] logMass(float[] query, int kvHead, int block) {
            Region of = isFirst(block) ? region : second;
            int b = isFirst(block) ? block : block - region.k.length;
            int dim = query.length;
            long planes = of.planes(kvHead, b);
            double mass = 0;
            double widest = 0;
            double greatest = 0;
            for (int slot = 0; slot < of.tokens(b); slot++) {
                double score = 0;
                double squares = 0;
                for (int d = 0; d < dim; d++) {
                    int both = OffHeap.u8(planes + Planes.codeAt(dim, slot, d));
                    int code = Planes.isHigh(d) ? both >> 4 : both & 15;
                    double step = OffHeap.f16(planes + Planes.scaleAt(d));
                    score += scale() * query[d] * (OffHeap.f16(planes + Planes.minAt(dim, d)) + step * code);
                    squares += (code - 7.5) * (code - 7.5);
                    greatest = Math.max(greatest, Math.abs(scale() * query[d] * step));
                }
                mass += Math.exp(score);
                widest = Math.max(widest, squares);
            }
            return new double[] {Math.log(mass), greatest / 127 * Math.sqrt(widest / 12)};
        }

        /** Shares, and how far they may be off if logs of mass err by {@code errors} times what rounding does on average. */
        double[][] shares(int row, int kvHead, double errors) {
            double[][] out = new double[2][seen[row]];
            for (int j = 0; j < group; j++) {
                double[] masses = new double[seen[row]];
                double off = 1e-4;
                for (int b = 0; b < masses.length; b++) {
                    double[] mass = logMass(query(row, kvHead * group + j, b), kvHead, b);
                    masses[b] = mass[0];
                    off = Math.max(off, errors * mass[1]);
                }
                double max = Arrays.stream(masses).max().orElseThrow();
                double all = Arrays.stream(masses).map(m -> Math.exp(m - max)).sum();
                for (int b = 0; b < masses.length; b++) {
                    double share = Math.exp(masses[b] - max) / all;
                    out[0][b] += share;
                    out[1][b] += 1e-6 + share * (Math.exp(2 * off) - 1); // the block's own error, and that of the sum
                }
            }
            return out;
        }
    }
}
