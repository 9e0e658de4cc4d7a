/*
 * AVX-512 with VNNI: vpdpbusd multiplies 64 unsigned weights with 64 signed activations and adds each four products to one of 16
 * 32-bit lanes, which are the 16 rows of a panel. One instruction per group of four columns; sums never overflow or saturate.
 */
#include "longhand.h"

#define ISA lh_avx512_vnni_
#define VL 16
#define QT 6 /* rows of an attention tile: 6 x 4 sums, 4 keys or values, 6 factors fit 32 registers closely */

typedef __m512 V;
INLINE V v_load(const float *p) { return _mm512_loadu_ps(p); }
INLINE void v_store(float *p, V v) { _mm512_storeu_ps(p, v); }
INLINE V v_set1(float x) { return _mm512_set1_ps(x); }
INLINE V v_add(V a, V b) { return _mm512_add_ps(a, b); }
INLINE V v_sub(V a, V b) { return _mm512_sub_ps(a, b); }
INLINE V v_mul(V a, V b) { return _mm512_mul_ps(a, b); }
INLINE V v_div(V a, V b) { return _mm512_div_ps(a, b); }
INLINE V v_min(V a, V b) { return _mm512_min_ps(a, b); }
INLINE V v_max(V a, V b) { return _mm512_max_ps(a, b); }
INLINE V v_abs(V a) { return _mm512_abs_ps(a); }
INLINE V v_fma(V a, V b, V c) { return _mm512_fmadd_ps(a, b, c); }
INLINE V v_fnma(V a, V b, V c) { return _mm512_fnmadd_ps(a, b, c); }
INLINE V v_round(V a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
INLINE V v_times_power_of_two(V a, V n) { return _mm512_scalef_ps(a, n); }
INLINE V v_zero_if_less(V x, float limit, V v) {
    return _mm512_mask_mov_ps(v, _mm512_cmp_ps_mask(x, _mm512_set1_ps(limit), _CMP_LT_OQ), _mm512_setzero_ps());
}
INLINE int v_has_nan(V v) { return _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q) != 0; }
INLINE float v_first(V v) { return _mm512_cvtss_f32(v); }
/* Over lanes, always halves on halves. */
INLINE float sum_of(V v) {
    __m256 a = _mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
    __m128 b = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    b = _mm_add_ps(b, _mm_movehl_ps(b, b));
    return _mm_cvtss_f32(_mm_add_ss(b, _mm_movehdup_ps(b)));
}
INLINE float max_of(V v) {
    __m256 a = _mm256_max_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
    __m128 b = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    b = _mm_max_ps(b, _mm_movehl_ps(b, b));
    return _mm_cvtss_f32(_mm_max_ss(b, _mm_movehdup_ps(b)));
}
/* Four vectors to one: in each quarter the sums of x[0], x[1], x[2], x[3] over that quarter. */
INLINE V v_sums_of_four(const V *x) {
    V a = _mm512_add_ps(_mm512_unpacklo_ps(x[0], x[1]), _mm512_unpackhi_ps(x[0], x[1]));
    V b = _mm512_add_ps(_mm512_unpacklo_ps(x[2], x[3]), _mm512_unpackhi_ps(x[2], x[3]));
    return _mm512_add_ps(_mm512_shuffle_ps(a, b, 0x44), _mm512_shuffle_ps(a, b, 0xee));
}
/* Lane i: the sum of x[i]. */
INLINE V v_sums(const V x[VL]) {
    V a = v_sums_of_four(x), b = v_sums_of_four(x + 4), c = v_sums_of_four(x + 8), d = v_sums_of_four(x + 12);
    V ab = _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xdd));
    V cd = _mm512_add_ps(_mm512_shuffle_f32x4(c, d, 0x88), _mm512_shuffle_f32x4(c, d, 0xdd));
    return _mm512_add_ps(_mm512_shuffle_f32x4(ab, cd, 0x88), _mm512_shuffle_f32x4(ab, cd, 0xdd));
}
INLINE V v_load_f16(const uint16_t *p) { return _mm512_cvtph_ps(_mm256_loadu_si256((const void *) p)); }
INLINE void v_store_f16(uint16_t *p, V v) { _mm256_storeu_si256((void *) p, _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT)); }

