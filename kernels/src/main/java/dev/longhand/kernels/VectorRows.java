package dev.longhand.kernels;

import static dev.longhand.kernels.Lanes.F;
import static dev.longhand.kernels.Lanes.I;
import static dev.longhand.kernels.Lanes.ORDER;
import static dev.longhand.kernels.OffHeap.ALL;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/**
 * Row operations of the vector tier: norm, sum, gate, rope, argmax, exponentials. Sums over lanes are taken in halves, since {@code reduceLanes} promises no order. Thread-safe: no state.
 */
final class VectorRows {
    private static final int N = Lanes.COUNT;
    private static final int V = Lanes.BYTES;
    private static final float LOG2_E = 1.442695041f;
    /** ln 2 in two parts: the first has so few bits that its product with an exponent is exact. */
    private static final float LN2_HIGH = 0x1.62ep-1f;
    private static final float LN2_LOW = (float) (Math.log(2) - LN2_HIGH);
    /** Adding it leaves the nearest integer in the low bits. */
    private static final float ROUND = 0x1.8p23f;
    private static final float EXP_MIN = -87.3f;
    private static final float EXP_MAX = 88.3f;

    private static final VectorShuffle<Float> SWAP_PAIRS = VectorShuffle.fromOp(F, i -> i ^ 1);
    private static final VectorShuffle<Float> OTHER_8 = VectorShuffle.fromOp(F, i -> (i ^ 8) & N - 1);
    private static final VectorShuffle<Float> OTHER_4 = VectorShuffle.fromOp(F, i -> i ^ 4);
    private static final VectorShuffle<Float> OTHER_2 = VectorShuffle.fromOp(F, i -> i ^ 2);
    private static final VectorShuffle<Float> DOUBLE_LOW = VectorShuffle.fromOp(F, i -> i / 2);
    private static final VectorShuffle<Float> DOUBLE_HIGH = VectorShuffle.fromOp(F, i -> N / 2 + i / 2);
    private static final VectorMask<Float> EVEN = VectorMask.fromLong(F, 0x5555);

    /** 1 where a lane's number lacks the bit, -1 where it has it. */
    private static final FloatVector SIGNS_1 = signs(1);
    private static final FloatVector SIGNS_2 = signs(2);
    private static final FloatVector SIGNS_4 = signs(4);
    private static final FloatVector SIGNS_8 = signs(8);

    private VectorRows() {}

    private static FloatVector signs(int bit) {
        return FloatVector.broadcast(F, 1f).blend(-1f, VectorMask.fromLong(F, laneMask(bit)));
    }

    private static long laneMask(int bit) {
        long mask = 0;
        for (int i = 0; i < N; i++) {
            mask |= (i & bit) == 0 ? 0 : 1L << i;
        }
        return mask;
    }

    /**
     * {@code s = e^(s - max)} for {@code n} values, a multiple of the lanes: 0 below {@link #EXP_MIN}, infinite above
     * {@link #EXP_MAX}, within 2 units in the last place between. The only exponential of this tier, in one loop: a helper that
     * takes and returns vectors would allocate wherever the compiler does not inline it.
     */
    static void exp(long s, int n, float max) {
        for (int i = 0; i < n; i += N) {
            FloatVector x = FloatVector.fromMemorySegment(F, ALL, s + 4L * i, ORDER).sub(max);
            FloatVector in = x.max(EXP_MIN).min(EXP_MAX);
            FloatVector whole = in.mul(LOG2_E).add(ROUND).sub(ROUND);
            FloatVector r = whole.fma(FloatVector.broadcast(F, -LN2_LOW), whole.fma(FloatVector.broadcast(F, -LN2_HIGH), in));
            FloatVector p = r.fma(FloatVector.broadcast(F, 1f / 5040), FloatVector.broadcast(F, 1f / 720));
            p = p.fma(r, FloatVector.broadcast(F, 1f / 120));
            p = p.fma(r, FloatVector.broadcast(F, 1f / 24));
            p = p.fma(r, FloatVector.broadcast(F, 1f / 6));
            p = p.fma(r, FloatVector.broadcast(F, 0.5f));
            FloatVector one = FloatVector.broadcast(F, 1f);
            p = p.fma(r, one).fma(r, one);
            IntVector power = (IntVector) whole.convertShape(VectorOperators.F2I, I, 0);
            p.mul(power.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats()).blend(0f, x.lt(EXP_MIN))
                    .blend(Float.POSITIVE_INFINITY, x.compare(VectorOperators.GT, EXP_MAX))
                    .intoMemorySegment(ALL, s + 4L * i, ORDER);
        }
    }

