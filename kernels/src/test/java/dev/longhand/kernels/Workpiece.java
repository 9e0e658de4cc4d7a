package dev.longhand.kernels;

import dev.longhand.base.ElementType;
import dev.longhand.base.Problem;
import dev.longhand.testkit.Gen;
import java.io.EOFException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** What a kernel test works on: kernels of one tier, their memory, and random operands. */
final class Workpiece implements AutoCloseable {
    final Kernels kernels;
    final Gen gen;
    final Arena arena = Arena.ofShared();

    Workpiece(Ops ops, int threads, long seed) {
        this.kernels = new TeamKernels(ops, threads);
        this.gen = new Gen(seed);
    }

    /** Random {@code (rows, cols)}; a few columns much larger than the rest, as in real models. */
    Floats floats(int rows, int cols) {
        Floats out = Floats.allocate(arena, rows, cols);
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < cols; c++) {
                out.set(r, c, gen.gaussian() * (c % 97 == 5 ? 8 : 1));
            }
        }
        return out;
    }

    Floats zeros(int rows, int cols) {
        return Floats.allocate(arena, rows, cols);
    }

    /** Activations with the values of {@code x}, finished. */
    Activations activations(Floats x) {
        return activations(x, 0, x.rows());
    }

    /** Activations of rows {@code [from, from + rows)} of {@code x}, finished by a writer of the contract. */
    Activations activations(Floats x, int from, int rows) {
        Activations plain = new Activations(arena, rows, x.cols(), 0);
        MemorySegment.copy(x.memory(), 4L * from * x.cols(), plain.values().memory(), 0, 4L * rows * x.cols());
        Activations out = kernels.activations(arena, rows, x.cols());
        for (int r = 0; r < rows; r++) {
            kernels.copyRow(plain, r, out, r);
        }
        return out;
    }

    Matrix pack(ElementType source, int rows, int cols, byte[] raw) {
        try {
            return kernels.pack(arena, source, rows, cols, (offset, into) -> {
                if (offset + into.byteSize() > raw.length) {
                    throw new EOFException("read past the end of the test's weights");
                }
                MemorySegment.copy(raw, (int) offset, into, ValueLayout.JAVA_BYTE, 0, (int) into.byteSize());
            });
        } catch (Problem e) {
            throw new AssertionError(e);
        }
    }

    Matrix randomMatrix(ElementType source, int rows, int cols) {
        return pack(source, rows, cols, GgmlFormulas.randomRows(gen, source, rows, cols));
    }

    /** A table with blocks for {@code tokens} positions, filled with NaN: what was not stored must not be read. */
    KvTable table(KvShape shape, int tokens) {
        int blocks = Math.ceilDiv(tokens, KvShape.BLOCK_TOKENS);
        KvTable table = new KvTable(arena, blocks);
        for (int b = 0; b < blocks; b++) {
            long live = nans(shape.liveBlockBytes());
            table.append(shape.isSealing() ? nans(shape.storedBlockBytes()) : live, live);
        }
        return table;
    }

    private long nans(long bytes) {
        return arena.allocate(bytes, 64).fill((byte) 0xff).address();
    }

    static void copyRow(Floats from, int row, Floats to, int toRow) {
        MemorySegment.copy(from.memory(), 4L * row * from.cols(), to.memory(), 4L * toRow * to.cols(), 4L * from.cols());
    }

    static float[] row(Floats x, int row) {
        float[] out = new float[x.cols()];
        x.copyRow(row, out);
        return out;
    }

    static float[] head(Floats x, int row, int head, int dim) {
        return Arrays.copyOfRange(row(x, row), head * dim, head * dim + dim);
    }

    @Override
    public void close() {
        kernels.close();
        arena.close();
    }
}
