/*
 * AVX2 with FMA and F16C. vpmaddubsw multiplies 32 unsigned weights with 32 signed activations and adds pairs to 16-bit lanes,
 * which saturate at 32767. How many groups of four columns fit before lanes are widened depends on the weights:
 *
 *   4 bits: 2 * 15 * 127 =  3810, eight groups    5 bits: 2 * 31 * 127 =  7874, four groups
 *   6 bits: 2 * 63 * 127 = 16002, two groups      8 bits: |w| * sign(w) x, 2 * 128 * 127 = 32512, one group
 *
 * A vector holds 8 rows of a panel, so a panel is two halves.
 */
#include "longhand.h"

#define ISA lh_avx2_
#define VL 8
#define QT 3 /* rows of an attention tile: 3 x 4 sums, a key or value, 3 factors: 16 registers */

typedef __m256 V;
INLINE V v_load(const float *p) { return _mm256_loadu_ps(p); }
INLINE void v_store(float *p, V v) { _mm256_storeu_ps(p, v); }
INLINE V v_set1(float x) { return _mm256_set1_ps(x); }
INLINE V v_add(V a, V b) { return _mm256_add_ps(a, b); }
INLINE V v_sub(V a, V b) { return _mm256_sub_ps(a, b); }
INLINE V v_mul(V a, V b) { return _mm256_mul_ps(a, b); }
INLINE V v_div(V a, V b) { return _mm256_div_ps(a, b); }
INLINE V v_min(V a, V b) { return _mm256_min_ps(a, b); }
INLINE V v_max(V a, V b) { return _mm256_max_ps(a, b); }
INLINE V v_abs(V a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
INLINE V v_fma(V a, V b, V c) { return _mm256_fmadd_ps(a, b, c); }
INLINE V v_fnma(V a, V b, V c) { return _mm256_fnmadd_ps(a, b, c); }
INLINE V v_round(V a) { return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
INLINE V v_times_power_of_two(V a, V n) { /* n in [-126, 127] */
    __m256i exponent = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);
    return _mm256_mul_ps(a, _mm256_castsi256_ps(exponent));
}
INLINE V v_zero_if_less(V x, float limit, V v) {
    return _mm256_andnot_ps(_mm256_cmp_ps(x, _mm256_set1_ps(limit), _CMP_LT_OQ), v);
}
INLINE int v_has_nan(V v) { return _mm256_movemask_ps(_mm256_cmp_ps(v, v, _CMP_UNORD_Q)) != 0; }
INLINE float v_first(V v) { return _mm256_cvtss_f32(v); }
/* Over lanes, always halves on halves. */
INLINE float sum_of(V v) {
    __m128 b = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    b = _mm_add_ps(b, _mm_movehl_ps(b, b));
    return _mm_cvtss_f32(_mm_add_ss(b, _mm_movehdup_ps(b)));
}
INLINE float max_of(V v) {
    __m128 b = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    b = _mm_max_ps(b, _mm_movehl_ps(b, b));
    return _mm_cvtss_f32(_mm_max_ss(b, _mm_movehdup_ps(b)));
}
/* Lane i: the sum of x[i]. */
INLINE V v_sums(const V x[VL]) {
    V a = _mm256_hadd_ps(_mm256_hadd_ps(x[0], x[1]), _mm256_hadd_ps(x[2], x[3]));
    V b = _mm256_hadd_ps(_mm256_hadd_ps(x[4], x[5]), _mm256_hadd_ps(x[6], x[7]));
    return _mm256_add_ps(_mm256_permute2f128_ps(a, b, 0x20), _mm256_permute2f128_ps(a, b, 0x31));
}
INLINE V v_load_f16(const uint16_t *p) { return _mm256_cvtph_ps(_mm_loadu_si128((const void *) p)); }
INLINE void v_store_f16(uint16_t *p, V v) { _mm_storeu_si128((void *) p, _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT)); }