    /** Sum of {@code n} values, a multiple of the lanes. */
    static float sum(long s, int n) {
        FloatVector sum = FloatVector.zero(F);
        for (int i = 0; i < n; i += N) {
            sum = sum.add(FloatVector.fromMemorySegment(F, ALL, s + 4L * i, ORDER));
        }
        FloatVector t = N == 16 ? sum.add(sum.rearrange(OTHER_8)) : sum;
        t = t.add(t.rearrange(OTHER_4));
        t = t.add(t.rearrange(OTHER_2));
        t = t.add(t.rearrange(SWAP_PAIRS));
        return t.lane(0);
    }

    /** Sum of the squares of {@code n} values, a multiple of the lanes. */
    private static float squares(long s, int n) {
        FloatVector sum = FloatVector.zero(F);
        for (int i = 0; i < n; i += N) {
            FloatVector v = FloatVector.fromMemorySegment(F, ALL, s + 4L * i, ORDER);
            sum = v.fma(v, sum);
        }
        FloatVector t = N == 16 ? sum.add(sum.rearrange(OTHER_8)) : sum;
        t = t.add(t.rearrange(OTHER_4));
        t = t.add(t.rearrange(OTHER_2));
        t = t.add(t.rearrange(SWAP_PAIRS));
        return t.lane(0);
    }

    /** Sum of the products of {@code n} values, a multiple of the lanes. */
    static float dot(long a, long b, int n) {
        FloatVector sum = FloatVector.zero(F);
        for (int i = 0; i < n; i += N) {
            FloatVector v = FloatVector.fromMemorySegment(F, ALL, a + 4L * i, ORDER);
            sum = v.fma(FloatVector.fromMemorySegment(F, ALL, b + 4L * i, ORDER), sum);
        }
        FloatVector t = N == 16 ? sum.add(sum.rearrange(OTHER_8)) : sum;
        t = t.add(t.rearrange(OTHER_4));
        t = t.add(t.rearrange(OTHER_2));
        t = t.add(t.rearrange(SWAP_PAIRS));
        return t.lane(0);
    }

    /** Greatest of {@code n} values, a multiple of 16; NaN if there is one; negative infinity if n is 0. */
    static float max(long s, int n) {
        FloatVector max = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
        for (int i = 0; i < n; i += N) {
            max = max.max(FloatVector.fromMemorySegment(F, ALL, s + 4L * i, ORDER));
        }
        FloatVector m = N == 16 ? max.max(max.rearrange(OTHER_8)) : max;
        m = m.max(m.rearrange(OTHER_4));
        m = m.max(m.rearrange(OTHER_2));
        m = m.max(m.rearrange(SWAP_PAIRS));
        return m.lane(0);
    }

    /** Least of {@code n} values, a multiple of 16; NaN if there is one. */
    static float min(long s, int n) {
        FloatVector min = FloatVector.broadcast(F, Float.POSITIVE_INFINITY);
        for (int i = 0; i < n; i += N) {
            min = min.min(FloatVector.fromMemorySegment(F, ALL, s + 4L * i, ORDER));
        }
        FloatVector m = N == 16 ? min.min(min.rearrange(OTHER_8)) : min;
        m = m.min(m.rearrange(OTHER_4));
        m = m.min(m.rearrange(OTHER_2));
        m = m.min(m.rearrange(SWAP_PAIRS));
        return m.lane(0);
    }

    /** Whether {@code n} values, a multiple of the lanes, hold no infinity and no NaN. */
    static boolean areFinite(long s, int n) {
        FloatVector poison = FloatVector.zero(F);
        for (int i = 0; i < n; i += N) {
            poison = FloatVector.fromMemorySegment(F, ALL, s + 4L * i, ORDER).fma(FloatVector.zero(F), poison);
        }
        return poison.eq(0f).allTrue();
    }

    /**
     * The Hadamard turn, in place: each run of the largest power of two that divides {@code n}, at least 16, times the orthonormal
     * Hadamard matrix; its own inverse.
     */
    static void turn(long x, int n) {
        int run = Integer.lowestOneBit(n);
        float factor = (float) (1 / Math.sqrt(run));
        for (int i = 0; i < n; i += N) {
            turnLanes(x + 4L * i, factor);
        }
        for (int from = 0; from < n; from += run) {
            for (int half = N; half < run; half *= 2) {
                for (int i = from; i < from + run; i += 2 * half) {
                    turnHalves(x + 4L * i, half);
                }
            }
        }
    }

    /** The butterflies within a vector. */
    private static void turnLanes(long x, float factor) {
        FloatVector v = FloatVector.fromMemorySegment(F, ALL, x, ORDER).mul(factor);
        v = v.rearrange(SWAP_PAIRS).add(v.mul(SIGNS_1));
        v = v.rearrange(OTHER_2).add(v.mul(SIGNS_2));
        v = v.rearrange(OTHER_4).add(v.mul(SIGNS_4));
        v = N == 16 ? v.rearrange(OTHER_8).add(v.mul(SIGNS_8)) : v;
        v.intoMemorySegment(ALL, x, ORDER);
    }