/* Lanes a, b become a + b and a - b at distances 1, 2, 4, 8. */
INLINE V v_butterfly(V v, V swapped, __mmask16 upper) {
    return _mm512_add_ps(swapped, _mm512_mask_sub_ps(v, upper, _mm512_setzero_ps(), v));
}
INLINE V v_turn(V v) {
    v = v_butterfly(v, _mm512_permute_ps(v, 0xb1), 0xaaaa);
    v = v_butterfly(v, _mm512_permute_ps(v, 0x4e), 0xcccc);
    v = v_butterfly(v, _mm512_shuffle_f32x4(v, v, 0xb1), 0xf0f0);
    return v_butterfly(v, _mm512_shuffle_f32x4(v, v, 0x4e), 0xff00);
}
INLINE void v_store_i16(int16_t *p, V whole) { _mm256_storeu_si256((void *) p, _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(whole))); }
INLINE void v_store_i8(int8_t *p, V whole) { _mm_storeu_si128((void *) p, _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(whole))); }

typedef __m512i VI;
INLINE VI vi_load(const void *p) { return _mm512_loadu_si512(p); }
INLINE void vi_store(void *p, VI v) { _mm512_storeu_si512(p, v); }
INLINE VI vi_set1(int x) { return _mm512_set1_epi32(x); }
INLINE VI vi_add(VI a, VI b) { return _mm512_add_epi32(a, b); }
INLINE VI vi_and(VI a, VI b) { return _mm512_and_si512(a, b); }
INLINE VI vi_or(VI a, VI b) { return _mm512_or_si512(a, b); }
INLINE VI vi_shift_left(VI a, int n) { return _mm512_slli_epi32(a, (unsigned) n); }
INLINE VI vi_shift_right(VI a, int n) { return _mm512_srli_epi32(a, (unsigned) n); }
INLINE VI vi_shift_right_16(VI a, int n) { return _mm512_srli_epi16(a, (unsigned) n); }
INLINE VI vi_dot(VI sum, VI a, VI b) { return _mm512_dpwssd_epi32(sum, a, b); } /* pairs of 16-bit lanes */
INLINE VI vi_round(V a) { return _mm512_cvtps_epi32(a); }
INLINE V vi_to_floats(VI a) { return _mm512_cvtepi32_ps(a); }
INLINE VI vi_codes_start(VI total) { return total; }
INLINE VI vi_codes(VI sum, VI codes, VI q) { return _mm512_dpbusd_epi32(sum, codes, q); }
INLINE VI vi_codes_end(VI total, VI sum) { (void) total; return sum; }
enum { HC = 4, VC = 4 }; /* heads and vectors of a tile of codes: 16 sums, 8 factors, 2 halves of a vector */
enum { QI = 4, KI = 4, VI_MAX = 2, CHAINS = 2 }; /* 16 sums, 8 factors, 2 halves of a vector */

/* q = round(x * inverse); half: sums of columns 0..15 and 16..31. */
INLINE void v_quantise_32(const float *x, float inverse, int8_t *q, int *half) {
    for (int h = 0; h < 2; h++) {
        __m512i n = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(x + 16 * h), _mm512_set1_ps(inverse)));
        _mm_storeu_si128((void *) (q + 16 * h), _mm512_cvtsepi32_epi8(n));
        half[h] = _mm512_reduce_add_epi32(n);
    }
}

#include "floats.h"

#include "kv.h"
#include "attention.h"
#include "scan.h"

/* ---- a slab in registers ---- */

INLINE __m512i bytes_at(const uint8_t *p) { return _mm512_loadu_si512(p); }
INLINE __m512 halves_at(const uint8_t *p) { return _mm512_cvtph_ps(_mm256_loadu_si256((const void *) p)); }
INLINE __m512 bytes_as_floats(const uint8_t *p) {
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const void *) p)));
}
INLINE __m512 signed_as_floats(const uint8_t *p) {
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const void *) p)));
}