/* Lanes a, b become a + b and a - b at distances 1, 2, 4. */
INLINE V v_turn(V v) {
    const V one = _mm256_castsi256_ps(_mm256_setr_epi32(0, INT32_MIN, 0, INT32_MIN, 0, INT32_MIN, 0, INT32_MIN));
    const V two = _mm256_castsi256_ps(_mm256_setr_epi32(0, 0, INT32_MIN, INT32_MIN, 0, 0, INT32_MIN, INT32_MIN));
    const V four = _mm256_castsi256_ps(_mm256_setr_epi32(0, 0, 0, 0, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN));
    v = _mm256_add_ps(_mm256_permute_ps(v, 0xb1), _mm256_xor_ps(v, one));
    v = _mm256_add_ps(_mm256_permute_ps(v, 0x4e), _mm256_xor_ps(v, two));
    return _mm256_add_ps(_mm256_permute2f128_ps(v, v, 1), _mm256_xor_ps(v, four));
}
INLINE void v_store_i16(int16_t *p, V whole) {
    __m256i n = _mm256_cvtps_epi32(whole);
    _mm_storeu_si128((void *) p, _mm_packs_epi32(_mm256_castsi256_si128(n), _mm256_extracti128_si256(n, 1)));
}
INLINE void v_store_i8(int8_t *p, V whole) {
    __m256i n = _mm256_cvtps_epi32(whole);
    __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(n), _mm256_extracti128_si256(n, 1));
    _mm_storel_epi64((void *) p, _mm_packs_epi16(words, words));
}

typedef __m256i VI;
INLINE VI vi_load(const void *p) { return _mm256_loadu_si256(p); }
INLINE void vi_store(void *p, VI v) { _mm256_storeu_si256(p, v); }
INLINE VI vi_set1(int x) { return _mm256_set1_epi32(x); }
INLINE VI vi_add(VI a, VI b) { return _mm256_add_epi32(a, b); }
INLINE VI vi_and(VI a, VI b) { return _mm256_and_si256(a, b); }
INLINE VI vi_or(VI a, VI b) { return _mm256_or_si256(a, b); }
INLINE VI vi_shift_left(VI a, int n) { return _mm256_slli_epi32(a, n); }
INLINE VI vi_shift_right(VI a, int n) { return _mm256_srli_epi32(a, n); }
INLINE VI vi_shift_right_16(VI a, int n) { return _mm256_srli_epi16(a, n); }
INLINE VI vi_dot(VI sum, VI a, VI b) { return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b)); } /* pairs of 16-bit lanes */
INLINE VI vi_round(V a) { return _mm256_cvtps_epi32(a); }
INLINE V vi_to_floats(VI a) { return _mm256_cvtepi32_ps(a); }
/* Sums of codes times bytes: eight steps of 2 * 15 * 127 fit 16 bits. */
INLINE VI vi_codes_start(VI total) { (void) total; return _mm256_setzero_si256(); }
INLINE VI vi_codes(VI sum, VI codes, VI q) { return _mm256_add_epi16(sum, _mm256_maddubs_epi16(codes, q)); }
INLINE VI vi_codes_end(VI total, VI sum) { return _mm256_add_epi32(total, _mm256_madd_epi16(sum, _mm256_set1_epi16(1))); }
enum { HC = 2, VC = 2 }; /* heads and vectors of a tile of codes: 8 sums, 4 factors, 2 halves of a vector */
enum { QI = 3, KI = 2, VI_MAX = 2, CHAINS = 1 }; /* 6 sums, 6 factors, 2 halves of a vector, a product */

INLINE int sum_of_ints(__m256i v) {
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1));
    return _mm_cvtsi128_si32(s);
}

/* q = round(x * inverse); half: sums of columns 0..15 and 16..31. */
INLINE void v_quantise_32(const float *x, float inverse, int8_t *q, int *half) {
    for (int h = 0; h < 2; h++) {
        __m256i a = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x + 16 * h), _mm256_set1_ps(inverse)));
        __m256i b = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x + 16 * h + 8), _mm256_set1_ps(inverse)));
        __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(a, b), 0xd8);
        _mm_storeu_si128((void *) (q + 16 * h), _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
        half[h] = sum_of_ints(_mm256_add_epi32(a, b));
    }
}

#include "floats.h"

#include "kv.h"
#include "attention.h"
#include "scan.h"

/* ---- half a slab (8 rows) in registers ---- */

INLINE __m256i bytes_at(const uint8_t *p) { return _mm256_loadu_si256((const void *) p); }
INLINE __m256 halves_at(const uint8_t *p) { return _mm256_cvtph_ps(_mm_loadu_si128((const void *) p)); }
INLINE __m256 bytes_as_floats(const uint8_t *p) {
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *) p)));
}
INLINE __m256 signed_as_floats(const uint8_t *p) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const void *) p)));
}

