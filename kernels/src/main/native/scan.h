/*
 * Summaries of sealed keys and scans over them, over a vector of VL floats (V) or 32-bit integers (VI), like floats.h. Bytes of
 * the planes: docs/formats/segment.md; Java: Planes, KvSummaries.
 *
 * A score against planes is q . (min + scale code) for each token. The scales are folded into the query, which is then rounded to
 * 8 bits once per block and head; codes count from their middle, 7.5, so that what rounding adds has no part that all tokens
 * share. A block's and head's bits depend on nothing else.
 *
 * A key, query or scale that is no number makes the scores of its block NaN.
 */
enum { CODES_MAX = 15, STEPS_8 = 127, FLUSH = 64 };

/* ---- summaries ---- */

/* keys [BLOCK / VL][dim][VL]: those of a sealed record before their turn, times the root of its run. */
INLINE void unseal_keys(const uint8_t *record, long dim, float *keys) {
    const uint16_t *scales = (const uint16_t *) (record + 2 * BLOCK * dim);
    const long run = dim & -dim;
    const VI byte = vi_set1(255), zero = vi_set1(-128);
    for (long token = 0; token < BLOCK; token += VL, keys += dim * VL) {
        const uint8_t *k = record + token / 16 * dim * 16 + token % 16 * 4;
        for (long d = 0; d < dim; d += 4) {
            VI x = vi_load(k + d * 16);
            V scale = v_load_f16(scales + d / GROUP * BLOCK + token);
            V a = v_mul(vi_to_floats(vi_add(vi_and(x, byte), zero)), scale);
            V b = v_mul(vi_to_floats(vi_add(vi_and(vi_shift_right(x, 16), byte), zero)), scale);
            V c = v_mul(vi_to_floats(vi_add(vi_and(vi_shift_right(x, 8), byte), zero)), scale);
            V e = v_mul(vi_to_floats(vi_add(vi_shift_right(x, 24), zero)), scale);
            V ab = v_add(a, b), ce = v_add(c, e), a_b = v_sub(a, b), c_e = v_sub(c, e);
            v_store(keys + d * VL, v_add(ab, ce));
            v_store(keys + (d + 1) * VL, v_add(a_b, c_e));
            v_store(keys + (d + 2) * VL, v_sub(ab, ce));
            v_store(keys + (d + 3) * VL, v_sub(a_b, c_e));
        }
        for (long half = 4; half < run; half *= 2)
            for (long i = 0; i < dim; i += 2 * half)
                for (long j = i * VL; j < (i + half) * VL; j += VL) {
                    V a = v_load(keys + j), b = v_load(keys + half * VL + j);
                    v_store(keys + j, v_add(a, b));
                    v_store(keys + half * VL + j, v_sub(a, b));
                }
    }
}

/* Slots without a token get the first token's key, which moves no least and no greatest value. */
INLINE void pad_keys(float *keys, long tokens, long dim) {
    for (long t = tokens; t < BLOCK; t++)
        for (long d = 0; d < dim; d++) keys[(t / VL * dim + d) * VL + t % VL] = keys[d * VL];
}

/* Codes of the dimensions [from, from + VL). */
INLINE void write_codes(const float *keys, long dim, long from, V min, V inverse, const int32_t *is_there, uint8_t *codes) {
    float mins[VL], inverses[VL];
    v_store(mins, min);
    v_store(inverses, inverse);
    for (long j = 0; j < VL; j += 8)
        for (long token = 0; token < BLOCK; token += VL) {
            const float *k = keys + (token / VL * dim + from + j) * VL;
            VI word = vi_set1(0);
            for (int i = 0; i < 8; i++) {
                V steps = v_mul(v_sub(v_load(k + i * VL), v_set1(mins[j + i])), v_set1(inverses[j + i]));
                VI code = vi_round(v_min(v_max(steps, v_set1(0)), v_set1(CODES_MAX))); /* NaN: the second operand */
                word = vi_or(word, vi_shift_left(code, i % 4 * 8 + i / 4 * 4));
            }
            vi_store(codes + token / 16 * 8 * dim + (from + j) / 8 * 64 + token % 16 * 4, vi_and(word, vi_load(is_there + token)));
        }
}