    /** {@code half} pairs of values, {@code half} apart: a, b become a + b, a - b. */
    static void turnHalves(long x, int half) {
        for (int i = 0; i < half; i += N) {
            FloatVector a = FloatVector.fromMemorySegment(F, ALL, x + 4L * i, ORDER);
            FloatVector b = FloatVector.fromMemorySegment(F, ALL, x + 4L * (half + i), ORDER);
            a.add(b).intoMemorySegment(ALL, x + 4L * i, ORDER);
            a.sub(b).intoMemorySegment(ALL, x + 4L * (half + i), ORDER);
        }
    }

    static void rmsNorm(long x, int n, long weight, float eps, long out) {
        int whole = n - n % N;
        double squares = squares(x, whole);
        for (int i = whole; i < n; i++) {
            squares += OffHeap.f32(x + 4L * i) * OffHeap.f32(x + 4L * i);
        }
        float factor = (float) (1 / Math.sqrt(squares / n + eps));
        for (int i = 0; i < whole; i += N) {
            FloatVector.fromMemorySegment(F, ALL, x + 4L * i, ORDER).mul(factor)
                    .mul(FloatVector.fromMemorySegment(F, ALL, weight + 4L * i, ORDER)).intoMemorySegment(ALL, out + 4L * i, ORDER);
        }
        for (int i = whole; i < n; i++) {
            OffHeap.f32(out + 4L * i, OffHeap.f32(x + 4L * i) * factor * OffHeap.f32(weight + 4L * i));
        }
    }

    /** See {@link Ops#sumOfRows}. */
    static void sumOfRows(long y, int n, long places, long weights, int count, long out) {
        int i = 0;
        for (; i <= n - N; i += N) {
            FloatVector sum = FloatVector.zero(F);
            for (int j = 0; j < count; j++) {
                long at = y + 4L * ((long) OffHeap.i32(places + 4L * j) * n + i);
                FloatVector weight = FloatVector.broadcast(F, OffHeap.f32(weights + 4L * j));
                sum = FloatVector.fromMemorySegment(F, ALL, at, ORDER).fma(weight, sum);
            }
            sum.intoMemorySegment(ALL, out + 4L * i, ORDER);
        }
        for (; i < n; i++) {
            float sum = 0;
            for (int j = 0; j < count; j++) {
                long at = y + 4L * ((long) OffHeap.i32(places + 4L * j) * n + i);
                sum = Math.fma(OffHeap.f32(at), OffHeap.f32(weights + 4L * j), sum);
            }
            OffHeap.f32(out + 4L * i, sum);
        }
    }

    static void add(long y, long x, int n) {
        int whole = n - n % N;
        for (int i = 0; i < whole; i += N) {
            FloatVector.fromMemorySegment(F, ALL, y + 4L * i, ORDER)
                    .add(FloatVector.fromMemorySegment(F, ALL, x + 4L * i, ORDER)).intoMemorySegment(ALL, y + 4L * i, ORDER);
        }
        for (int i = whole; i < n; i++) {
            OffHeap.f32(y + 4L * i, OffHeap.f32(y + 4L * i) + OffHeap.f32(x + 4L * i));
        }
    }

    /** {@code a / (1 + e^-a) * b}; {@code out} is none of the inputs. */
    static void silu(long a, long b, int n, long out) {
        int whole = n - n % N;
        for (int i = 0; i < whole; i += N) {
            FloatVector.fromMemorySegment(F, ALL, a + 4L * i, ORDER).neg().intoMemorySegment(ALL, out + 4L * i, ORDER);
        }
        for (int i = whole; i < n; i++) {
            OffHeap.f32(out + 4L * i, -OffHeap.f32(a + 4L * i));
        }
        gate(a, b, n, out);
    }

    /** {@code a (1 + tanh u) / 2 * b} with {@code u = sqrt(2 / pi) (a + 0.044715 a^3)}, which is {@code a / (1 + e^-2u) * b}. */
    static void geluTanh(long a, long b, int n, long out) {
        int whole = n - n % N;
        float twice = (float) (-2 * Math.sqrt(2 / Math.PI));
        for (int i = 0; i < whole; i += N) {
            FloatVector v = FloatVector.fromMemorySegment(F, ALL, a + 4L * i, ORDER);
            v.mul(twice).mul(v.mul(v).mul(0.044715f).add(1f)).intoMemorySegment(ALL, out + 4L * i, ORDER);
        }
        for (int i = whole; i < n; i++) {
            float v = OffHeap.f32(a + 4L * i);
            OffHeap.f32(out + 4L * i, v * twice * (v * v * 0.044715f + 1));
        }
        gate(a, b, n, out);
    }