/* Quants of group g, rows of `half`: unsigned, but signed (zero taken off) for 8 bits. */
INLINE __m256i group_quants(int type, const uint8_t *slab, int half, int g) {
    if (bits_of(type) == 8) return _mm256_xor_si256(bytes_at(slab + 64 * g + 32 * half), _mm256_set1_epi8((char) 0x80));
    __m256i pair = bytes_at(slab + 64 * (g % 4) + 32 * half);
    __m256i q = _mm256_and_si256(g < 4 ? pair : _mm256_srli_epi16(pair, 4), _mm256_set1_epi8(15));
    /* Shifts act on 16-bit lanes; the mask keeps the wanted bits of each byte. */
    if (bits_of(type) == 5) {
        __m256i high = bytes_at(slab + HIGH_AT + 32 * half);
        high = g < 4 ? _mm256_slli_epi16(high, 4 - g) : _mm256_srli_epi16(high, g - 4);
        q = _mm256_or_si256(q, _mm256_and_si256(high, _mm256_set1_epi8(16)));
    }
    if (bits_of(type) == 6) {
        __m256i high = bytes_at(slab + HIGH_AT + g / 4 * 64 + 32 * half);
        int shift = 4 - g % 4 * 2;
        high = shift > 0 ? _mm256_slli_epi16(high, shift) : _mm256_srli_epi16(high, -shift);
        q = _mm256_or_si256(q, _mm256_and_si256(high, _mm256_set1_epi8(0x30)));
    }
    return q;
}

/* first: factor of the slab's dot product; second: the added min, or for Q6_K the factor of columns 16..31. */
INLINE void slab_scales(int type, const uint8_t *header, int slab, int half, __m256 *first, __m256 *second) {
    __m256 d = halves_at(header + SCALES_AT + 16 * half);
    const uint8_t *scales = header + SUB_SCALES_AT + 8 * half;
    switch (type) {
        case Q4_1: case Q5_1:
            *first = d;
            *second = halves_at(header + MINS_AT + 16 * half);
            break;
        case Q4_K: case Q5_K:
            *first = _mm256_mul_ps(d, bytes_as_floats(scales + 16 * slab));
            *second = _mm256_mul_ps(_mm256_sub_ps(_mm256_setzero_ps(), halves_at(header + MINS_AT + 16 * half)),
                                    bytes_as_floats(header + SUB_MINS_AT + 16 * slab + 8 * half));
            break;
        case Q6_K:
            *first = _mm256_mul_ps(d, signed_as_floats(scales + 32 * slab));
            *second = _mm256_mul_ps(d, signed_as_floats(scales + 32 * slab + 16));
            break;
        default:
            *first = d;
            *second = _mm256_setzero_ps();
    }
}

/* ---- half a slab times one token ---- */

INLINE __m256i four_columns(const int8_t *q) {
    int32_t four;
    __builtin_memcpy(&four, q, 4);
    return _mm256_set1_epi32(four);
}

/* Signed weights have no offset to take off. */
INLINE __m256i dot_start(int type, int32_t neg_sum) {
    return zero_shift(type) < 0 || bits_of(type) == 8 ? _mm256_setzero_si256()
                                                      : _mm256_slli_epi32(_mm256_set1_epi32(neg_sum), zero_shift(type));
}

/* Groups whose products fit a 16-bit lane. */
INLINE int groups_per_lane(int type) {
    switch (bits_of(type)) {
        case 4: return 8;
        case 5: return 4;
        case 6: return 2;
        default: return 1;
    }
}

INLINE __m256i pair_products(int type, __m256i w, __m256i x) {
    return bits_of(type) == 8 ? _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w)) : _mm256_maddubs_epi16(w, x);
}

INLINE __m256i widen(__m256i dot, __m256i pairs) { return _mm256_add_epi32(dot, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1))); }

INLINE __m256 add_scaled(__m256 sum, __m256i dot, __m256 scale, float d) {
    return _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot), _mm256_mul_ps(scale, _mm256_set1_ps(d)), sum);
}

/*
 * sum[t][h] += weights times tokens for one slab of `halves` vectors of 8 rows. Groups come from `quants(g, h)`. Every path, few
 * tokens or many, runs this one: the same arithmetic in the same order.
 */