/* Quants of the 8 groups as unsigned bytes [16 rows][4 columns]. */
INLINE void slab_quants(int type, const uint8_t *slab, __m512i w[GROUPS]) {
    const __m512i low4 = _mm512_set1_epi8(15);
    if (bits_of(type) == 8) {
#pragma GCC unroll 8
        for (int g = 0; g < 8; g++) w[g] = bytes_at(slab + 64 * g);
        return;
    }
#pragma GCC unroll 4
    for (int g = 0; g < 4; g++) {
        __m512i pair = bytes_at(slab + 64 * g);
        w[g] = _mm512_and_si512(pair, low4);
        w[g + 4] = _mm512_and_si512(_mm512_srli_epi16(pair, 4), low4);
    }
    /* Shifts act on 16-bit lanes; the mask keeps the wanted bit of each byte. 0xf8: a | (b & c). */
    if (bits_of(type) == 5) {
        const __m512i bit4 = _mm512_set1_epi8(16);
        __m512i high = bytes_at(slab + HIGH_AT);
#pragma GCC unroll 8
        for (int g = 0; g < 8; g++) {
            __m512i at = g < 4 ? _mm512_slli_epi16(high, 4 - g) : _mm512_srli_epi16(high, g - 4);
            w[g] = _mm512_ternarylogic_epi64(w[g], at, bit4, 0xf8);
        }
    }
    if (bits_of(type) == 6) {
        const __m512i bits45 = _mm512_set1_epi8(0x30);
#pragma GCC unroll 8
        for (int g = 0; g < 8; g++) {
            __m512i high = bytes_at(slab + HIGH_AT + g / 4 * 64);
            int shift = 4 - g % 4 * 2;
            __m512i at = shift > 0 ? _mm512_slli_epi16(high, shift) : _mm512_srli_epi16(high, -shift);
            w[g] = _mm512_ternarylogic_epi64(w[g], at, bits45, 0xf8);
        }
    }
}

/* scale[0]: factor of the slab's dot product; second: the added min, or for Q6_K the factor of columns 16..31. */
INLINE void slab_scales(int type, const uint8_t *header, int slab, __m512 *first, __m512 *second) {
    __m512 d = halves_at(header + SCALES_AT);
    switch (type) {
        case Q4_1: case Q5_1:
            *first = d;
            *second = halves_at(header + MINS_AT);
            break;
        case Q4_K: case Q5_K:
            *first = _mm512_mul_ps(d, bytes_as_floats(header + SUB_SCALES_AT + 16 * slab));
            *second = _mm512_mul_ps(_mm512_sub_ps(_mm512_setzero_ps(), halves_at(header + MINS_AT)),
                                    bytes_as_floats(header + SUB_MINS_AT + 16 * slab));
            break;
        case Q6_K:
            *first = _mm512_mul_ps(d, signed_as_floats(header + SUB_SCALES_AT + 32 * slab));
            *second = _mm512_mul_ps(d, signed_as_floats(header + SUB_SCALES_AT + 32 * slab + 16));
            break;
        default:
            *first = d;
            *second = _mm512_setzero_ps();
    }
}

/* ---- one slab times one token: the arithmetic every path shares, in this order ---- */

INLINE __m512i dot_start(int type, int32_t neg_sum) {
    return zero_shift(type) < 0 ? _mm512_setzero_si512() : _mm512_slli_epi32(_mm512_set1_epi32(neg_sum), zero_shift(type));
}

INLINE __m512i four_columns(const int8_t *q) {
    int32_t four;
    __builtin_memcpy(&four, q, 4);
    return _mm512_set1_epi32(four);
}

INLINE __m512 add_scaled(__m512 sum, __m512i dot, __m512 scale, float d) {
    return _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), _mm512_mul_ps(scale, _mm512_set1_ps(d)), sum);
}

INLINE __m512 finish_slab(int type, __m512 sum, __m512i low, __m512i high, __m512 first, __m512 second, const Quants *x) {
    if (type == Q6_K) return add_scaled(add_scaled(sum, low, first, x->d), high, second, x->d);
    sum = add_scaled(sum, low, first, x->d);
    return has_mins(type) ? _mm512_fmadd_ps(second, _mm512_set1_ps(x->d_sum), sum) : sum;
}

/* ---- few tokens: straight from the panel ---- */

INLINE void store_rows(float *y, __m512 sum, int rows) {
    _mm512_mask_storeu_ps(y, (__mmask16) ((1u << rows) - 1), sum);
}

/*
 * Tokens that share a slab in registers, and the most that go this way. Up to there a panel stays in the first cache between two
 * runs of tokens, and taking its bits apart once more costs less than writing them out and reading them back.
 */
enum { DIRECT_TOKENS = 8, DIRECT_MAX = 24, PREFETCH_BYTES = 1536 };

