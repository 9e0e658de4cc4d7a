/*
 * Everything but the integer products, written once over a vector of VL floats. The including file defines VL, the type V and
 * the v_* functions for its instruction set, and ISA.
 */

/* e^x to 1-2 ulp by 2^n * p(r), |r| <= ln2 / 2; exactly 0 below -87.3, NaN stays NaN. */
INLINE V v_exp(V x) {
    V in = v_min(v_set1(88.3f), v_max(v_set1(-87.3f), x)); /* constants first: min and max return the second operand for NaN */
    V n = v_round(v_mul(in, v_set1(1.44269504f)));
    V r = v_fnma(n, v_set1(0.693359375f), in);
    r = v_fnma(n, v_set1(-2.12194440e-4f), r);
    V p = v_set1(1.9875691500e-4f);
    p = v_fma(p, r, v_set1(1.3981999507e-3f));
    p = v_fma(p, r, v_set1(8.3334519073e-3f));
    p = v_fma(p, r, v_set1(4.1665795894e-2f));
    p = v_fma(p, r, v_set1(1.6666665459e-1f));
    p = v_fma(p, r, v_set1(5.0000001201e-1f));
    p = v_fma(v_mul(r, r), p, v_add(r, v_set1(1.0f)));
    return v_zero_if_less(x, -87.3f, v_times_power_of_two(p, n));
}

INLINE float exp_of(float x) { return v_first(v_exp(v_set1(x))); }

/* Sums lanes pairwise, in an order fixed by VL. */
INLINE float sum_of(V v) {
    float lane[VL];
    v_store(lane, v);
    for (int width = VL / 2; width > 0; width /= 2)
        for (int i = 0; i < width; i++) lane[i] += lane[i + width];
    return lane[0];
}

INLINE float max_of(V v) {
    float lane[VL];
    v_store(lane, v);
    float max = lane[0];
    for (int i = 1; i < VL; i++) max = lane[i] > max ? lane[i] : max;
    return max;
}

/* ---- rows ---- */

void API(rms_norm)(const float *x, long n, const float *weight, float eps, float *out) {
    unsigned control = enter_kernel();
    V sum0 = v_set1(0), sum1 = v_set1(0);
    long i = 0;
    for (; i + 2 * VL <= n; i += 2 * VL) {
        V a = v_load(x + i), b = v_load(x + i + VL);
        sum0 = v_fma(a, a, sum0);
        sum1 = v_fma(b, b, sum1);
    }
    float sum = sum_of(v_add(sum0, sum1));
    for (; i < n; i++) sum += x[i] * x[i];
    float factor = 1.0f / __builtin_sqrtf(sum / (float) n + eps);
    for (i = 0; i + VL <= n; i += VL) v_store(out + i, v_mul(v_mul(v_load(x + i), v_set1(factor)), v_load(weight + i)));
    for (; i < n; i++) out[i] = x[i] * factor * weight[i];
    leave_kernel(control);
}

void API(add)(float *y, const float *x, long n) {
    unsigned control = enter_kernel();
    long i = 0;
    for (; i + VL <= n; i += VL) v_store(y + i, v_add(v_load(y + i), v_load(x + i)));
    for (; i < n; i++) y[i] += x[i];
    leave_kernel(control);
}

/*
 * a / (1 + e^-s): s = a is SiLU; s = 2 sqrt(2/pi) (a + 0.044715 a^3) is GELU in its tanh form, since
 * (1 + tanh z) / 2 = 1 / (1 + e^-2z).
 */
INLINE V gated(int is_gelu, V a) {
    V s = a;
    if (is_gelu) {
        V cubic = v_fma(v_mul(v_mul(a, a), a), v_set1(0.044715f), a);
        s = v_mul(cubic, v_set1(1.5957691216f));
    }
    V y = v_div(a, v_add(v_set1(1.0f), v_exp(v_sub(v_set1(0), s))));
    return v_zero_if_less(s, -87.0f, y); /* where v_exp ends, a large a would still show */
}

INLINE void gate_row(int is_gelu, const float *a, const float *b, long n, float *out) {
    long i = 0;
    for (; i + VL <= n; i += VL) v_store(out + i, v_mul(gated(is_gelu, v_load(a + i)), v_load(b + i)));
    for (; i < n; i++) out[i] = v_first(gated(is_gelu, v_set1(a[i]))) * b[i];
}

