package dev.longhand.kernels;

import static dev.longhand.kernels.Lanes.F;
import static dev.longhand.kernels.Lanes.I;
import static dev.longhand.kernels.Lanes.ORDER;
import static dev.longhand.kernels.OffHeap.ALL;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Summaries and scans of the vector tier: keys in f32, all tokens of a block at once, products by {@link VectorGemm}. Queries
 * are not rounded. A block's and head's bits depend on nothing else. The loops call methods of the vector API only; see
 * {@link VectorDot}. Thread-safe: no state.
 */
final class VectorScan {
    private static final int BLOCK = KvShape.BLOCK_TOKENS;
    private static final int N = Lanes.COUNT;
    /** Adding it leaves the nearest integer in the low bits; those of a NaN are 0. */
    private static final float ROUND = 0x1.8p23f;

    private VectorScan() {}

    // ---------------------------------------------------------------- summaries

    /** See {@link Ops#summarise}; scratch: keys {@code (headDim, 64)}, then what else is needed. */
    static void summarise(long record, int tokens, int headDim, long mean, long planes, long scratch) {
        long more = scratch + 4L * BLOCK * headDim;
        VectorUnseal.keys(record, headDim, scratch, more);
        unturn(scratch, headDim);
        pad(scratch, tokens, headDim, 0, false);
        for (int d = 0; d < headDim; d++) {
            OffHeap.f16(mean + 2L * d, VectorRows.sum(scratch + 4L * BLOCK * d, BLOCK) / tokens);
        }
        if (planes != 0) {
            pad(scratch, tokens, headDim, 0, true);
            writeScales(scratch, headDim, planes, more);
            writeCodes(scratch, headDim, more, planes + Planes.codeAt(headDim, 0, 0));
            clearCodes(tokens, headDim, planes);
        }
    }

    /** Keys as they were before their turn, which is its own inverse. */
    private static void unturn(long keys, int headDim) {
        int run = BLOCK * Integer.lowestOneBit(headDim);
        int all = BLOCK * headDim;
        for (int half = BLOCK; half < run; half *= 2) {
            for (int i = 0; i < all; i += 2 * half) {
                VectorRows.turnHalves(keys + 4L * i, half);
            }
        }
        float factor = (float) (1 / Math.sqrt(Integer.lowestOneBit(headDim)));
        VectorAttention.scaleRow(keys, all, factor, keys);
    }

    /** Gives slots without a token {@code value}, or the first token's, which moves no least and no greatest. */
    private static void pad(long keys, int tokens, int headDim, float value, boolean isFirst) {
        for (int d = 0; tokens < BLOCK && d < headDim; d++) {
            long row = keys + 4L * BLOCK * d;
            VectorAttention.fill(row, tokens, BLOCK, isFirst ? OffHeap.f32(row) : value);
        }
    }

    /** Scales and mins to the planes; mins and inverse scales, 0 where there is none, to {@code used (2, headDim)}. */
    private static void writeScales(long keys, int headDim, long planes, long used) {
        for (int d = 0; d < headDim; d++) {
            long row = keys + 4L * BLOCK * d;
            float min = VectorRows.min(row, BLOCK);
            OffHeap.f16(planes + Planes.scaleAt(d), (VectorRows.max(row, BLOCK) - min) / Planes.STEPS);
            OffHeap.f16(planes + Planes.minAt(headDim, d), min);
            float scale = OffHeap.f16(planes + Planes.scaleAt(d));
            OffHeap.f32(used + 4L * d, OffHeap.f16(planes + Planes.minAt(headDim, d)));
            OffHeap.f32(used + 4L * (headDim + d), scale > 0 && scale < Float.POSITIVE_INFINITY ? 1 / scale : 0);
        }
    }

    private static void writeCodes(long keys, int headDim, long used, long codes) {
        for (int token = 0; token < BLOCK; token += N) {
            for (int d = 0; d < headDim; d += 8) {
                IntVector word = IntVector.zero(I);
                for (int n = 0; n < 8; n++) { // the nibbles of a word: dimensions 0, 4, 1, 5, 2, 6, 3, 7
                    int at = d + (n >> 1) + 4 * (n & 1);
                    FloatVector key = FloatVector.fromMemorySegment(F, ALL, keys + 4L * (at * BLOCK + token), ORDER);
                    FloatVector steps = key.sub(ALL.get(OffHeap.F32, used + 4L * at))
                            .mul(ALL.get(OffHeap.F32, used + 4L * (headDim + at)));
                    IntVector code = steps.max(0f).min((float) Planes.STEPS).add(ROUND).reinterpretAsInts().and(Planes.STEPS);
                    word = word.or(code.lanewise(LSHL, 4 * n));
                }
                long to = codes + (long) token / 16 * 8 * headDim + 8L * d + token % 16 * 4;
                word.intoMemorySegment(ALL, to, ORDER);
            }
        }
    }

    private static void clearCodes(int tokens, int headDim, long planes) {
        for (int slot = tokens; slot < BLOCK; slot++) {
            for (int d = 0; d < headDim; d += 8) {
                OffHeap.i32(planes + Planes.codeAt(headDim, slot, d), 0);
            }
        }
    }

    // ---------------------------------------------------------------- scans