INLINE void direct_slab(int type, int tokens, const uint8_t *slab, __m512 first, __m512 second, const Quants *x, long slabs,
                        __m512 *sum) {
    __m512i w[GROUPS];
    slab_quants(type, slab, w);
#pragma GCC unroll 8
    for (int t = 0; t < tokens; t++) {
        const Quants *a = x + t * slabs;
        __m512i low, high;
        /* two chains: half the latency, and Q6_K needs both */
        if (type == Q6_K) {
            low = dot_start(type, a->neg_half[0]);
            high = dot_start(type, a->neg_half[1]);
        } else {
            low = dot_start(type, a->neg_sum);
            high = _mm512_setzero_si512();
        }
#pragma GCC unroll 4
        for (int g = 0; g < 4; g++) {
            low = _mm512_dpbusd_epi32(low, w[g], four_columns(a->q + 4 * g));
            high = _mm512_dpbusd_epi32(high, w[g + 4], four_columns(a->q + 4 * g + 16));
        }
        if (type != Q6_K) low = _mm512_add_epi32(low, high);
        sum[t] = finish_slab(type, sum[t], low, high, first, second, a);
    }
}

INLINE void direct_panel(int type, int tokens, const uint8_t *panel, long cols, const Quants *x, float *y, long stride, int rows) {
    __m512 sum[DIRECT_TOKENS];
#pragma GCC unroll 8
    for (int t = 0; t < tokens; t++) sum[t] = _mm512_setzero_ps();
    long slabs = cols / SLAB_COLS, blocks = slabs / slabs_per_block(type);
    for (long b = 0; b < blocks; b++, panel += block_bytes(type)) {
        for (int s = 0; s < slabs_per_block(type); s++, x++) {
            const uint8_t *slab = panel + header_bytes(type) + s * slab_bytes(type);
#pragma GCC unroll 9
            for (int line = 0; line < slab_bytes(type); line += 64)
                _mm_prefetch((const char *) slab + PREFETCH_BYTES + line, _MM_HINT_T0);
            __m512 first, second;
            slab_scales(type, panel, s, &first, &second);
            direct_slab(type, tokens, slab, first, second, x, slabs, sum);
        }
    }
#pragma GCC unroll 8
    for (int t = 0; t < tokens; t++) store_rows(y + t * stride, sum[t], rows);
}

INLINE void direct_panels(int type, const uint8_t *panel, long cols, const Quants *x, long tokens, float *y, long stride, int rows) {
    long slabs = cols / SLAB_COLS;
    for (; tokens > 0; tokens -= DIRECT_TOKENS, x += DIRECT_TOKENS * slabs, y += DIRECT_TOKENS * stride) {
        switch (tokens) {
#define TOKENS(n) case n: direct_panel(type, n, panel, cols, x, y, stride, rows); break;
            TOKENS(1) TOKENS(2) TOKENS(3) TOKENS(4) TOKENS(5) TOKENS(6) TOKENS(7)
#undef TOKENS
            default: direct_panel(type, DIRECT_TOKENS, panel, cols, x, y, stride, rows);
        }
    }
}

/* ---- many tokens: unpack some panels once, then multiply tiles of tokens with them ---- */

enum { TILE_PANELS = 2, TILE_TOKENS = 6, CHUNK_SLABS = 16 };

/* A slab unpacked for the tile. */
typedef struct {
    uint8_t q[GROUPS][64];
    float first[ROWS], second[ROWS];
} Unpacked;

INLINE void unpack_panel(int type, const uint8_t *panel, long cols, Unpacked *to) {
    long blocks = cols / SLAB_COLS / slabs_per_block(type);
    for (long b = 0; b < blocks; b++, panel += block_bytes(type)) {
        for (int s = 0; s < slabs_per_block(type); s++, to += TILE_PANELS) {
            __m512i w[GROUPS];
            __m512 first, second;
            slab_quants(type, panel + header_bytes(type) + s * slab_bytes(type), w);
            slab_scales(type, panel, s, &first, &second);
            for (int g = 0; g < GROUPS; g++) _mm512_store_si512(to->q[g], w[g]);
            _mm512_store_ps(to->first, first);
            _mm512_store_ps(to->second, second);
        }
    }
}

