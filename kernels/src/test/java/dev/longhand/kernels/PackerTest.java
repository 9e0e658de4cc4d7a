package dev.longhand.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.ElementType;
import dev.longhand.testkit.Gen;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PackerTest {
    private static final int COLS = 512;

    /** Goal: panels hold exactly the file's weights. Method: random blocks, two independent readers, every weight. */
    @ParameterizedTest
    @EnumSource(ElementType.class)
    void keepsEveryWeight(ElementType source) throws IOException {
        Gen gen = new Gen(7 + source.ordinal());
        int rows = 37; // the last panel has 11 padding rows
        byte[] raw = GgmlFormulas.randomRows(gen, source, rows, COLS);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment panels = pack(arena, source, rows, raw, 3);
            PanelReader reader = new PanelReader(PanelType.of(source), COLS, panels);
            for (int row = 0; row < rows; row++) {
                for (int col = 0; col < COLS; col++) {
                    float expected = GgmlFormulas.weight(source, raw, (int) source.rowBytes(COLS) * row, col);
                    float tolerance = source == ElementType.Q2_K ? Math.abs(expected) / 2048 + 6e-8f : 0;
                    assertThat(reader.weight(row, col)).as("%s (%d, %d), seed %d", source, row, col, gen.seed())
                            .isBetween(expected - tolerance, expected + tolerance);
                }
            }
            for (int row = rows; row < 48; row++) {
                for (int col = 0; col < COLS; col++) {
                    assertThat(Math.abs(reader.weight(row, col))).as("padding (%d, %d)", row, col).isZero();
                }
            }
        }
    }

    /** Goal: chunks of panels may be packed apart. Method: the bytes of one call equal those of many. */
    @ParameterizedTest
    @EnumSource(ElementType.class)
    void packsPanelsIndependently(ElementType source) throws IOException {
        Gen gen = new Gen(3);
        byte[] raw = GgmlFormulas.randomRows(gen, source, 100, COLS);
        try (Arena arena = Arena.ofConfined()) {
            byte[] whole = pack(arena, source, 100, raw, 7).toArray(ValueLayout.JAVA_BYTE);
            byte[] parts = pack(arena, source, 100, raw, 1).toArray(ValueLayout.JAVA_BYTE);
            assertThat(parts).isEqualTo(whole);
        }
    }

    /** Goal: no second copy of a matrix. Method: the largest single read stays small beside the tensor. */
    @Test
    void readsInSmallPieces() throws IOException {
        int rows = 16_384;
        AtomicLong largest = new AtomicLong();
        RawRows zeros = (offset, into) -> largest.accumulateAndGet(into.byteSize(), Math::max);
        try (Arena arena = Arena.ofConfined()) {
            Packer packer = new Packer(ElementType.Q4_0, rows, COLS, zeros);
            packer.pack(0, rows / 16, arena.allocate(packer.bytes(), 64));
        }
        assertThat(largest.get()).isLessThanOrEqualTo(256 << 10);
    }

    /** Goal: a failing read reaches the caller. Method: a source that always fails. */
    @Test
    void passesOnReadFailures() {
        RawRows failing = (offset, into) -> {
            throw new IOException("disk at " + offset);
        };
        Packer packer = new Packer(ElementType.F16, 64, 32, failing);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment panels = arena.allocate(packer.bytes(), 64);
            assertThatThrownBy(() -> packer.pack(1, 3, panels)).isInstanceOf(IOException.class).hasMessage("disk at 1024");
        }
    }

    /** Goal: vectors of any type become f32. Method: every type against the formulas. */
    @ParameterizedTest
    @EnumSource(ElementType.class)
    void readsVectors(ElementType source) throws IOException {
        byte[] raw = GgmlFormulas.randomRows(new Gen(11), source, 1, COLS);
        try (Arena arena = Arena.ofConfined()) {
            Floats out = Floats.allocate(arena, 1, COLS);
            Packer.vector(source, COLS, from(raw), out.memory());
            for (int i = 0; i < COLS; i++) {
                assertThat(out.get(0, i)).as("%s %d", source, i).isEqualTo(GgmlFormulas.weight(source, raw, 0, i));
            }
        }
    }

    private static MemorySegment pack(Arena arena, ElementType source, int rows, byte[] raw, int step) throws IOException {
        Packer packer = new Packer(source, rows, COLS, from(raw));
        MemorySegment panels = arena.allocate(packer.bytes(), 64);
        int count = Panels.count(rows);
        for (int p = 0; p < count; p += step) {
            packer.pack(p, Math.min(p + step, count), panels);
        }
        return panels;
    }

    private static RawRows from(byte[] raw) {
        return (offset, into) -> MemorySegment.copy(raw, (int) offset, into, ValueLayout.JAVA_BYTE, 0, (int) into.byteSize());
    }
}