#define SLAB_TIMES_TOKENS(type, tokens, halves, x, slabs_row, sum, quants, scale1, scale2) \
    do { \
        __m256i dot[TILE_TOKENS][2]; \
        _Pragma("GCC unroll 8") for (int g0 = 0; g0 < GROUPS; g0 += groups_per_lane(type)) { \
            __m256i pairs[TILE_TOKENS][2]; \
            _Pragma("GCC unroll 8") for (int g = g0; g < g0 + groups_per_lane(type); g++) { \
                __m256i weights[2]; \
                _Pragma("GCC unroll 2") for (int h = 0; h < halves; h++) weights[h] = quants; \
                _Pragma("GCC unroll 8") for (int t = 0; t < tokens; t++) { \
                    __m256i a = four_columns((x)[t * (slabs_row)].q + 4 * g); \
                    _Pragma("GCC unroll 2") for (int h = 0; h < halves; h++) { \
                        __m256i product = pair_products(type, weights[h], a); \
                        pairs[t][h] = g == g0 ? product : _mm256_add_epi16(pairs[t][h], product); \
                    } \
                } \
            } \
            _Pragma("GCC unroll 8") for (int t = 0; t < tokens; t++) { \
                const Quants *a = (x) + t * (slabs_row); \
                _Pragma("GCC unroll 2") for (int h = 0; h < halves; h++) { \
                    if (g0 == 0 || (type == Q6_K && g0 == 4)) \
                        dot[t][h] = dot_start(type, type == Q6_K ? a->neg_half[g0 / 4] : a->neg_sum); \
                    dot[t][h] = widen(dot[t][h], pairs[t][h]); \
                    int end = g0 + groups_per_lane(type); \
                    if (type == Q6_K && end == 4) sum[t][h] = add_scaled(sum[t][h], dot[t][h], scale1, a->d); \
                    if (end == GROUPS) { \
                        sum[t][h] = add_scaled(sum[t][h], dot[t][h], type == Q6_K ? scale2 : scale1, a->d); \
                        if (has_mins(type)) sum[t][h] = _mm256_fmadd_ps(scale2, _mm256_set1_ps(a->d_sum), sum[t][h]); \
                    } \
                } \
            } \
        } \
    } while (0)

/*
 * Tokens that share weights in registers, and the most that go straight from the panel. Up to there a panel stays in the first
 * cache between two runs of tokens, and taking its bits apart once more costs less than writing them out and reading them back.
 */
enum { TILE_TOKENS = 3, DIRECT_MAX = 9, PREFETCH_BYTES = 1536 };

/* The first `rows` (<= 8) lanes; panels end in padding rows that have no place in y. */
INLINE __m256i row_mask(int rows) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(rows), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

INLINE void store_half(float *y, __m256 sum, int rows, int half) {
    _mm256_maskstore_ps(y + 8 * half, row_mask(rows - 8 * half), sum);
}
INLINE __m256 load_half(const float *y, int rows, int half) { return _mm256_maskload_ps(y + 8 * half, row_mask(rows - 8 * half)); }

/* ---- few tokens: straight from the panel ---- */

INLINE void direct_panel(int type, int tokens, const uint8_t *panel, long cols, const Quants *x, float *y, long stride, int rows) {
    __m256 sum[TILE_TOKENS][2];
#pragma GCC unroll 4
    for (int t = 0; t < tokens; t++) sum[t][0] = sum[t][1] = _mm256_setzero_ps();
    long slabs = cols / SLAB_COLS, blocks = slabs / slabs_per_block(type);
    for (long b = 0; b < blocks; b++, panel += block_bytes(type)) {
        for (int s = 0; s < slabs_per_block(type); s++, x++) {
            const uint8_t *slab = panel + header_bytes(type) + s * slab_bytes(type);
#pragma GCC unroll 9
            for (int line = 0; line < slab_bytes(type); line += 64)
                _mm_prefetch((const char *) slab + PREFETCH_BYTES + line, _MM_HINT_T0);
            __m256 first[2], second[2];
            slab_scales(type, panel, s, 0, &first[0], &second[0]);
            slab_scales(type, panel, s, 1, &first[1], &second[1]);
            SLAB_TIMES_TOKENS(type, tokens, 2, x, slabs, sum, group_quants(type, slab, h, g), first[h], second[h]);
        }
    }
#pragma GCC unroll 4
    for (int t = 0; t < tokens; t++) {
        store_half(y + t * stride, sum[t][0], rows, 0);
        store_half(y + t * stride, sum[t][1], rows, 1);
    }
}