void API(gate)(int is_gelu, const float *a, const float *b, long n, float *out) {
    unsigned control = enter_kernel();
    if (is_gelu) gate_row(1, a, b, n, out);
    else gate_row(0, a, b, n, out);
    leave_kernel(control);
}

/* angles: cos (pairs), sin (pairs). */
void API(rope)(float *restrict x, long pairs, const float *restrict angles, int is_halves) {
    unsigned control = enter_kernel();
    const float *restrict cosine = angles, *restrict sine = angles + pairs;
    if (is_halves) {
        for (long i = 0; i < pairs; i++) {
            float a = x[i], b = x[i + pairs];
            x[i] = a * cosine[i] - b * sine[i];
            x[i + pairs] = a * sine[i] + b * cosine[i];
        }
    } else {
        for (long i = 0; i < pairs; i++) {
            float a = x[2 * i], b = x[2 * i + 1];
            x[2 * i] = a * cosine[i] - b * sine[i];
            x[2 * i + 1] = a * sine[i] + b * cosine[i];
        }
    }
    leave_kernel(control);
}

/* The lowest index of the greatest value; -1 if there is a NaN. */
int API(argmax)(const float *x, long n) {
    V most = v_set1(-__builtin_inff());
    int is_number = 1;
    long i = 0;
    for (; i + VL <= n; i += VL) {
        V v = v_load(x + i);
        most = v_max(most, v);
        is_number &= !v_has_nan(v);
    }
    float max = max_of(most);
    for (; i < n; i++) {
        max = x[i] > max ? x[i] : max;
        is_number &= x[i] == x[i];
    }
    if (!is_number) return -1;
    long at = 0;
    while (x[at] != max) at++;
    return (int) at;
}

/*
 * Rounds 32 values to 127 steps of their greatest magnitude. Columns past the end count as zero. A NaN or an infinity makes d a
 * NaN, so that it shows in every product instead of vanishing.
 */
void API(quantise)(const float *x, long cols, Quants *out) {
    unsigned control = enter_kernel();
    for (long at = 0; at < cols; at += SLAB_COLS, out++) {
        float padded[SLAB_COLS] = {0};
        const float *from = x + at;
        if (cols - at < SLAB_COLS) {
            for (long i = 0; i < cols - at; i++) padded[i] = from[i];
            from = padded;
        }
        V most = v_set1(0), poison = v_set1(0);
        for (int i = 0; i < SLAB_COLS; i += VL) {
            V v = v_load(from + i);
            most = v_max(most, v_abs(v));
            poison = v_fma(v, v_set1(0), poison);
        }
        float max = max_of(most);
        float inverse = max > 1e-30f ? 127.0f / max : 0;
        out->d = (max > 1e-30f ? max / 127.0f : 0) + sum_of(poison);
        int half[2];
        v_quantise_32(from, inverse, out->q, half);
        out->neg_half[0] = -half[0];
        out->neg_half[1] = -half[1];
        out->neg_sum = -(half[0] + half[1]);
        out->d_sum = out->d * (float) (half[0] + half[1]);
    }
    leave_kernel(control);
}

/* ---- attention ----
 *
 * A KV record of 64 tokens: K as f16[4][dim][16 tokens], V as f16[64 tokens][dim]. So a vector of K holds one dimension of
 * neighbouring tokens, and q.k needs no sum across lanes; a vector of V holds neighbouring dimensions of a token.
 *
 * Rows (a query head of a token) are taken QT at a time through a block, so K and V are read once for all of them. Each score is
 * one chain of FMAs over the dimensions, each output one chain over the 256 positions of a span; invisible positions have weight
 * exactly 0. Spans start at multiples of 256 and are merged in ascending order. Hence the bits of a row do not depend on the
 * rows beside it.
 */
enum { BLOCK = 64, SPAN = 256, SPAN_BLOCKS = SPAN / BLOCK, ROWS_MAX = 24, TV = 4 };