    static long scratchBytes(int group, int headDim) {
        return scoresAt(0, group, headDim) + 4L * group * BLOCK;
    }

    /** Keys {@code (headDim, 64)}; before them, at the start, the scaled queries {@code (group, headDim)}. */
    private static long keysAt(long scratch, int group, int headDim) {
        return scratch + 4L * group * headDim;
    }

    /** Scales, then mins, of a block in f32. */
    private static long scalesAt(long scratch, int group, int headDim) {
        return keysAt(scratch, group, headDim) + 4L * BLOCK * headDim;
    }

    /** {@code (group, 64)}. */
    private static long scoresAt(long scratch, int group, int headDim) {
        return scalesAt(scratch, group, headDim) + 8L * headDim;
    }

    /** See {@link Ops#scanMeans}. */
    static void scanMeans(ScanChunk c) {
        for (int b = 0; b < c.blocks; b++) {
            VectorScales.convertF16(c.means + 2L * b * c.headDim, c.scratch, c.headDim / 16, 64);
            float best = Float.NEGATIVE_INFINITY;
            for (int j = 0; j < c.group; j++) {
                best = Math.max(best, c.scale * VectorRows.dot(c.q + 4L * j * c.headDim, c.scratch, c.headDim));
            }
            OffHeap.f32(c.out + 4L * b, best);
        }
    }

    /** See {@link Ops#scanPlanes}. */
    static void scanPlanes(ScanChunk c) {
        int dim = c.headDim;
        VectorAttention.scaleRow(c.q, c.group * dim, c.scale, c.scratch);
        long keys = keysAt(c.scratch, c.group, dim);
        long scores = scoresAt(c.scratch, c.group, dim);
        for (int b = 0; b < c.blocks; b++) {
            long planes = c.planes + Planes.bytes(dim) * b;
            int tokens = b == c.blocks - 1 ? c.lastTokens : BLOCK;
            long scales = scalesAt(c.scratch, c.group, dim);
            VectorScales.convertF16(planes, scales, dim / 8, 64);
            readCodes(planes + Planes.codeAt(dim, 0, 0), dim, scales, keys);
            VectorGemm.multiply(c.scratch, 4L * dim, c.group, keys, 4L * BLOCK, dim, scores, 4L * BLOCK);
            for (int j = 0; j < c.group; j++) {
                OffHeap.f32(c.out + 4L * (j * c.outStride + b), logMass(scores + 4L * BLOCK * j, tokens));
            }
        }
    }

    private static void readCodes(long codes, int headDim, long scales, long keys) {
        for (int token = 0; token < BLOCK; token += N) {
            for (int i = 0; i < headDim; i++) {
                int n = i & 7; // of the nibbles of a word
                int d = (i & ~7) + (n >> 1) + 4 * (n & 1);
                long from = codes + (long) token / 16 * 8 * headDim + 8L * (i & ~7) + token % 16 * 4;
                IntVector code = IntVector.fromMemorySegment(I, ALL, from, ORDER).lanewise(LSHR, 4 * n).and(Planes.STEPS);
                FloatVector scale = FloatVector.broadcast(F, ALL.get(OffHeap.F32, scales + 4L * d));
                FloatVector min = FloatVector.broadcast(F, ALL.get(OffHeap.F32, scales + 4L * (headDim + d)));
                ((FloatVector) code.convertShape(VectorOperators.I2F, F, 0)).fma(scale, min)
                        .intoMemorySegment(ALL, keys + 4L * (d * BLOCK + token), ORDER);
            }
        }
    }

    private static float logMass(long scores, int tokens) {
        VectorAttention.fill(scores, tokens, BLOCK, Float.NEGATIVE_INFINITY);
        float max = VectorRows.max(scores, BLOCK);
        VectorRows.exp(scores, BLOCK, max);
        return (float) (max + Math.log(VectorRows.sum(scores, BLOCK)));
    }

    /** See {@link Ops#shares}. */
    static void shares(long masses, long stride, int group, int blocks, long out) {
        int whole = blocks / 16 * 16;
        VectorAttention.fill(out, 0, blocks, 0);
        for (int j = 0; j < group; j++) {
            long row = masses + 4L * stride * j;
            float max = VectorRows.max(row, whole);
            for (int b = whole; b < blocks; b++) {
                max = Math.max(max, OffHeap.f32(row + 4L * b));
            }
            VectorRows.exp(row, whole, max);
            float sum = VectorRows.sum(row, whole);
            for (int b = whole; b < blocks; b++) {
                float e = (float) Math.exp(OffHeap.f32(row + 4L * b) - max);
                OffHeap.f32(row + 4L * b, e);
                sum += e;
            }
            addDivided(row, blocks, whole, sum, out);
        }
    }

    private static void addDivided(long row, int blocks, int whole, float sum, long out) {
        for (int b = 0; b < whole; b += N) {
            FloatVector.fromMemorySegment(F, ALL, row + 4L * b, ORDER).div(sum)
                    .add(FloatVector.fromMemorySegment(F, ALL, out + 4L * b, ORDER)).intoMemorySegment(ALL, out + 4L * b, ORDER);
        }
        for (int b = whole; b < blocks; b++) {
            OffHeap.f32(out + 4L * b, OffHeap.f32(out + 4L * b) + OffHeap.f32(row + 4L * b) / sum);
        }
    }
}