INLINE void direct_panels(int type, const uint8_t *panel, long cols, const Quants *x, long tokens, float *y, long stride, int rows) {
    long slabs = cols / SLAB_COLS;
    for (; tokens > 0; tokens -= TILE_TOKENS, x += TILE_TOKENS * slabs, y += TILE_TOKENS * stride) {
        switch (tokens) {
            case 1: direct_panel(type, 1, panel, cols, x, y, stride, rows); break;
            case 2: direct_panel(type, 2, panel, cols, x, y, stride, rows); break;
            default: direct_panel(type, TILE_TOKENS, panel, cols, x, y, stride, rows);
        }
    }
}

/* ---- many tokens: unpack a panel once, then multiply tiles of tokens with it ---- */

typedef struct {
    uint8_t q[GROUPS][64];
    float first[ROWS], second[ROWS];
} Unpacked;

INLINE void unpack_panel(int type, const uint8_t *panel, long cols, Unpacked *to) {
    long blocks = cols / SLAB_COLS / slabs_per_block(type);
    for (long b = 0; b < blocks; b++, panel += block_bytes(type)) {
        for (int s = 0; s < slabs_per_block(type); s++, to++) {
            const uint8_t *slab = panel + header_bytes(type) + s * slab_bytes(type);
#pragma GCC unroll 2
            for (int half = 0; half < 2; half++) {
                __m256 first, second;
                slab_scales(type, panel, s, half, &first, &second);
                _mm256_store_ps(to->first + 8 * half, first);
                _mm256_store_ps(to->second + 8 * half, second);
#pragma GCC unroll 8
                for (int g = 0; g < GROUPS; g++)
                    _mm256_store_si256((void *) (to->q[g] + 32 * half), group_quants(type, slab, half, g));
            }
        }
    }
}

enum { CHUNK_SLABS = 32 };

INLINE void tile_chunk(int type, int tokens, const Unpacked *w, long from, long to, const Quants *x, long slabs_row, float *y,
                       long stride, int rows) {
    __m256 sum[TILE_TOKENS][2];
#pragma GCC unroll 8
    for (int t = 0; t < tokens; t++)
#pragma GCC unroll 2
        for (int h = 0; h < 2; h++) sum[t][h] = from == 0 ? _mm256_setzero_ps() : load_half(y + t * stride, rows, h);
    for (long s = from; s < to; s++)
        SLAB_TIMES_TOKENS(type, tokens, 2, x + s, slabs_row, sum, bytes_at(w[s].q[g] + 32 * h), _mm256_load_ps(w[s].first + 8 * h),
                          _mm256_load_ps(w[s].second + 8 * h));
#pragma GCC unroll 8
    for (int t = 0; t < tokens; t++)
#pragma GCC unroll 2
        for (int h = 0; h < 2; h++) store_half(y + t * stride, sum[t][h], rows, h);
}

INLINE void tiles(int type, const Unpacked *w, long cols, const Quants *x, long tokens, float *y, long stride, int rows) {
    long slabs = cols / SLAB_COLS;
    for (long from = 0; from < slabs; from += CHUNK_SLABS) {
        long to = from + CHUNK_SLABS < slabs ? from + CHUNK_SLABS : slabs;
        long t = 0;
        for (; t + TILE_TOKENS <= tokens; t += TILE_TOKENS)
            tile_chunk(type, TILE_TOKENS, w, from, to, x + t * slabs, slabs, y + t * stride, stride, rows);
        if (tokens - t == 2) tile_chunk(type, 2, w, from, to, x + t * slabs, slabs, y + t * stride, stride, rows);
        if (tokens - t == 1) tile_chunk(type, 1, w, from, to, x + t * slabs, slabs, y + t * stride, stride, rows);
    }
}

INLINE void matmul_quants(int type, const uint8_t *panel, long panels, int rows_last, long cols, const Quants *x, long tokens,
                          float *y, long stride, Unpacked *scratch) {
    size_t panel_bytes = cols / SLAB_COLS / slabs_per_block(type) * block_bytes(type);
    for (long p = 0; p < panels; p++, panel += panel_bytes, y += ROWS) {
        int rows = p == panels - 1 ? rows_last : ROWS;
        if (tokens <= DIRECT_MAX) {
            direct_panels(type, panel, cols, x, tokens, y, stride, rows);
        } else {
            unpack_panel(type, panel, cols, scratch);
            tiles(type, scratch, cols, x, tokens, y, stride, rows);
        }
    }
}