    /** {@code out = a / (1 + e^out) * b}. */
    private static void gate(long a, long b, int n, long out) {
        int whole = n - n % N;
        exp(out, whole, 0);
        for (int i = 0; i < whole; i += N) {
            FloatVector v = FloatVector.fromMemorySegment(F, ALL, a + 4L * i, ORDER);
            v.div(FloatVector.fromMemorySegment(F, ALL, out + 4L * i, ORDER).add(1f))
                    .mul(FloatVector.fromMemorySegment(F, ALL, b + 4L * i, ORDER)).intoMemorySegment(ALL, out + 4L * i, ORDER);
        }
        for (int i = whole; i < n; i++) {
            double gated = OffHeap.f32(a + 4L * i) / (1 + Math.exp(OffHeap.f32(out + 4L * i)));
            OffHeap.f32(out + 4L * i, (float) gated * OffHeap.f32(b + 4L * i));
        }
    }

    static void rope(long x, int pairs, long angles, Kernels.Pairing pairing) {
        int whole = pairs - pairs % N;
        boolean adjacent = pairing == Kernels.Pairing.ADJACENT;
        for (int i = 0; i < whole; i += N) {
            if (adjacent) {
                turnAdjacent(x + 8L * i, angles + 4L * i, pairs);
            } else {
                turnHalves(x + 4L * i, angles + 4L * i, pairs);
            }
        }
        for (int i = whole; i < pairs; i++) {
            long first = x + 4L * (adjacent ? 2 * i : i);
            long second = x + 4L * (adjacent ? 2 * i + 1 : i + pairs);
            float cos = OffHeap.f32(angles + 4L * i);
            float sin = OffHeap.f32(angles + 4L * (pairs + i));
            float a = OffHeap.f32(first);
            float b = OffHeap.f32(second);
            OffHeap.f32(first, a * cos - b * sin);
            OffHeap.f32(second, a * sin + b * cos);
        }
    }

    private static void turnHalves(long x, long angles, int pairs) {
        FloatVector cos = FloatVector.fromMemorySegment(F, ALL, angles, ORDER);
        FloatVector sin = FloatVector.fromMemorySegment(F, ALL, angles + 4L * pairs, ORDER);
        FloatVector a = FloatVector.fromMemorySegment(F, ALL, x, ORDER);
        FloatVector b = FloatVector.fromMemorySegment(F, ALL, x + 4L * pairs, ORDER);
        a.mul(cos).sub(b.mul(sin)).intoMemorySegment(ALL, x, ORDER);
        a.mul(sin).add(b.mul(cos)).intoMemorySegment(ALL, x + 4L * pairs, ORDER);
    }

    private static void turnAdjacent(long x, long angles, int pairs) {
        FloatVector cos = FloatVector.fromMemorySegment(F, ALL, angles, ORDER);
        FloatVector sin = FloatVector.fromMemorySegment(F, ALL, angles + 4L * pairs, ORDER);
        FloatVector low = FloatVector.fromMemorySegment(F, ALL, x, ORDER);
        FloatVector high = FloatVector.fromMemorySegment(F, ALL, x + V, ORDER);
        FloatVector lowSin = sin.rearrange(DOUBLE_LOW);
        FloatVector highSin = sin.rearrange(DOUBLE_HIGH);
        low.mul(cos.rearrange(DOUBLE_LOW)).add(low.rearrange(SWAP_PAIRS).mul(lowSin.blend(lowSin.neg(), EVEN)))
                .intoMemorySegment(ALL, x, ORDER);
        high.mul(cos.rearrange(DOUBLE_HIGH)).add(high.rearrange(SWAP_PAIRS).mul(highSin.blend(highSin.neg(), EVEN)))
                .intoMemorySegment(ALL, x + V, ORDER);
    }

    static int argmax(long x, int n) {
        int whole = n - n % N;
        float greatest = max(x, whole);
        for (int i = whole; i < n; i++) {
            greatest = Math.max(greatest, OffHeap.f32(x + 4L * i));
        }
        if (Float.isNaN(greatest)) {
            return -1;
        }
        for (int i = 0; i < whole; i += N) {
            VectorMask<Float> equal = FloatVector.fromMemorySegment(F, ALL, x + 4L * i, ORDER).eq(greatest);
            if (equal.anyTrue()) {
                return i + Long.numberOfTrailingZeros(equal.toLong());
            }
        }
        for (int i = whole; i < n; i++) {
            if (OffHeap.f32(x + 4L * i) == greatest) {
                return i;
            }
        }
        return -1;
    }
}