/* The mean of the record's first `tokens` keys, f16, and, unless it is 0, their planes. keys: scratch (dim, BLOCK). */
void API(summarise)(const uint8_t *record, long tokens, long dim, uint16_t *mean, uint8_t *planes, float *keys) {
    unsigned control = enter_kernel();
    const V factor = v_set1(1.0f / __builtin_sqrtf((float) (dim & -dim))), infinite = v_set1(__builtin_inff());
    float counted[BLOCK];
    int32_t is_there[BLOCK];
    for (long t = 0; t < BLOCK; t++) {
        counted[t] = t < tokens;
        is_there[t] = t < tokens ? -1 : 0;
    }
    unseal_keys(record, dim, keys);
    pad_keys(keys, tokens, dim);
    for (long from = 0; from < dim; from += VL) {
        float means[VL], mins[VL], spans[VL];
        for (long d = from; d < from + VL; d++) {
            V sum = v_set1(0), low = infinite, high = v_sub(v_set1(0), infinite), poison = v_set1(0);
            for (long token = 0; token < BLOCK; token += VL) {
                float *at = keys + (token / VL * dim + d) * VL;
                V x = v_mul(v_load(at), factor);
                v_store(at, x);
                sum = v_fma(x, v_load(counted + token), sum);
                low = v_min(low, x);
                high = v_max(high, x);
                poison = v_fma(x, v_set1(0), poison);
            }
            means[d - from] = sum_of(sum) / (float) tokens;
            mins[d - from] = -max_of(v_sub(v_set1(0), low)) + sum_of(poison);
            spans[d - from] = max_of(high) - mins[d - from];
        }
        v_store_f16(mean + from, v_load(means));
        if (planes) {
            uint16_t *scales = (uint16_t *) planes, *least_keys = scales + dim;
            v_store_f16(scales + from, v_div(v_load(spans), v_set1(CODES_MAX)));
            v_store_f16(least_keys + from, v_load(mins));
            write_codes(keys, dim, from, v_load_f16(least_keys + from), inverse_of(v_load_f16(scales + from)), is_there,
                        planes + 4 * dim);
        }
    }
    leave_kernel(control);
}

/* ---- scans ---- */

/* Bytes of scratch for scan_means and scan_planes. */
long API(scan_scratch)(long group, long dim) { return 4 * (VL * dim + 2 * group * dim + group * (BLOCK + FLUSH + 16)) + 4096; }

/*
 * out[b] = the greatest scale q . mean over the group; NaN if one of them is NaN. VL blocks at a time, so that no sum across lanes
 * is left; blocks past the end are the last one again.
 */
void API(scan_means)(const float *q, long group, long dim, float scale, const uint16_t *means, long blocks, float *out,
                     float *keys) {
    unsigned control = enter_kernel();
    for (long b = 0; b < blocks; b += VL) {
        long n = least(VL, blocks - b);
        for (long i = 0; i < VL; i++) {
            const uint16_t *mean = means + (b + least(i, n - 1)) * dim;
            for (long line = 0; line < 2 * dim; line += LINE) __builtin_prefetch((const char *) (mean + VL * dim) + line, 0, 2);
            for (long d = 0; d < dim; d += VL) v_store(keys + i * dim + d, v_load_f16(mean + d));
        }
        float best[VL], score[VL];
        for (long i = 0; i < VL; i++) best[i] = -__builtin_inff();
        for (long j = 0; j < group; j++) {
            V sum[VL];
#pragma GCC unroll 16
            for (int i = 0; i < VL; i++) sum[i] = v_set1(0);
            for (long d = 0; d < dim; d += VL) {
                V x = v_load(q + j * dim + d);
#pragma GCC unroll 16
                for (int i = 0; i < VL; i++) sum[i] = v_fma(x, v_load(keys + i * dim + d), sum[i]);
            }
            v_store(score, v_mul(v_sums(sum), v_set1(scale)));
            for (int i = 0; i < VL; i++) best[i] = score[i] > best[i] || score[i] != score[i] ? score[i] : best[i];
        }
        for (long i = 0; i < n; i++) out[b + i] = best[i];
    }
    leave_kernel(control);
}

/* A head's query for the block at hand: a token's score is centre + step * (q8 . code - 7.5 sum of q8). */
typedef struct { float centre, step, middle; } Rounded;

