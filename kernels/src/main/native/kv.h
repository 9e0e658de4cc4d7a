/*
 * Records of KV blocks and how they are written, over a vector of VL floats (V) or 32-bit integers (VI), like floats.h.
 *
 * A live record of 64 tokens: K as f16[4][dim][16 tokens], V as f16[64 tokens][dim]. So a vector of K holds one dimension of
 * neighbouring tokens, and q.k needs no sum across lanes; a vector of V holds neighbouring dimensions of a token.
 *
 * A sealed record holds bytes u = 128 + x / scale with an f16 scale per token and 32 dimensions (docs/formats/sealed.md, Java:
 * SealedRecord): K as u8[4][dim / 4][16 tokens][4 dims], V as u8[16][dim][4 tokens], f16 scales of K and of V, each
 * [groups][64 tokens]. Four elements share 32 bits in the order 0, 2, 1, 3, so that the even bytes of a vector are pairs of
 * elements 0, 1 and the odd bytes 2, 3, ready for a multiply-add of 16-bit pairs.
 */
enum {
    BLOCK = 64, SPAN = 256, ROWS_MAX = 96, TV = 4, GROUP = 32, STEPS_16 = 32767, WIDTH = TV * VL, LINE = 64
};

INLINE long groups_of(long dim) { return (dim + GROUP - 1) / GROUP; }

/* ---- the Hadamard turn ---- */

/* Each run of 2^n values, the largest power of two that divides dim, at least 16, times the orthonormal Hadamard matrix. */
INLINE void turn(float *x, long dim) {
    long run = dim & -dim;
    V factor = v_set1(1.0f / __builtin_sqrtf((float) run));
    for (long i = 0; i < dim; i += VL) v_store(x + i, v_turn(v_mul(v_load(x + i), factor)));
    for (long half = VL; half < run; half *= 2)
        for (long i = 0; i < dim; i += 2 * half)
            for (long j = i; j < i + half; j += VL) {
                V a = v_load(x + j), b = v_load(x + half + j);
                v_store(x + j, v_add(a, b));
                v_store(x + half + j, v_sub(a, b));
            }
}

/* ---- writing ---- */

void API(store_kv)(const float *k, const float *v, long stride, long rows, long dim, int is_turned, uint16_t *record, long slot,
                   float *scratch) {
    unsigned control = enter_kernel();
    for (; rows > 0; rows--, slot++, k += stride, v += stride) {
        const float *key = k;
        if (is_turned) {
            __builtin_memcpy(scratch, k, (size_t) dim * sizeof(float));
            turn(scratch, dim);
            key = scratch;
        }
        uint16_t *to = record + slot / 16 * dim * 16 + slot % 16;
        for (long d = 0; d < dim; d += VL) {
            uint16_t half[VL];
            v_store_f16(half, v_load(key + d));
            for (int i = 0; i < VL; i++) to[(d + i) * 16] = half[i];
        }
        to = record + BLOCK * dim + slot * dim;
        for (long d = 0; d < dim; d += VL) v_store_f16(to + d, v_load(v + d));
    }
    leave_kernel(control);
}

/* 1 / scale; 0 where the scale is 0 or no number. */
INLINE V inverse_of(V scale) {
    V inverse = v_zero_if_less(scale, 5e-8f, v_div(v_set1(1), scale));
    return v_max(inverse, v_set1(0)); /* NaN: the second operand */
}

/* Bytes of four vectors of elements, in the order 0, 2, 1, 3. */
INLINE VI sealed_bytes(const V x[4], const V inverse[4]) {
    VI u[4];
    for (int i = 0; i < 4; i++) {
        V steps = v_min(v_set1(127), v_max(v_set1(-127), v_mul(x[i], inverse[i])));
        u[i] = vi_add(vi_round(v_zero_if_less(inverse[i], 1e-6f, steps)), vi_set1(128));
    }
    return vi_or(vi_or(u[0], vi_shift_left(u[2], 8)), vi_or(vi_shift_left(u[1], 16), vi_shift_left(u[3], 24)));
}

INLINE void seal_keys(const uint16_t *k, long dim, long token, uint8_t *bytes, uint16_t *scales) {
    k += token / 16 * dim * 16 + token % 16;
    bytes += (token / 16 * dim * 16 + token % 16 * 4);
    for (long from = 0; from < dim; from += GROUP, scales += BLOCK) {
        long to = from + GROUP < dim ? from + GROUP : dim;
        V most = v_set1(0), poison = v_set1(0);
        for (long d = from; d < to; d++) {
            V x = v_load_f16(k + d * 16);
            most = v_max(most, v_abs(x));
            poison = v_fma(x, v_set1(0), poison);
        }
        v_store_f16(scales + token, v_add(v_div(most, v_set1(127)), poison));
        V inverse = inverse_of(v_load_f16(scales + token));
        V inverses[4] = {inverse, inverse, inverse, inverse};
        for (long d = from; d < to; d += 4) {
            V x[4];
            for (int i = 0; i < 4; i++) x[i] = v_load_f16(k + (d + i) * 16);
            vi_store(bytes + d * 16, sealed_bytes(x, inverses));
        }
    }
}

INLINE void seal_values(const uint16_t *v, long dim, long token, uint8_t *bytes, uint16_t *scales) {
    v += token * dim;
    bytes += token * dim;
    for (long from = 0; from < dim; from += GROUP, scales += BLOCK) {
        long to = from + GROUP < dim ? from + GROUP : dim;
        float scale[4];
        V inverses[4];
        for (int i = 0; i < 4; i++) {
            V most = v_set1(0), poison = v_set1(0);
            for (long d = from; d < to; d += VL) {
                V x = v_load_f16(v + i * dim + d);
                most = v_max(most, v_abs(x));
                poison = v_fma(x, v_set1(0), poison);
            }
            scale[i] = max_of(most) / 127 + sum_of(poison);
        }
        for (int i = 0; i < 4; i++) {
            uint16_t half[VL];
            v_store_f16(half, v_set1(scale[i]));
            scales[token + i] = half[0];
            inverses[i] = inverse_of(v_load_f16(half));
        }
        for (long d = from; d < to; d += VL) {
            V x[4];
            for (int i = 0; i < 4; i++) x[i] = v_load_f16(v + i * dim + d);
            vi_store(bytes + d * 4, sealed_bytes(x, inverses));
        }
    }
}

/* A full live record to its sealed form. */
void API(seal)(const uint16_t *live, long dim, uint8_t *stored) {
    unsigned control = enter_kernel();
    uint16_t *scales = (uint16_t *) (stored + 2 * BLOCK * dim);
    for (long token = 0; token < BLOCK; token += VL) seal_keys(live, dim, token, stored, scales);
    for (long token = 0; token < BLOCK; token += 4)
        seal_values(live + BLOCK * dim, dim, token, stored + BLOCK * dim, scales + groups_of(dim) * BLOCK);
    leave_kernel(control);
}
