package dev.longhand.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.kernels.ListedBlocks.Form;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract of {@link Kernels#attention} over tables of records, on every tier of this machine. */
@ParameterizedClass(name = "{0}")
@MethodSource("dev.longhand.kernels.Tiers#all")
class ListedAttentionContractTest {
    private static final int ALL = Integer.MAX_VALUE;
    private static final int BLOCK = KvShape.BLOCK_TOKENS;
    /**
     * A key's turn is rounded to f16 and then to 8 bits, where another order of its sum can make one step more; see
     * {@link KvReference}.
     */
    private static final double TOLERANCE = 0.05;

    @Parameter
    Ops ops;

    /**
     * Goal: attention over listed records is right for partly filled blocks, turned queries, windows, group sizes and head
     * dimensions. Method: rows of a live block behind random records, all in one call; against the definition in double precision.
     */
    @ParameterizedTest
    @CsvSource({
        // kvHeads, group, headDim, blocks, rows, window
        "1, 1, 64, 1, 1, 0", "2, 3, 64, 9, 5, 0", "1, 4, 80, 6, 3, 0", "2, 8, 128, 5, 2, 0", "1, 4, 256, 5, 4, 0",
        "2, 1, 128, 13, 40, 0",
        "2, 3, 64, 9, 5, 100", "1, 4, 80, 6, 3, 300", "1, 3, 64, 3, 2, 1", "1, 8, 64, 40, 1, 0",
    })
    void attends(int kvHeads, int group, int headDim, int blocks, int rows, int window) {
        int seen = window == 0 ? ALL : window;
        try (Workpiece work = new Workpiece(ops, 2, 31L * blocks + headDim)) {
            ListedBlocks listed = new ListedBlocks(work, kvHeads, group, headDim, blocks, rows, Form.PARTLY_FULL);
            float[][] found = listed.attend(work.kernels, work.arena, seen, rows);
            for (int row = 0; row < rows; row += 1 + rows / 8) {
                listed.check(row, seen, found[row], TOLERANCE);
            }
        }
    }

    /**
     * Goal: bits depend neither on the batch nor on the chunks nor on the threads, also where a row is cut along its keys. Method:
     * 64 rows, one at a time by one thread; against passes of 1, 2, 7, 64 rows by 1, 2, 4 threads.
     */
    @ParameterizedTest
    @CsvSource({"2, 3, 64, 21, 0", "1, 4, 256, 11, 300", "1, 1, 80, 40, 0"})
    void isBatchInvariant(int kvHeads, int group, int headDim, int blocks, int window) {
        int seen = window == 0 ? ALL : window;
        boolean isSlow = ops.tier() == Tier.SCALAR;
        int rows = isSlow ? 9 : 64;
        try (Workpiece work = new Workpiece(ops, 1, 77)) {
            ListedBlocks listed = new ListedBlocks(work, kvHeads, group, headDim, blocks, rows, Form.PARTLY_FULL);
            float[][] expected = listed.attend(work.kernels, work.arena, seen, 1);
            for (int threads : isSlow ? new int[] {2} : new int[] {1, 2, 4}) {
                try (Kernels kernels = new TeamKernels(ops, threads)) {
                    for (int batch : isSlow ? new int[] {1, 7} : new int[] {1, 2, 7, 64}) {
                        assertThat(listed.attend(kernels, work.arena, seen, batch)).as("%d threads, %d rows", threads, batch)
                                .isDeepEqualTo(expected);
                    }
                }
            }
        }
    }

    /**
     * Goal: a list of full blocks without turns gives bit for bit what a table of blocks gives. Method: the same blocks both ways,
     * rows alone and together, with and without a window.
     */
    @ParameterizedTest
    @CsvSource({"2, 3, 64, 0", "1, 4, 256, 300", "2, 1, 80, 70"})
    void equalsATableOfBlocks(int kvHeads, int group, int headDim, int window) {
        int seen = window == 0 ? ALL : window;
        int rows = 9;
        try (Workpiece work = new Workpiece(ops, 2, 78)) {
            ListedBlocks listed = new ListedBlocks(work, kvHeads, group, headDim, 10, rows, Form.FULL);
            KvTable plain = new KvTable(work.arena, 11);
            for (int b = 0; b < 10; b++) {
                plain.append(listed.record(0, b), 0);
            }
            plain.append(0, listed.table.live(0, 10) - listed.shape.liveOffset(0, 0));
            for (int batch : new int[] {1, rows}) {
                float[][] found = listed.attend(work.kernels, work.arena, seen, batch);
                for (int from = 0; from < rows; from += batch) {
                    Activations out = work.kernels.activations(work.arena, batch, listed.q.cols());
                    work.kernels.attention(listed.q.rows(from, batch), batch, listed.shape, listed.attention(seen), plain,
                            10 * BLOCK + from, out);
                    for (int row = 0; row < batch; row++) {
                        assertThat(Workpiece.row(out.values(), row)).as("row %d of %d", from, batch)
                                .containsExactly(found[from + row]);
                    }
                }
            }
        }
    }

    /**
     * Goal: slots past a block's count reach no row, whatever they hold. Method: blocks listed with fewer tokens than they hold,
     * against the same with those slots' scales overwritten by NaN and their bytes by others; equal bits.
     */
    @Test
    void doesNotSeeSlotsPastTheCount() {
        int rows = 3;
        try (Workpiece work = new Workpiece(ops, 2, 79)) {
            ListedBlocks listed = new ListedBlocks(work, 1, 3, 64, 6, rows, Form.FULL);
            int[] counts = {64, 5, 63, 33, 1, 16};
            for (int b = 0; b < counts.length; b++) {
                listed.setCount(0, b, counts[b]);
            }
            float[][] expected = listed.attend(work.kernels, work.arena, ALL, rows);
            listed.check(0, ALL, expected[0], TOLERANCE);
            for (int b = 0; b < counts.length; b++) {
                for (int slot = counts[b]; slot < BLOCK; slot++) {
                    spoil(listed.record(0, b), slot);
                }
            }
            assertThat(listed.attend(work.kernels, work.arena, ALL, rows)).isDeepEqualTo(expected);
            assertThat(listed.attend(work.kernels, work.arena, ALL, 1)).isDeepEqualTo(expected);
        }
    }

    private static void spoil(long record, int slot) {
        for (int d = 0; d < 64; d++) {
            OffHeap.u8(record + SealedRecord.keyAt(64, slot, d), 255 - d);
            OffHeap.u8(record + SealedRecord.valueAt(64, slot, d), d);
        }
        for (int g = 0; g < 2; g++) {
            OffHeap.f16(record + SealedRecord.keyScaleAt(64, slot, g), slot % 2 == 0 ? Float.NaN : Float.POSITIVE_INFINITY);
            OffHeap.f16(record + SealedRecord.valueScaleAt(64, slot, g), slot % 3 == 0 ? Float.NaN : 60_000);
        }
    }

    /**
     * Goal: a row that sees of a span only slots without a token takes nothing from it. Method: a window that begins past the count
     * of a span's last block; alone, together, and cut along its keys.
     */
    @ParameterizedTest
    @CsvSource({"1, 1", "9, 2"})
    void seesASpanOfSlotsWithoutTokens(int batch, int threads) {
        try (Workpiece work = new Workpiece(ops, threads, 80)) {
            ListedBlocks listed = new ListedBlocks(work, 2, 2, 64, 9, 9, Form.FULL);
            for (int h = 0; h < 2; h++) {
                listed.setCount(h, 3, 10);
            }
            int window = 9 * BLOCK - 3 * BLOCK - 20; // from slot 20 of block 3 on
            float[][] found = listed.attend(work.kernels, work.arena, window, batch);
            for (int row = 0; row < 9; row++) {
                listed.check(row, window, found[row], TOLERANCE);
            }
        }
    }

    /** Goal: the caller's mistakes are refused. Method: a turn without queries, a missing record, storing by a table of records. */
    @Test
    void refusesListsThatCannotBeRead() {
        try (Workpiece work = new Workpiece(ops, 1, 81)) {
            ListedBlocks listed = new ListedBlocks(work, 2, 1, 64, 3, 1, Form.FULL);
            KvParts parts = new KvParts(1);
            Activations out = work.kernels.activations(work.arena, 1, listed.q.cols());
            parts.add(0, 1, 3 * BLOCK, listed.table);
            listed.table.set(1, 2, listed.record(1, 2), BLOCK, 1);
            assertThatThrownBy(() -> work.kernels.attention(listed.q, parts, listed.shape, listed.attention(ALL), out))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("block 2 of list 1 has turn 1");
            listed.table.set(1, 2, 0, BLOCK, 0);
            assertThatThrownBy(() -> work.kernels.attention(listed.q, parts, listed.shape, listed.attention(ALL), out))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("no stored form");
            Floats kv = work.floats(1, 128);
            assertThatThrownBy(() -> work.kernels.storeKv(kv, kv, parts, listed.shape, 0))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("not of records");
        }
    }

    /** Goal: a turned query that is no number gives no number. Method: a NaN in one, and rows that meet a block with it. */
    @Test
    void passesTurnedQueriesThatAreNoNumbersOn() {
        try (Workpiece work = new Workpiece(ops, 1, 82)) {
            ListedBlocks listed = new ListedBlocks(work, 1, 2, 64, 5, 2, Form.FULL);
            listed.table.set(0, 1, listed.record(0, 1), BLOCK, 2);
            listed.turned.set(2 * 1 + 1, 7, Float.NaN); // turn 2, row 1, head 0
            float[][] found = listed.attend(work.kernels, work.arena, ALL, 2);
            assertThat(Arrays.copyOf(found[1], 64)).containsOnly(Float.NaN);
            for (float x : found[0]) {
                assertThat(x).isFinite();
            }
        }
    }
}