/* q: scaled. */
INLINE Rounded round_8(const float *q, long dim, const uint8_t *planes, float *folded, int8_t *q8) {
    const uint16_t *scales = (const uint16_t *) planes, *mins = scales + dim;
    V greatest = v_set1(0), poison = v_set1(0), centre = v_set1(0), total = v_set1(0);
    for (long d = 0; d < dim; d += VL) {
        V x = v_load(q + d), step = v_load_f16(scales + d), y = v_mul(x, step);
        v_store(folded + d, y);
        greatest = v_max(greatest, v_abs(y));
        poison = v_fma(y, v_set1(0), poison);
        centre = v_fma(x, v_fma(step, v_set1(CODES_MAX / 2.0f), v_load_f16(mins + d)), centre);
    }
    float max = max_of(greatest);
    V inverse = v_set1(max > 1e-30f && max < 1e38f ? STEPS_8 / max : 0);
    for (long d = 0; d < dim; d += VL) {
        V steps = v_round(v_mul(v_load(folded + d), inverse));
        v_store_i8(q8 + d, steps);
        total = v_add(total, steps);
    }
    return (Rounded) {sum_of(centre), max > 1e-30f || v_has_nan(poison) ? max / STEPS_8 + sum_of(poison) : 0,
                      CODES_MAX / 2.0f * sum_of(total)};
}

INLINE VI four_at(const int8_t *q) {
    int32_t four;
    __builtin_memcpy(&four, q, 4);
    return vi_set1(four);
}

