package dev.longhand.kernels;

/** Summaries and scans of the scalar tier: element by element, sums in ascending order. Stateless. */
final class ScalarScan {
    private static final long F32 = Float.BYTES;
    private static final int BLOCK = KvShape.BLOCK_TOKENS;

    private ScalarScan() {}

    static long scratchBytes() {
        return F32 * BLOCK;
    }

    /** See {@link Ops#summarise}. */
    static void summarise(long record, int tokens, int headDim, long mean, long planes, long scratch) {
        for (int slot = 0; slot < tokens; slot++) {
            readKey(record, slot, headDim, scratch + F32 * headDim * slot);
        }
        for (int d = 0; d < headDim; d++) {
            float sum = 0;
            for (int slot = 0; slot < tokens; slot++) {
                sum += OffHeap.f32(scratch + F32 * (headDim * slot + d));
            }
            OffHeap.f16(mean + 2L * d, sum / tokens);
        }
        if (planes != 0) {
            writePlanes(scratch, tokens, headDim, planes);
        }
    }

    /** A key as it was before its turn: the turn is its own inverse. */
    private static void readKey(long record, int slot, int headDim, long to) {
        int n = Integer.lowestOneBit(headDim);
        for (int d = 0; d < headDim; d++) {
            int run = d / n * n;
            float sum = 0;
            for (int i = 0; i < n; i++) {
                float element = element(record, slot, headDim, run + i);
                sum += Integer.bitCount(i & d - run) % 2 == 0 ? element : -element;
            }
            OffHeap.f32(to + F32 * d, sum * (float) (1 / Math.sqrt(n)));
        }
    }

    private static float element(long record, int slot, int headDim, int d) {
        float scale = OffHeap.f16(record + SealedRecord.keyScaleAt(headDim, slot, d / SealedRecord.GROUP_DIMS));
        return scale * (OffHeap.u8(record + SealedRecord.keyAt(headDim, slot, d)) - SealedRecord.ZERO);
    }

    private static void writePlanes(long keys, int tokens, int headDim, long planes) {
        OffHeap.zero(planes, Planes.bytes(headDim));
        for (int d = 0; d < headDim; d++) {
            float min = Float.POSITIVE_INFINITY;
            float max = Float.NEGATIVE_INFINITY;
            for (int slot = 0; slot < tokens; slot++) {
                float key = OffHeap.f32(keys + F32 * (headDim * slot + d));
                min = Math.min(min, key);
                max = Math.max(max, key);
            }
            OffHeap.f16(planes + Planes.scaleAt(d), (max - min) / Planes.STEPS);
            OffHeap.f16(planes + Planes.minAt(headDim, d), min);
            float scale = OffHeap.f16(planes + Planes.scaleAt(d));
            float inverse = scale > 0 && scale < Float.POSITIVE_INFINITY ? 1 / scale : 0;
            for (int slot = 0; slot < tokens; slot++) {
                float steps = (OffHeap.f32(keys + F32 * (headDim * slot + d)) - OffHeap.f16(planes + Planes.minAt(headDim, d)))
                        * inverse;
                int code = (int) Math.rint(Math.clamp(steps, 0, Planes.STEPS));
                long at = planes + Planes.codeAt(headDim, slot, d);
                OffHeap.u8(at, OffHeap.u8(at) | (Planes.isHigh(d) ? code << 4 : code));
            }
        }
    }

    /** See {@link Ops#scanMeans}. */
    static void scanMeans(ScanChunk c) {
        for (int b = 0; b < c.blocks; b++) {
            float best = Float.NEGATIVE_INFINITY;
            for (int j = 0; j < c.group; j++) {
                float dot = 0;
                for (int d = 0; d < c.headDim; d++) {
                    dot += OffHeap.f32(c.q + F32 * (j * c.headDim + d)) * OffHeap.f16(c.means + 2L * ((long) b * c.headDim + d));
                }
                best = Math.max(best, c.scale * dot);
            }
            OffHeap.f32(c.out + F32 * b, best);
        }
    }

    /** See {@link Ops#scanPlanes}. */
    static void scanPlanes(ScanChunk c) {
        for (int b = 0; b < c.blocks; b++) {
            long planes = c.planes + Planes.bytes(c.headDim) * b;
            int tokens = b == c.blocks - 1 ? c.lastTokens : BLOCK;
            for (int j = 0; j < c.group; j++) {
                OffHeap.f32(c.out + F32 * (j * c.outStride + b), logMass(c, planes, tokens, c.q + F32 * j * c.headDim));
            }
        }
    }

    private static float logMass(ScanChunk c, long planes, int tokens, long q) {
        float max = Float.NEGATIVE_INFINITY;
        for (int slot = 0; slot < tokens; slot++) {
            float dot = 0;
            for (int d = 0; d < c.headDim; d++) {
                int code = OffHeap.u8(planes + Planes.codeAt(c.headDim, slot, d));
                int step = Planes.isHigh(d) ? code >> 4 : code & 15;
                float key = OffHeap.f16(planes + Planes.minAt(c.headDim, d)) + OffHeap.f16(planes + Planes.scaleAt(d)) * step;
                dot += OffHeap.f32(q + F32 * d) * key;
            }
            OffHeap.f32(c.scratch + F32 * slot, c.scale * dot);
            max = Math.max(max, c.scale * dot);
        }
        double sum = 0;
        for (int slot = 0; slot < tokens; slot++) {
            sum += Math.exp(OffHeap.f32(c.scratch + F32 * slot) - max);
        }
        return (float) (max + Math.log(sum));
    }

    /** See {@link Ops#shares}. */
    static void shares(long masses, long stride, int group, int blocks, long out) {
        for (int j = 0; j < group; j++) {
            long row = masses + F32 * stride * j;
            float max = Float.NEGATIVE_INFINITY;
            for (int b = 0; b < blocks; b++) {
                max = Math.max(max, OffHeap.f32(row + F32 * b));
            }
            float sum = 0;
            for (int b = 0; b < blocks; b++) {
                float e = (float) Math.exp(OffHeap.f32(row + F32 * b) - max);
                OffHeap.f32(row + F32 * b, e);
                sum += e;
            }
            for (int b = 0; b < blocks; b++) {
                float before = j == 0 ? 0 : OffHeap.f32(out + F32 * b);
                OffHeap.f32(out + F32 * b, before + OffHeap.f32(row + F32 * b) / sum);
            }
        }
    }
}