void API(store_kv)(const float *k, const float *v, long dim, uint16_t *record, long slot) {
    unsigned control = enter_kernel();
    uint16_t *to = record + slot / 16 * dim * 16 + slot % 16;
    for (long d = 0; d < dim; d += VL) {
        uint16_t half[VL];
        v_store_f16(half, v_load(k + d));
        for (int i = 0; i < VL; i++) to[(d + i) * 16] = half[i];
    }
    to = record + BLOCK * dim + slot * dim;
    for (long d = 0; d < dim; d += VL) v_store_f16(to + d, v_load(v + d));
    leave_kernel(control);
}

/* Factors on what earlier spans gave and on what this span gives. */
typedef struct { float keep, take; } Merge;

/* Adds a span with its own greatest score and mass to a row's running ones. */
INLINE Merge merge_of(float *max, float *mass, float span_max, float span_mass) {
    if (span_mass == 0) return (Merge) {1, 0}; /* sees nothing of the span */
    float top = *max > span_max ? *max : span_max;
    Merge merge = {exp_of(*max - top), exp_of(span_max - top)};
    *mass = *mass * merge.keep + span_mass * merge.take;
    *max = top;
    return merge;
}

INLINE V merged(V before, V span, Merge merge) { return v_fma(span, v_set1(merge.take), v_mul(before, v_set1(merge.keep))); }

/* One pass of rows over positions: shapes in brackets. */
typedef struct {
    long group, dim, stride_q;
    float scale;
    const uint64_t *table;
    long record_at;
    float *q;       /* (rows, dim), scaled */
    float *score;   /* (rows, SPAN) */
    float *out;     /* (rows, dim) */
    float *max;     /* (rows): greatest score so far */
    float *mass;    /* (rows): sum of e^(score - max) */
    Merge *merge;   /* (rows): of the span at hand */
} Pass;