/* scores[i][token .. token + VC * VL) of nh heads; codes of those tokens. Codes of 32 dimensions fit a sum before it is widened. */
INLINE void codes_tile(int nh, const int8_t *q8, long dim, const uint8_t *codes, long token, const Rounded *rounded, float *scores,
                       const char *ahead) {
    const VI nibble = vi_set1(0x0f0f0f0f);
    VI dot[HC][VC];
#pragma GCC unroll 4
    for (int i = 0; i < nh; i++)
#pragma GCC unroll 4
        for (int v = 0; v < VC; v++) dot[i][v] = vi_set1(0);
    for (long from = 0; from < dim; from += GROUP) {
        VI part[HC][VC];
#pragma GCC unroll 4
        for (int i = 0; i < nh; i++)
#pragma GCC unroll 4
            for (int v = 0; v < VC; v++) part[i][v] = vi_codes_start(dot[i][v]);
        for (long d = from; d < least(dim, from + GROUP); d += 8) {
            VI low[HC], high[HC];
#pragma GCC unroll 4
            for (int i = 0; i < nh; i++) {
                low[i] = four_at(q8 + i * dim + d);
                high[i] = four_at(q8 + i * dim + d + 4);
            }
#pragma GCC unroll 4
            for (int v = 0; v < VC; v++) {
                long at = (token + v * VL) / 16 * 8 * dim + d * 8 + (token + v * VL) % 16 * 4;
                __builtin_prefetch(ahead + at, 0, 3);
                VI x = vi_load(codes + at);
                VI a = vi_and(x, nibble), b = vi_and(vi_shift_right_16(x, 4), nibble);
#pragma GCC unroll 4
                for (int i = 0; i < nh; i++) part[i][v] = vi_codes(vi_codes(part[i][v], a, low[i]), b, high[i]);
            }
        }
#pragma GCC unroll 4
        for (int i = 0; i < nh; i++)
#pragma GCC unroll 4
            for (int v = 0; v < VC; v++) dot[i][v] = vi_codes_end(dot[i][v], part[i][v]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < nh; i++)
#pragma GCC unroll 4
        for (int v = 0; v < VC; v++) {
            V steps = v_sub(vi_to_floats(dot[i][v]), v_set1(rounded[i].middle));
            v_store(scores + i * BLOCK + token + v * VL, v_fma(steps, v_set1(rounded[i].step), v_set1(rounded[i].centre)));
        }
}

/* Natural logarithm to 1 ulp of x in [1, BLOCK]; NaN stays NaN. */
INLINE float log_of(float x) {
    int32_t bits;
    __builtin_memcpy(&bits, &x, 4);
    int32_t exponent = (bits - 0x3f3504f3) >> 23; /* mantissa in [0.707, 1.414) */
    bits -= exponent * (1 << 23);
    float m, e = (float) exponent;
    __builtin_memcpy(&m, &bits, 4);
    float f = m - 1, z = f * f;
    float p = 7.0376836292e-2f;
    p = p * f - 1.1514610310e-1f;
    p = p * f + 1.1676998740e-1f;
    p = p * f - 1.2420140846e-1f;
    p = p * f + 1.4249322787e-1f;
    p = p * f - 1.6668057665e-1f;
    p = p * f + 2.0000714765e-1f;
    p = p * f - 2.4999993993e-1f;
    p = p * f + 3.3333331174e-1f;
    float y = p * f * z + e * -2.12194440e-4f - 0.5f * z;
    return f + y + e * 0.693359375f + (x - x);
}

/* Greatest score, and the sum of e^(score - greatest) of the block's tokens. */
INLINE float mass_of(float *scores, long tokens, float *greatest) {
    for (long t = tokens; t < BLOCK; t++) scores[t] = -__builtin_inff();
    V most_score = v_load(scores);
    for (long t = VL; t < BLOCK; t += VL) most_score = v_max(most_score, v_load(scores + t));
    *greatest = max_of(most_score);
    V sum = v_set1(0);
    for (long t = 0; t < BLOCK; t += VL) sum = v_add(sum, v_exp(v_sub(v_load(scores + t), v_set1(*greatest))));
    return sum_of(sum);
}

/* out[j][b] = log of the sum over a block's tokens of e^(scale q_j . key); the last block holds last_tokens. */
void API(scan_planes)(const float *q, long group, long dim, float scale, const uint8_t *planes, long blocks, long last_tokens,
                      float *out, long stride, float *scratch) {
    unsigned control = enter_kernel();
    const long bytes = 4 * dim + BLOCK * dim / 2;
    float *scaled = scratch, *folded = scaled + group * dim, *scores = folded + dim, *masses = scores + group * BLOCK;
    Rounded *rounded = (Rounded *) (masses + group * FLUSH);
    int8_t *q8 = (int8_t *) (rounded + group);
    for (long i = 0; i < group * dim; i += VL) v_store(scaled + i, v_mul(v_load(q + i), v_set1(scale)));
    for (long b = 0, flushed = 0; b < blocks; b++, planes += bytes) {
        long tokens = b == blocks - 1 ? last_tokens : BLOCK;
        __builtin_prefetch(planes + bytes, 0, 3);
        for (long line = 0; line < 4 * dim; line += LINE) __builtin_prefetch(planes + bytes + line, 0, 3);
        for (long j = 0; j < group; j++) rounded[j] = round_8(scaled + j * dim, dim, planes, folded, q8 + j * dim);
        for (long token = 0; token < BLOCK; token += VC * VL) {
            const uint8_t *codes = planes + 4 * dim;
            const char *ahead = (const char *) codes + bytes;
            WITH_ROWS(group, HC, codes_tile, q8 + row * dim, dim, codes, token, rounded + row, scores + row * BLOCK, ahead);
        }
        for (long j = 0; j < group; j++)
            masses[j * FLUSH + b - flushed] = mass_of(scores + j * BLOCK, tokens, out + j * stride + b);
        if (b + 1 - flushed == FLUSH || b + 1 == blocks) {
            for (long j = 0; j < group; j++)
                for (long i = 0; i < b + 1 - flushed; i++) out[j * stride + flushed + i] += log_of(masses[j * FLUSH + i]);
            flushed = b + 1;
        }
    }
    leave_kernel(control);
}

/* out[b] = sum over the group of e^(masses[j][b]) / sum over all b of it; the masses are lost. NaN if one mass of them is NaN. */
void API(shares)(float *masses, long stride, long group, long blocks, float *out) {
    unsigned control = enter_kernel();
    for (long j = 0; j < group; j++, masses += stride) {
        V high = v_set1(-__builtin_inff()), sums = v_set1(0);
        long b = 0;
        for (; b + VL <= blocks; b += VL) high = v_max(high, v_load(masses + b));
        float max = max_of(high);
        for (; b < blocks; b++) max = masses[b] > max ? masses[b] : max;
        for (b = 0; b + VL <= blocks; b += VL) {
            V e = v_exp(v_sub(v_load(masses + b), v_set1(max)));
            v_store(masses + b, e);
            sums = v_add(sums, e);
        }
        float sum = sum_of(sums);
        for (; b < blocks; b++) sum += masses[b] = exp_of(masses[b] - max);
        for (b = 0; b < blocks; b++) out[b] = (j == 0 ? 0 : out[b]) + masses[b] / sum;
    }
    leave_kernel(control);
}