/* ---- f32 and f16 weights: one chain of FMAs over the columns ---- */

INLINE __m256 float_weights(int type, const uint8_t *panel, long col, int half) {
    return type == F16 ? halves_at(panel + col * 32 + 16 * half) : _mm256_loadu_ps((const float *) panel + col * ROWS + 8 * half);
}

INLINE void float_tile(int type, int tokens, int panels, const uint8_t *panel, size_t panel_bytes, long cols, const float *x,
                       float *y, long stride, int rows_last) {
    __m256 sum[4][4][2]; /* (token, panel, half): 4 x 1 or 1 x 4 are used */
#pragma GCC unroll 4
    for (int t = 0; t < tokens; t++)
#pragma GCC unroll 4
        for (int p = 0; p < panels; p++) sum[t][p][0] = sum[t][p][1] = _mm256_setzero_ps();
    for (long c = 0; c < cols; c++) {
        __m256 a[4];
#pragma GCC unroll 4
        for (int t = 0; t < tokens; t++) a[t] = _mm256_set1_ps(x[t * cols + c]);
#pragma GCC unroll 4
        for (int p = 0; p < panels; p++)
#pragma GCC unroll 2
            for (int h = 0; h < 2; h++) {
                __m256 w = float_weights(type, panel + p * panel_bytes, c, h);
#pragma GCC unroll 4
                for (int t = 0; t < tokens; t++) sum[t][p][h] = _mm256_fmadd_ps(w, a[t], sum[t][p][h]);
            }
    }
#pragma GCC unroll 4
    for (int t = 0; t < tokens; t++)
#pragma GCC unroll 4
        for (int p = 0; p < panels; p++)
#pragma GCC unroll 2
            for (int h = 0; h < 2; h++)
                store_half(y + t * stride + p * ROWS, sum[t][p][h], p == panels - 1 ? rows_last : ROWS, h);
}

INLINE void matmul_floats(int type, const uint8_t *panel, long panels, int rows_last, long cols, const float *x, long tokens,
                          float *y, long stride) {
    size_t panel_bytes = (size_t) cols * ROWS * (type == F16 ? 2 : 4);
    while (panels > 0) {
        int n = panels >= 4 && tokens < 4 ? 4 : 1, rows = panels == n ? rows_last : ROWS;
        long t = 0;
        for (; t + 4 <= tokens; t += 4)
            float_tile(type, 4, 1, panel, panel_bytes, cols, x + t * cols, y + t * stride, stride, rows);
        for (; t < tokens; t++) {
            if (n == 4) float_tile(type, 1, 4, panel, panel_bytes, cols, x + t * cols, y + t * stride, stride, rows);
            else float_tile(type, 1, 1, panel, panel_bytes, cols, x + t * cols, y + t * stride, stride, rows);
        }
        panels -= n;
        panel += n * panel_bytes;
        y += n * ROWS;
    }
}

/* ---- the product ---- */

long API(scratch)(long cols) { return (cols + SLAB_COLS - 1) / SLAB_COLS * (long) sizeof(Unpacked); }

int API(panels_per_tile)(void) { return 1; }

/* y(t, r) for the rows of `panels` panels from `panel` on; rows_last of the last one exist. y rows lie `stride` floats apart. */
void API(matmul)(int type, const uint8_t *panel, long panels, int rows_last, long cols, const float *x, const Quants *xq,
         long tokens, float *y, long stride, Unpacked *scratch) {
    unsigned control = enter_kernel();
    switch (type) {
        case F32: matmul_floats(F32, panel, panels, rows_last, cols, x, tokens, y, stride); break;
        case F16: matmul_floats(F16, panel, panels, rows_last, cols, x, tokens, y, stride); break;
#define QUANTS(type) case type: matmul_quants(type, panel, panels, rows_last, cols, xq, tokens, y, stride, scratch); break;
        QUANTS(Q4_0) QUANTS(Q4_1) QUANTS(Q5_0) QUANTS(Q5_1) QUANTS(Q8_0) QUANTS(Q4_K) QUANTS(Q5_K) QUANTS(Q6_K)
#undef QUANTS
    }
    leave_kernel(control);
}

#include "rows.h"