/* sum += slabs of w times tokens; x rows `slabs_row` quants apart. */
INLINE void tile(int type, int tokens, int panels, const Unpacked *w, long slabs, const Quants *x, long slabs_row,
                 __m512 sum[TILE_TOKENS][TILE_PANELS]) {
    for (long s = 0; s < slabs; s++, w += TILE_PANELS, x++) {
        __m512i dot[TILE_TOKENS][TILE_PANELS];
#pragma GCC unroll 2
        for (int half = 0; half < 2; half++) {
            if (half == 0 || type == Q6_K) {
#pragma GCC unroll 8
                for (int t = 0; t < tokens; t++) {
                    const Quants *a = x + t * slabs_row;
                    __m512i start = dot_start(type, type == Q6_K ? a->neg_half[half] : a->neg_sum);
#pragma GCC unroll 2
                    for (int p = 0; p < panels; p++) dot[t][p] = start;
                }
            }
#pragma GCC unroll 4
            for (int g = 4 * half; g < 4 * half + 4; g++) {
                __m512i weights[TILE_PANELS];
#pragma GCC unroll 2
                for (int p = 0; p < panels; p++) weights[p] = _mm512_load_si512(w[p].q[g]);
#pragma GCC unroll 8
                for (int t = 0; t < tokens; t++) {
                    __m512i a = four_columns(x[t * slabs_row].q + 4 * g);
#pragma GCC unroll 2
                    for (int p = 0; p < panels; p++) dot[t][p] = _mm512_dpbusd_epi32(dot[t][p], weights[p], a);
                }
            }
            if (half == 1 || type == Q6_K) {
#pragma GCC unroll 8
                for (int t = 0; t < tokens; t++) {
                    const Quants *a = x + t * slabs_row;
#pragma GCC unroll 2
                    for (int p = 0; p < panels; p++) {
                        __m512 scale = _mm512_load_ps(half == 0 || type != Q6_K ? w[p].first : w[p].second);
                        sum[t][p] = add_scaled(sum[t][p], dot[t][p], scale, a->d);
                        if (has_mins(type))
                            sum[t][p] = _mm512_fmadd_ps(_mm512_load_ps(w[p].second), _mm512_set1_ps(a->d_sum), sum[t][p]);
                    }
                }
            }
        }
    }
}

/* All slabs of a tile, or a chunk of them with the sums kept in y between chunks: a store and a load change no bit. */
INLINE void tile_chunk(int type, int tokens, int panels, const Unpacked *w, long from, long to, const Quants *x,
                       long slabs_row, float *y, long stride, int rows_last) {
    __m512 sum[TILE_TOKENS][TILE_PANELS];
#pragma GCC unroll 8
    for (int t = 0; t < tokens; t++)
#pragma GCC unroll 2
        for (int p = 0; p < panels; p++) {
            int rows = p == panels - 1 ? rows_last : ROWS;
            sum[t][p] = from == 0 ? _mm512_setzero_ps()
                                  : _mm512_maskz_loadu_ps((__mmask16) ((1u << rows) - 1), y + t * stride + p * ROWS);
        }
    tile(type, tokens, panels, w + from * TILE_PANELS, to - from, x + from, slabs_row, sum);
#pragma GCC unroll 8
    for (int t = 0; t < tokens; t++)
#pragma GCC unroll 2
        for (int p = 0; p < panels; p++) store_rows(y + t * stride + p * ROWS, sum[t][p], p == panels - 1 ? rows_last : ROWS);
}

INLINE void tiles(int type, int panels, const Unpacked *w, long cols, const Quants *x, long tokens, float *y, long stride,
                  int rows_last) {
    long slabs = cols / SLAB_COLS;
    for (long from = 0; from < slabs; from += CHUNK_SLABS) {
        long to = from + CHUNK_SLABS < slabs ? from + CHUNK_SLABS : slabs;
        long t = 0;
        for (; t + TILE_TOKENS <= tokens; t += TILE_TOKENS)
            tile_chunk(type, TILE_TOKENS, panels, w, from, to, x + t * slabs, slabs, y + t * stride, stride, rows_last);
        switch (tokens - t) {
#define REST(n) case n: tile_chunk(type, n, panels, w, from, to, x + t * slabs, slabs, y + t * stride, stride, rows_last); break;
            REST(1) REST(2) REST(3) REST(4) REST(5)
#undef REST
        }
    }
}