/* score[i][0 .. TV * VL) of nq rows for the tokens at k. */
INLINE void score_tile(int nq, const float *q, long dim, const uint16_t *k, float *score) {
    V sum[QT][TV];
#pragma GCC unroll 8
    for (int i = 0; i < nq; i++)
#pragma GCC unroll 4
        for (int v = 0; v < TV; v++) sum[i][v] = v_set1(0);
    for (long d = 0; d < dim; d++) {
        V one[QT];
#pragma GCC unroll 8
        for (int i = 0; i < nq; i++) one[i] = v_set1(q[i * dim + d]);
#pragma GCC unroll 4
        for (int v = 0; v < TV; v++) {
            int token = v * VL;
            V key = v_load_f16(k + token / 16 * dim * 16 + d * 16 + token % 16);
#pragma GCC unroll 8
            for (int i = 0; i < nq; i++) sum[i][v] = v_fma(one[i], key, sum[i][v]);
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < nq; i++)
#pragma GCC unroll 4
        for (int v = 0; v < TV; v++) v_store(score + i * SPAN + v * VL, sum[i][v]);
}

/* out[i][0 .. nv * VL) = out * keep + take * sum over tokens of weight * value: the span joins those before it. */
INLINE void value_tile(int nq, int nv, const Pass *p, long row, long d, uint16_t *const *values, long from, long to) {
    V sum[QT][TV];
#pragma GCC unroll 8
    for (int i = 0; i < nq; i++)
#pragma GCC unroll 4
        for (int v = 0; v < nv; v++) sum[i][v] = v_set1(0);
    for (long at = from; at < to;) {
        const uint16_t *value = values[at / BLOCK] + (at % BLOCK) * p->dim + d;
        const float *weight = p->score + row * SPAN + at;
        long n = BLOCK - at % BLOCK < to - at ? BLOCK - at % BLOCK : to - at;
        at += n;
        for (; n > 0; n--, value += p->dim, weight++) {
            V one[QT];
#pragma GCC unroll 8
            for (int i = 0; i < nq; i++) one[i] = v_set1(weight[i * SPAN]);
#pragma GCC unroll 4
            for (int v = 0; v < nv; v++) {
                V x = v_load_f16(value + v * VL);
#pragma GCC unroll 8
                for (int i = 0; i < nq; i++) sum[i][v] = v_fma(one[i], x, sum[i][v]);
            }
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < nq; i++)
#pragma GCC unroll 4
        for (int v = 0; v < nv; v++) {
            float *out = p->out + (row + i) * p->dim + d + v * VL;
            v_store(out, merged(v_load(out), sum[i][v], p->merge[row + i]));
        }
}

/* Calls tile(nq, ...) with a constant nq <= QT. */
#if QT == 6
#define WITH_ROWS(n, tile, ...) \
    switch (n) { \
        case 1: tile(1, __VA_ARGS__); break; \
        case 2: tile(2, __VA_ARGS__); break; \
        case 3: tile(3, __VA_ARGS__); break; \
        case 4: tile(4, __VA_ARGS__); break; \
        case 5: tile(5, __VA_ARGS__); break; \
        default: tile(6, __VA_ARGS__); \
    }
#else
#define WITH_ROWS(n, tile, ...) \
    switch (n) { \
        case 1: tile(1, __VA_ARGS__); break; \
        case 2: tile(2, __VA_ARGS__); break; \
        default: tile(3, __VA_ARGS__); \
    }
#endif

/* Turns the scores of a row into weights e^(score - max); positions outside [from, to) of [low, high) get 0. */
INLINE void weigh_row(Pass *p, long row, long low, long high, long from, long to) {
    float *score = p->score + row * SPAN;
    const float none = -__builtin_inff();
    from = from < low ? low : from > high ? high : from;
    to = to > high ? high : to < from ? from : to;
    for (long i = low; i < from; i++) score[i] = none;
    for (long i = to; i < high; i++) score[i] = none;
    V most = v_set1(none);
    for (long i = low; i < high; i += VL) most = v_max(most, v_load(score + i));
    float max = max_of(most);
    if (from >= to) { /* sees nothing here: the weights are 0 and the earlier spans stay */
        for (long i = low; i < high; i++) score[i] = 0;
        p->merge[row] = (Merge) {1, 0};
        return;
    }
    V mass = v_set1(0);
    for (long i = low; i < high; i += VL) {
        V weight = v_exp(v_sub(v_load(score + i), v_set1(max)));
        v_store(score + i, weight);
        mass = v_add(mass, weight);
    }
    p->merge[row] = merge_of(&p->max[row], &p->mass[row], max, sum_of(mass));
}

/* Adds the span at position `start` for `tokens` tokens of which the first stands at `position`. */
INLINE void add_span(Pass *p, long start, long tokens, long position, long window) {
    long rows = tokens * p->group, dim = p->dim;
    long last = position + tokens - 1 - start;
    long first = position - window + 1 - start;
    long block_from = first > 0 ? first / BLOCK : 0;
    long block_to = last / BLOCK + 1 < SPAN_BLOCKS ? last / BLOCK + 1 : SPAN_BLOCKS;
    uint16_t *values[SPAN_BLOCKS];
    for (long b = block_from; b < block_to; b++)
        values[b] = (uint16_t *) (p->table[start / BLOCK + b] + p->record_at) + BLOCK * dim;
    for (long b = block_from; b < block_to; b++) {
        const uint16_t *record = values[b] - BLOCK * dim;
        for (long token = 0; token < BLOCK; token += TV * VL) {
            const uint16_t *k = record + token * dim;
            for (long row = 0; row < rows; row += QT)
                WITH_ROWS(rows - row, score_tile, p->q + row * dim, dim, k, p->score + row * SPAN + b * BLOCK + token);
        }
    }
    for (long row = 0; row < rows; row++) {
        long own = position + row / p->group - start;
        weigh_row(p, row, block_from * BLOCK, block_to * BLOCK, own - window + 1, own + 1);
    }
    long to = last + 1 < SPAN ? last + 1 : SPAN;
    for (long row = 0; row < rows; row += QT) {
        long d = 0;
        for (; d + TV * VL <= dim; d += TV * VL)
            WITH_ROWS(rows - row, value_tile, TV, p, row, d, values, block_from * BLOCK, to);
        for (; d < dim; d += VL)
            WITH_ROWS(rows - row, value_tile, 1, p, row, d, values, block_from * BLOCK, to);
    }
}

/* Scaled queries and empty sums. */
INLINE void start_rows(Pass *p, const float *q, long tokens) {
    long dim = p->dim;
    for (long row = 0; row < tokens * p->group; row++) {
        const float *from = q + row / p->group * p->stride_q + row % p->group * dim;
        for (long d = 0; d < dim; d += VL) {
            v_store(p->q + row * dim + d, v_mul(v_load(from + d), v_set1(p->scale)));
            v_store(p->out + row * dim + d, v_set1(0));
        }
        p->max[row] = -__builtin_inff();
        p->mass[row] = 0;
    }
}

INLINE long pass_rows(long group) { return group > ROWS_MAX ? group : ROWS_MAX; }

long API(attention_scratch)(long group, long dim) { return pass_rows(group) * (2 * dim + SPAN + 16) * (long) sizeof(float); }

INLINE Pass pass_over(long group, long dim, float scale, const uint64_t *table, long record_at, float *scratch) {
    long rows = pass_rows(group);
    Pass pass = {.group = group, .dim = dim, .scale = scale, .table = table, .record_at = record_at};
    pass.q = scratch;
    pass.out = pass.q + rows * dim;
    pass.score = pass.out + rows * dim;
    pass.max = pass.score + rows * SPAN;
    pass.mass = pass.max + rows;
    pass.merge = (Merge *) (pass.mass + rows);
    return pass;
}

/*
 * Tokens at positions `position ..`, each with `group` query heads that share one KV head; the token at p sees (p - window, p].
 * Rows of q and out lie stride_q and stride_out floats apart.
 */
void API(attend_many)(const float *q, long stride_q, long tokens, long group, long dim, float scale, const uint64_t *table,
                      long record_at, long position, long window, float *out, long stride_out, float *scratch) {
    unsigned control = enter_kernel();
    Pass pass = pass_over(group, dim, scale, table, record_at, scratch);
    pass.stride_q = stride_q;
    long step = pass_rows(group) / group;
    for (long t = 0; t < tokens; t += step) {
        long n = tokens - t < step ? tokens - t : step, at = position + t;
        long first = at - window + 1;
        start_rows(&pass, q + t * stride_q, n);
        for (long start = first > 0 ? first / SPAN * SPAN : 0; start < at + n; start += SPAN) add_span(&pass, start, n, at, window);
        for (long row = 0; row < n * group; row++) {
            float *to = out + (t + row / group) * stride_out + row % group * dim;
            for (long d = 0; d < dim; d += VL)
                v_store(to + d, v_div(v_load(pass.out + row * dim + d), v_set1(pass.mass[row])));
        }
    }
    leave_kernel(control);
}

/*
 * What the span that starts at `start` gives to each row: partials (token, group, dim + 16): o, then max, mass; mass 0 where a row
 * sees nothing of it.
 */
void API(attend_span)(const float *q, long stride_q, long tokens, long group, long dim, float scale, const uint64_t *table,
                      long record_at, long position, long window, long start, float *partial, float *scratch) {
    unsigned control = enter_kernel();
    Pass pass = pass_over(group, dim, scale, table, record_at, scratch);
    pass.stride_q = stride_q;
    long step = pass_rows(group) / group;
    for (long t = 0; t < tokens; t += step) {
        long n = tokens - t < step ? tokens - t : step;
        start_rows(&pass, q + t * stride_q, n);
        add_span(&pass, start, n, position + t, window);
        for (long row = 0; row < n * group; row++, partial += dim + 16) {
            for (long d = 0; d < dim; d += VL) v_store(partial + d, v_load(pass.out + row * dim + d));
            partial[dim] = pass.max[row];
            partial[dim + 1] = pass.mass[row];
        }
    }
    leave_kernel(control);
}

/* Joins partials (spans, tokens, group, dim + 16) as add_span joins a span to those before it. */
void API(merge_spans)(const float *partials, long spans, long tokens, long group, long dim, float *out, long stride_out) {
    unsigned control = enter_kernel();
    long rows = tokens * group;
    for (long row = 0; row < rows; row++) {
        float *to = out + row / group * stride_out + row % group * dim;
        float max = -__builtin_inff(), mass = 0;
        for (long d = 0; d < dim; d += VL) v_store(to + d, v_set1(0));
        for (long s = 0; s < spans; s++) {
            const float *from = partials + (s * rows + row) * (dim + 16);
            Merge merge = merge_of(&max, &mass, from[dim], from[dim + 1]);
            for (long d = 0; d < dim; d += VL) v_store(to + d, merged(v_load(to + d), v_load(from + d), merge));
        }
        for (long d = 0; d < dim; d += VL) v_store(to + d, v_div(v_load(to + d), v_set1(mass)));
    }
    leave_kernel(control);
}