INLINE void matmul_quants(int type, const uint8_t *panel, long panels, int rows_last, long cols, const Quants *x, long tokens,
                          float *y, long stride, Unpacked *scratch) {
    size_t panel_bytes = cols / SLAB_COLS / slabs_per_block(type) * block_bytes(type);
    if (tokens <= DIRECT_MAX) {
        for (long p = 0; p < panels; p++, panel += panel_bytes, y += ROWS)
            direct_panels(type, panel, cols, x, tokens, y, stride, p == panels - 1 ? rows_last : ROWS);
        return;
    }
    for (; panels > 0; panels -= TILE_PANELS, panel += TILE_PANELS * panel_bytes, y += TILE_PANELS * ROWS) {
        int n = panels < TILE_PANELS ? (int) panels : TILE_PANELS;
        for (int p = 0; p < n; p++) unpack_panel(type, panel + p * panel_bytes, cols, scratch + p);
        int rows = panels == n ? rows_last : ROWS;
        if (n == TILE_PANELS) tiles(type, TILE_PANELS, scratch, cols, x, tokens, y, stride, rows);
        else tiles(type, 1, scratch, cols, x, tokens, y, stride, rows);
    }
}

/* ---- f32 and f16 weights: one chain of FMAs over the columns ---- */

INLINE __m512 float_weights(int type, const uint8_t *panel, long col) {
    return type == F16 ? halves_at(panel + col * 32) : _mm512_loadu_ps((const float *) panel + col * ROWS);
}

INLINE void float_tile(int type, int tokens, int panels, const uint8_t *panel, size_t panel_bytes, long cols, const float *x,
                       float *y, long stride, int rows_last) {
    __m512 sum[TILE_TOKENS][4];
#pragma GCC unroll 8
    for (int t = 0; t < tokens; t++)
#pragma GCC unroll 4
        for (int p = 0; p < panels; p++) sum[t][p] = _mm512_setzero_ps();
    for (long c = 0; c < cols; c++) {
        __m512 w[4];
#pragma GCC unroll 4
        for (int p = 0; p < panels; p++) w[p] = float_weights(type, panel + p * panel_bytes, c);
#pragma GCC unroll 8
        for (int t = 0; t < tokens; t++)
#pragma GCC unroll 4
            for (int p = 0; p < panels; p++) sum[t][p] = _mm512_fmadd_ps(w[p], _mm512_set1_ps(x[t * cols + c]), sum[t][p]);
    }
#pragma GCC unroll 8
    for (int t = 0; t < tokens; t++)
#pragma GCC unroll 4
        for (int p = 0; p < panels; p++) store_rows(y + t * stride + p * ROWS, sum[t][p], p == panels - 1 ? rows_last : ROWS);
}

INLINE void float_rows(int type, int panels, const uint8_t *panel, size_t panel_bytes, long cols, const float *x, long tokens,
                       float *y, long stride, int rows_last) {
    long t = 0;
    for (; t + TILE_TOKENS <= tokens; t += TILE_TOKENS)
        float_tile(type, TILE_TOKENS, panels, panel, panel_bytes, cols, x + t * cols, y + t * stride, stride, rows_last);
    for (; t < tokens; t++) float_tile(type, 1, panels, panel, panel_bytes, cols, x + t * cols, y + t * stride, stride, rows_last);
}

INLINE void matmul_floats(int type, const uint8_t *panel, long panels, int rows_last, long cols, const float *x, long tokens,
                          float *y, long stride) {
    size_t panel_bytes = (size_t) cols * ROWS * (type == F16 ? 2 : 4);
    for (; panels >= 4; panels -= 4, panel += 4 * panel_bytes, y += 4 * ROWS)
        float_rows(type, 4, panel, panel_bytes, cols, x, tokens, y, stride, panels == 4 ? rows_last : ROWS);
    for (; panels > 0; panels--, panel += panel_bytes, y += ROWS)
        float_rows(type, 1, panel, panel_bytes, cols, x, tokens, y, stride, panels == 1 ? rows_last : ROWS);
}

/* ---- the product ---- */

long API(scratch)(long cols) { return (cols + SLAB_COLS - 1) / SLAB_COLS * TILE_PANELS * (long) sizeof(Unpacked); }

int API(panels_per_tile)(void) { return TILE_PANELS; }

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
