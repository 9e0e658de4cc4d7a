/*
 * Attention over KV blocks, written once over a vector of VL floats (V) or 32-bit integers (VI), like floats.h. Records: kv.h.
 *
 * With sealed blocks queries and weights are rounded to 16 bits: a query once per head, the weights times the scales of V once per
 * block and group. The integer sums are exact, and the bytes' offset of 128 is where they start from.
 *
 * Rows (a query head of a token) are taken QT or QI at a time through a block, so K and V are read once for all of them. Each
 * score and each output is one chain in ascending order, and a row's chain has its visible positions only; spans start at
 * multiples of 256 and are merged in ascending order. Hence the bits of a row do not depend on the rows beside it.
 */
/* Rows at hand: shapes in brackets. */
typedef struct {
    const float *q;        /* of the call's rows */
    long stride_q, tokens, group, dim, position_first, position, window;
    float scale;
    int is_sealing;
    const uint64_t *stored, *live;
    long stored_at, live_at;
    const uint8_t *counts; /* (block): tokens of a stored block; 0: all are full */
    const uint8_t *turns;  /* (block): which queries meet a stored block; 0: all the rows' own */
    const float *turned_first; /* queries of the call's rows for turn 1, laid out like q */
    const float *turned;   /* of the rows at hand */
    long stride_turned;    /* from one turn's to the next one's */
    long rows_max;         /* of a set of queries */
    long turn;             /* whose queries are in the second set of query16; 0 if none */
    float *query;      /* (rows, dim): scaled, turned */
    float *score;      /* (rows, SPAN) */
    float *sum;        /* (rows, dim): of the span */
    float *out;        /* (rows, dim): of all spans so far */
    float *max;        /* (rows): greatest score so far */
    float *mass;       /* (rows): sum of e^(score - max) */
    float *span_max;   /* (rows): likewise, of the span */
    float *span_mass;  /* (rows) */
    float *panel;      /* (dim, BLOCK): K or V of a block in f32 */
    float *factor;     /* (2, rows): of the query's steps; first the rows' own, then those of one turn */
    float *step;       /* (rows, groups): of the weights' steps */
    int32_t *start;    /* (rows, groups): what the integer sums of values start from */
    int16_t *query16;  /* (2, rows, dim) */
    int32_t *query_start; /* (2, rows, groups): what the integer scores start from */
    int16_t *weight16; /* (rows, groups, BLOCK) */
} Pass;

/* ---- tiles ---- */

/* Calls tile(n, ...) with constant numbers of rows that add up to `rows`; the call's `row` counts them. */
#define WITH_ROWS(rows, most, tile, ...) \
    for (long row = 0, left = (rows); left > 0;) { \
        switch (left < (most) ? left : (most)) { \
            case 1: tile(1, __VA_ARGS__); row += 1; left -= 1; break; \
            case 2: tile(2, __VA_ARGS__); row += 2; left -= 2; break; \
            case 3: tile((most) < 3 ? (most) : 3, __VA_ARGS__); row += 3; left -= 3; break; \
            case 4: tile((most) < 4 ? (most) : 4, __VA_ARGS__); row += 4; left -= 4; break; \
            case 5: tile((most) < 5 ? (most) : 5, __VA_ARGS__); row += 5; left -= 5; break; \
            default: tile((most), __VA_ARGS__); row += (most); left -= (most); \
        } \
    }

/* f16 straight from a record where few rows use it; else from the panel, which is f32. */
INLINE V element(int is_panel, const void *base, long at) {
    return is_panel ? v_load((const float *) base + at) : v_load_f16((const uint16_t *) base + at);
}

/*
 * score[i][0 .. WIDTH) of nq rows for the tokens at k. `ahead`: what will be read next, as many bytes as these keys.
 */
INLINE void score_tile(int nq, int is_panel, const float *q, long dim, const void *k, long at, float *score, const char *ahead) {
    V sum[QT][TV];
#pragma GCC unroll 8
    for (int i = 0; i < nq; i++)
#pragma GCC unroll 4
        for (int v = 0; v < TV; v++) sum[i][v] = v_set1(0);
    for (long d = 0; d < dim; d++) {
        V one[QT];
        if (!is_panel) {
#pragma GCC unroll 4
            for (int line = 0; line < WIDTH * 2; line += LINE) __builtin_prefetch(ahead + d * WIDTH * 2 + line, 0, 2);
        }
#pragma GCC unroll 8
        for (int i = 0; i < nq; i++) one[i] = v_set1(q[i * dim + d]);
#pragma GCC unroll 4
        for (int v = 0; v < TV; v++) {
            long token = v * VL;
            V key = element(is_panel, k, at + token / 16 * dim * 16 + d * 16 + token % 16);
#pragma GCC unroll 8
            for (int i = 0; i < nq; i++) sum[i][v] = v_fma(one[i], key, sum[i][v]);
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < nq; i++)
#pragma GCC unroll 4
        for (int v = 0; v < TV; v++) v_store(score + i * SPAN + v * VL, sum[i][v]);
}

/*
 * sum[i][0 .. nv * VL) += weight[i][t] * value[t] for n tokens; rows of values lie `stride` elements apart.
 */
INLINE void value_tile(int nq, int nv, int is_panel, const float *weight, const void *values, long at, long stride, long n,
                       float *sums, long dim, const char *ahead) {
    V sum[QT][TV];
#pragma GCC unroll 8
    for (int i = 0; i < nq; i++)
#pragma GCC unroll 4
        for (int v = 0; v < nv; v++) sum[i][v] = v_load(sums + i * dim + v * VL);
    for (long t = 0; t < n; t++) {
        V one[QT];
        if (!is_panel) {
#pragma GCC unroll 4
            for (int line = 0; line < nv * VL * 2; line += LINE) __builtin_prefetch(ahead + t * nv * VL * 2 + line, 0, 2);
        }
#pragma GCC unroll 8
        for (int i = 0; i < nq; i++) one[i] = v_set1(weight[i * SPAN + t]);
#pragma GCC unroll 4
        for (int v = 0; v < nv; v++) {
            V x = element(is_panel, values, at + t * stride + v * VL);
#pragma GCC unroll 8
            for (int i = 0; i < nq; i++) sum[i][v] = v_fma(one[i], x, sum[i][v]);
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < nq; i++)
#pragma GCC unroll 4
        for (int v = 0; v < nv; v++) v_store(sums + i * dim + v * VL, sum[i][v]);
}

/*
 * Pairs of 16-bit values as every 32-bit lane. The compiler must not see that rows' pairs are neighbours.
 */
INLINE VI pair_at(const int16_t *p) {
    int32_t two;
    __builtin_memcpy(&two, p, sizeof two);
    return vi_set1(two);
}

/* score[i][0 .. KI * VL) of ni rows for the tokens at k, sealed; row0 counts the queries of both sets. */
INLINE void score_tile_sealed(int ni, const Pass *p, long row0, const uint8_t *k, const uint16_t *scales, float *scores,
                              const char *ahead) {
    const long dim = p->dim, groups = groups_of(dim);
    const VI even = vi_set1(0x00ff00ff);
    for (long g = 0; g < groups; g++, scales += BLOCK) {
        VI sum[QI][KI];
#pragma GCC unroll 8
        for (int i = 0; i < ni; i++)
#pragma GCC unroll 4
            for (int v = 0; v < KI; v++) sum[i][v] = vi_set1(p->query_start[(row0 + i) * groups + g]);
        long to = (g + 1) * GROUP < dim ? (g + 1) * GROUP : dim;
        for (long d = g * GROUP; d < to; d += 4) {
            VI low[QI], high[QI];
#pragma GCC unroll 4
            for (int line = 0; line < KI * VL * 4; line += LINE) __builtin_prefetch(ahead + d / 4 * (KI * VL * 4) + line, 0, 2);
#pragma GCC unroll 8
            for (int i = 0; i < ni; i++) {
                low[i] = pair_at(p->query16 + (row0 + i) * dim + d);
                high[i] = pair_at(p->query16 + (row0 + i) * dim + d + 2);
            }
#pragma GCC unroll 4
            for (int v = 0; v < KI; v++) {
                long token = v * VL;
                VI x = vi_load(k + token / 16 * dim * 16 + d * 16 + token % 16 * 4);
                VI a = vi_and(x, even), b = vi_shift_right_16(x, 8);
#pragma GCC unroll 8
                for (int i = 0; i < ni; i++) sum[i][v] = vi_dot(vi_dot(sum[i][v], a, low[i]), b, high[i]);
            }
        }
#pragma GCC unroll 8
        for (int i = 0; i < ni; i++)
#pragma GCC unroll 4
            for (int v = 0; v < KI; v++) {
                float *score = scores + i * SPAN + v * VL;
                V part = v_mul(vi_to_floats(sum[i][v]), v_mul(v_load_f16(scales + v * VL), v_set1(p->factor[row0 + i])));
                v_store(score, g == 0 ? part : v_add(v_load(score), part));
            }
    }
}

/* sum[i][d .. d + VALUES_I * VL) of ni rows += the 64 tokens at v, sealed; the dimensions lie in one group. */
INLINE void value_tile_sealed(int ni, int nv, const Pass *p, long row0, long d, const uint8_t *values, const char *ahead) {
    const long dim = p->dim, groups = groups_of(dim), g = d / GROUP;
    const VI even = vi_set1(0x00ff00ff);
    VI sum[QI][VI_MAX][CHAINS];
#pragma GCC unroll 8
    for (int i = 0; i < ni; i++)
#pragma GCC unroll 4
        for (int v = 0; v < nv; v++) {
            sum[i][v][CHAINS - 1] = vi_set1(0);
            sum[i][v][0] = vi_set1(p->start[(row0 + i) * groups + g]);
        }
    for (long t = 0; t < BLOCK; t += 4) {
        VI low[QI], high[QI];
#pragma GCC unroll 4
        for (int line = 0; line < nv * VL * 4; line += LINE) __builtin_prefetch(ahead + t * (nv * VL) + line, 0, 2);
#pragma GCC unroll 8
        for (int i = 0; i < ni; i++) {
            low[i] = pair_at(p->weight16 + ((row0 + i) * groups + g) * BLOCK + t);
            high[i] = pair_at(p->weight16 + ((row0 + i) * groups + g) * BLOCK + t + 2);
        }
#pragma GCC unroll 4
        for (int v = 0; v < nv; v++) {
            VI x = vi_load(values + t * dim + (d + v * VL) * 4);
            VI a = vi_and(x, even), b = vi_shift_right_16(x, 8);
#pragma GCC unroll 8
            for (int i = 0; i < ni; i++) {
                sum[i][v][0] = vi_dot(sum[i][v][0], a, low[i]);
                sum[i][v][CHAINS - 1] = vi_dot(sum[i][v][CHAINS - 1], b, high[i]);
            }
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < ni; i++)
#pragma GCC unroll 4
        for (int v = 0; v < nv; v++) {
            VI all = CHAINS > 1 ? vi_add(sum[i][v][0], sum[i][v][CHAINS - 1]) : sum[i][v][0];
            float *to = p->sum + (row0 + i) * dim + d + v * VL;
            v_store(to, v_fma(vi_to_floats(all), v_set1(p->step[(row0 + i) * groups + g]), v_load(to)));
        }
}

/* ---- a span ---- */

INLINE long least(long a, long b) { return a < b ? a : b; }
INLINE long most(long a, long b) { return a > b ? a : b; }

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

INLINE void merge_row(float *out, const float *span, long dim, Merge merge) {
    if (merge.take == 0 && merge.keep == 1) return;
    for (long d = 0; d < dim; d += VL)
        v_store(out + d, v_fma(v_load(span + d), v_set1(merge.take), v_mul(v_load(out + d), v_set1(merge.keep))));
}

/* Whether the rows of this pass read a block in its sealed form. */
INLINE int reads_sealed(const Pass *p, long block) { return p->is_sealing && block < p->position / BLOCK; }

INLINE const uint8_t *record_of(const Pass *p, long block) {
    return reads_sealed(p, block) ? (const uint8_t *) (p->stored[block] + (uint64_t) p->stored_at)
                                  : (const uint8_t *) (p->live[block] + (uint64_t) p->live_at);
}

/* The record after that of `block`, or that one itself if it is the last that these rows see: what to prefetch. */
INLINE const char *record_after(const Pass *p, long block) {
    long last = (p->position + p->tokens - 1) / BLOCK;
    return (const char *) record_of(p, block < last ? block + 1 : block);
}

/* Positions of the span at `start` that a row sees: [from, to), counted from it; from = to if none. */
typedef struct { long from, to; } Seen;

INLINE Seen seen_by(const Pass *p, long row, long start) {
    long own = p->position + row / p->group - start;
    long from = own - p->window + 1, to = own + 1;
    from = from < 0 ? 0 : from;
    to = to > SPAN ? SPAN : to;
    return (Seen) {from < to ? from : to, to};
}

/* Tokens that a block holds. */
INLINE long tokens_of(const Pass *p, long block) { return p->counts && reads_sealed(p, block) ? p->counts[block] : BLOCK; }

/* What a row sees of a block at `base`, of the positions it sees. */
INLINE Seen seen_of(Seen seen, long base, long tokens) {
    if (tokens < BLOCK && seen.to > base + tokens) seen.to = base + tokens;
    return seen;
}

/* `seen`, or nothing if all of it are slots without a token. */
INLINE Seen seen_tokens(const Pass *p, Seen seen, long start) {
    for (long base = seen.from / BLOCK * BLOCK; base < seen.to; base += BLOCK) {
        Seen part = seen_of(seen, base, tokens_of(p, (start + base) / BLOCK));
        if (most(part.from, base) < least(part.to, base + BLOCK)) return seen;
    }
    return (Seen) {seen.to, seen.to};
}

/* Rounds n values of `x` to 16 bits in steps of max / 32767; returns the step, NaN if one of them is no number. */
INLINE float round_16(const float *x, long n, int16_t *to, int32_t *sum) {
    V greatest = v_set1(0), poison = v_set1(0), total = v_set1(0);
    for (long i = 0; i < n; i += VL) {
        V v = v_load(x + i);
        greatest = v_max(greatest, v_abs(v));
        poison = v_fma(v, v_set1(0), poison);
    }
    float max = max_of(greatest);
    V inverse = v_set1(max > 1e-30f && max < 1e38f ? STEPS_16 / max : 0);
    for (long i = 0; i < n; i += VL) {
        V steps = v_round(v_mul(v_load(x + i), inverse));
        v_store_i16(to + i, steps);
        total = v_add(total, steps);
    }
    *sum = (int32_t) sum_of(total); /* an exact integer below 2^24 */
    return v_has_nan(poison) ? __builtin_nanf("") : max / STEPS_16;
}

/* Turns and rounds a scaled query, which is at `query`, for integer scores; `row` counts the queries of both sets. */
INLINE void round_query(Pass *p, float *query, long row) {
    const long dim = p->dim, groups = groups_of(dim);
    int32_t sum;
    turn(query, dim);
    int16_t *q = p->query16 + row * dim;
    p->factor[row] = round_16(query, dim, q, &sum);
    for (long g = 0; g < groups; g++) {
        sum = 0;
        for (long d = g * GROUP; d < least(dim, (g + 1) * GROUP); d++) sum += q[d];
        p->query_start[row * groups + g] = -128 * sum;
    }
}

INLINE void scale_query(const Pass *p, const float *from, float *to) {
    for (long d = 0; d < p->dim; d += VL) v_store(to + d, v_mul(v_load(from + d), v_set1(p->scale)));
}

/*
 * First row of the set of queries that meets a sealed block. The second set is made when a block asks for another turn than the
 * one before it, which is seldom: a list's blocks lie segment by segment.
 */
INLINE long queries_for(Pass *p, long rows, long block) {
    long t = p->turns ? p->turns[block] : 0;
    if (t == 0) return 0;
    if (t != p->turn) {
        for (long row = 0; row < rows; row++) {
            const float *q = p->turned + (t - 1) * p->stride_turned + row / p->group * p->stride_q + row % p->group * p->dim;
            scale_query(p, q, p->panel);
            round_query(p, p->panel, p->rows_max + row);
        }
        p->turn = t;
    }
    return p->rows_max;
}

INLINE void score_block(Pass *p, long rows, long block, float *score) {
    const long dim = p->dim;
    const uint8_t *record = record_of(p, block);
    if (reads_sealed(p, block)) {
        const long queries = queries_for(p, rows, block), tokens = tokens_of(p, block);
        const uint16_t *scales = (const uint16_t *) (record + 2 * BLOCK * dim);
        for (long token = 0; token < BLOCK; token += KI * VL) {
            const uint8_t *k = record + token / 16 * dim * 16 + token % 16 * 4;
            const char *ahead = (const char *) record + (BLOCK + token) * dim;
            WITH_ROWS(rows, QI, score_tile_sealed, p, queries + row, k, scales + token, score + row * SPAN + token, ahead);
        }
        if (tokens < BLOCK)
            for (long row = 0; row < rows; row++)
                for (long t = tokens; t < BLOCK; t++) score[row * SPAN + t] = -__builtin_inff();
        return;
    }
    int is_panel = rows > QT;
    if (is_panel)
        for (long i = 0; i < BLOCK * dim; i += VL) v_store(p->panel + i, v_load_f16((const uint16_t *) record + i));
    for (long token = 0; token < BLOCK; token += WIDTH) {
        const char *ahead = (const char *) record + (BLOCK + token) * dim * 2;
        float *to = score + token;
        if (is_panel) WITH_ROWS(rows, QT, score_tile, 1, p->query + row * dim, dim, p->panel, token * dim, to + row * SPAN, ahead)
        else WITH_ROWS(rows, QT, score_tile, 0, p->query + row * dim, dim, record, token * dim, to + row * SPAN, ahead)
    }
}

/* Turns the scores of a row into weights e^(score - max), 0 for positions of [low, high) that it does not see; returns the mass. */
INLINE float weigh_row(float *score, long low, long high, Seen seen, float *span_max) {
    const float none = -__builtin_inff();
    *span_max = none;
    if (seen.from >= seen.to) {
        for (long i = low; i < high; i++) score[i] = 0;
        return 0;
    }
    for (long i = low; i < seen.from; i++) score[i] = none;
    for (long i = seen.to; i < high; i++) score[i] = none;
    V most = v_set1(none);
    for (long i = low; i < high; i += VL) most = v_max(most, v_load(score + i));
    float max = max_of(most);
    if (max == none) { /* nothing but empty blocks */
        for (long i = low; i < high; i++) score[i] = 0;
        return 0;
    }
    V mass = v_set1(0);
    for (long i = low; i < high; i += VL) {
        V weight = v_exp(v_sub(v_load(score + i), v_set1(max)));
        v_store(score + i, weight);
        mass = v_add(mass, weight);
    }
    *span_max = max;
    return sum_of(mass);
}

/*
 * Adds n tokens from position `at` of the span on to the sums of rows [row0, row0 + count); `values` are those of the block at
 * `base`.
 */
INLINE void add_values(Pass *p, int is_panel, long row0, long count, const void *values, long base, long at, long n,
                       const char *ahead) {
    const long dim = p->dim;
    if (n <= 0) return;
    for (long d = 0; d < dim;) {
        int wide = d + WIDTH <= dim;
        long width = wide ? WIDTH : VL;
        const float *weight = p->score + row0 * SPAN + at;
        float *sum = p->sum + row0 * dim + d;
        if (is_panel) {
            long from = d * BLOCK + (at - base) * width;
            const float *v = p->panel;
            if (wide) WITH_ROWS(count, QT, value_tile, TV, 1, weight + row * SPAN, v, from, width, n, sum + row * dim, dim, ahead)
            else WITH_ROWS(count, QT, value_tile, 1, 1, weight + row * SPAN, v, from, width, n, sum + row * dim, dim, ahead)
        } else {
            long from = (at - base) * dim + d;
            const char *next = ahead + d * BLOCK * 2;
            if (wide) WITH_ROWS(count, QT, value_tile, TV, 0, weight + row * SPAN, values, from, dim, n, sum + row * dim, dim, next)
            else WITH_ROWS(count, QT, value_tile, 1, 0, weight + row * SPAN, values, from, dim, n, sum + row * dim, dim, next)
        }
        d += width;
    }
}

/* V of a block as f32 tiles [dim / width][64 tokens][width]: what add_values reads. */
INLINE void unpack_values(Pass *p, const uint16_t *values) {
    for (long d = 0; d < p->dim;) {
        long width = d + WIDTH <= p->dim ? WIDTH : VL;
        float *to = p->panel + d * BLOCK;
        for (long t = 0; t < BLOCK; t++)
            for (long i = 0; i < width; i += VL) v_store(to + t * width + i, v_load_f16(values + t * p->dim + d + i));
        d += width;
    }
}

/*
 * Adds a live block. Rows go QT at a time through the positions that all of them see, and alone through those before and after:
 * a value that a row does not see must not reach it, not even as 0 times infinity.
 */
INLINE void add_live_block(Pass *p, long rows, long start, long block) {
    const long dim = p->dim, base = block * BLOCK - start;
    const uint16_t *values = (const uint16_t *) record_of(p, block) + BLOCK * dim;
    const char *ahead = record_after(p, block);
    int is_panel = rows > QT;
    if (is_panel) unpack_values(p, values);
    for (long row = 0; row < rows; row += QT) {
        long count = least(QT, rows - row);
        /* Later rows start and end later. */
        Seen first = seen_by(p, row, start), last = seen_by(p, row + count - 1, start);
        long from = least(most(last.from, base), base + BLOCK), to = most(least(first.to, base + BLOCK), from);
        if (first.from < from || last.to > to)
            for (long i = row; i < row + count; i++) {
                Seen seen = seen_by(p, i, start);
                long begin = most(seen.from, base), end = least(seen.to, from);
                if (is_panel) add_values(p, 1, i, 1, values, base, begin, end - begin, ahead);
                else add_values(p, 0, i, 1, values, base, begin, end - begin, ahead);
            }
        if (is_panel) add_values(p, 1, row, count, values, base, from, to - from, ahead);
        else add_values(p, 0, row, count, values, base, from, to - from, ahead);
        if (last.to > to)
            for (long i = row; i < row + count; i++) {
                Seen seen = seen_by(p, i, start);
                long begin = most(seen.from, to), end = least(seen.to, base + BLOCK);
                if (is_panel) add_values(p, 1, i, 1, values, base, begin, end - begin, ahead);
                else add_values(p, 0, i, 1, values, base, begin, end - begin, ahead);
            }
    }
}

/* A row's weights of the sealed block at `base`, times the scales of V, in 16 bits. */
INLINE void round_weights(Pass *p, long row, long base, Seen seen, const uint16_t *scales) {
    const long groups = groups_of(p->dim);
    const float *weight = p->score + row * SPAN + base;
    int sees_all = seen.from <= base && seen.to >= base + BLOCK;
    for (long g = 0; g < groups; g++) {
        float scaled[BLOCK];
        int32_t sum;
        for (long t = 0; t < BLOCK; t += VL) v_store(scaled + t, v_mul(v_load(weight + t), v_load_f16(scales + g * BLOCK + t)));
        if (!sees_all) {
            for (long t = 0; t < least(seen.from - base, BLOCK); t++) scaled[t] = 0;
            for (long t = most(seen.to - base, 0); t < BLOCK; t++) scaled[t] = 0;
        }
        p->step[row * groups + g] = round_16(scaled, BLOCK, p->weight16 + (row * groups + g) * BLOCK, &sum);
        p->start[row * groups + g] = -128 * sum;
    }
}

INLINE void add_sealed_block(Pass *p, long rows, long start, long block) {
    const long dim = p->dim, base = block * BLOCK - start;
    const uint8_t *record = record_of(p, block), *values = record + BLOCK * dim;
    const uint16_t *scales = (const uint16_t *) (record + 2 * BLOCK * dim) + groups_of(dim) * BLOCK;
    const char *ahead = record_after(p, block);
    for (long at = 0; at < 4 * BLOCK * groups_of(dim); at += LINE) __builtin_prefetch(ahead + 2 * BLOCK * dim + at, 0, 2);
    const long tokens = tokens_of(p, block);
    for (long row = 0; row < rows; row++) round_weights(p, row, base, seen_of(seen_by(p, row, start), base, tokens), scales);
    for (long d = 0; d < dim; d += VI_MAX * VL) {
        const char *next = ahead + d * BLOCK;
        if (d + VI_MAX * VL <= dim) WITH_ROWS(rows, QI, value_tile_sealed, VI_MAX, p, row, d, values, next)
        else WITH_ROWS(rows, QI, value_tile_sealed, 1, p, row, d, values, next)
    }
}

/* Sums of the span at position `start`; greatest scores and masses per row. */
INLINE void attend_to_span(Pass *p, long start) {
    long rows = p->tokens * p->group;
    long from = seen_by(p, 0, start).from, to = seen_by(p, rows - 1, start).to;
    long block_from = from / BLOCK, block_to = (to + BLOCK - 1) / BLOCK;
    for (long b = block_from; b < block_to; b++) score_block(p, rows, start / BLOCK + b, p->score + b * BLOCK);
    for (long row = 0; row < rows; row++) {
        Seen seen = seen_by(p, row, start);
        if (p->counts) seen = seen_tokens(p, seen, start);
        p->span_mass[row] = weigh_row(p->score + row * SPAN, block_from * BLOCK, block_to * BLOCK, seen, &p->span_max[row]);
        for (long d = 0; d < p->dim; d += VL) v_store(p->sum + row * p->dim + d, v_set1(0));
    }
    for (long b = block_from; b < block_to; b++) {
        if (reads_sealed(p, start / BLOCK + b)) add_sealed_block(p, rows, start, start / BLOCK + b);
        else add_live_block(p, rows, start, start / BLOCK + b);
    }
}

/* ---- a call ---- */

INLINE long pass_rows(long group) { return group > ROWS_MAX ? group : ROWS_MAX; }

/* Bytes of scratch: the pieces of a Pass for a full pass, each a multiple of 64 bytes. */
long API(attention_scratch)(long group, long dim) {
    long rows = (pass_rows(group) + 15) / 16 * 16, groups = groups_of(dim);
    return rows * (4 * (4 * dim + SPAN + 6 + 4 * groups) + 2 * (2 * dim + groups * BLOCK)) + 4 * dim * BLOCK + 4096;
}

INLINE void lay_out(Pass *p, float *scratch) {
    long rows = (pass_rows(p->group) + 15) / 16 * 16, groups = groups_of(p->dim);
    p->query = scratch;
    p->score = p->query + rows * p->dim;
    p->sum = p->score + rows * SPAN;
    p->out = p->sum + rows * p->dim;
    p->panel = p->out + rows * p->dim;
    p->max = p->panel + p->dim * BLOCK;
    p->mass = p->max + rows;
    p->span_max = p->mass + rows;
    p->span_mass = p->span_max + rows;
    p->factor = p->span_mass + rows;
    p->step = p->factor + 2 * rows;
    p->start = (int32_t *) (p->step + rows * groups);
    p->query_start = p->start + rows * groups;
    p->query16 = (int16_t *) (p->query_start + 2 * rows * groups);
    p->weight16 = p->query16 + 2 * rows * p->dim;
    p->rows_max = rows;
}

/* Scaled, turned and rounded queries of `tokens` tokens from the first + `t` on. */
INLINE void take_rows(Pass *p, long t, long tokens) {
    const long dim = p->dim;
    const float *q = p->q + t * p->stride_q;
    p->turned = p->turned_first + t * p->stride_q;
    p->turn = 0;
    p->tokens = tokens;
    p->position = p->position_first + t;
    for (long row = 0; row < tokens * p->group; row++) {
        float *to = p->query + row * dim;
        scale_query(p, q + row / p->group * p->stride_q + row % p->group * dim, to);
        if (p->is_sealing) round_query(p, to, row);
    }
}

/*
 * Tokens at positions `position ..`, each with `group` query heads that share one KV head; the token at p sees (p - window, p].
 * Rows of q and out lie stride_q and stride_out floats apart. With sealing all tokens lie in one block.
 */
void API(attend)(const float *q, long stride_q, long tokens, long group, long dim, float scale, int is_sealing,
                 const uint64_t *stored, long stored_at, const uint64_t *live, long live_at, const uint8_t *counts,
                 const uint8_t *turns, const float *turned, long stride_turned, long position, long window, float *out,
                 long stride_out, float *scratch) {
    unsigned control = enter_kernel();
    Pass pass = {.q = q, .position_first = position, .stride_q = stride_q, .group = group, .dim = dim, .window = window,
                 .scale = scale, .is_sealing = is_sealing, .stored = stored, .stored_at = stored_at, .live = live,
                 .live_at = live_at, .counts = counts, .turns = turns, .turned_first = turned, .stride_turned = stride_turned};
    lay_out(&pass, scratch);
    long step = pass_rows(group) / group;
    for (long t = 0; t < tokens; t += step) {
        take_rows(&pass, t, least(step, tokens - t));
        long rows = pass.tokens * group, first = pass.position - window + 1;
        for (long row = 0; row < rows; row++) {
            pass.max[row] = -__builtin_inff();
            pass.mass[row] = 0;
            for (long d = 0; d < dim; d += VL) v_store(pass.out + row * dim + d, v_set1(0));
        }
        for (long start = first > 0 ? first / SPAN * SPAN : 0; start < pass.position + pass.tokens; start += SPAN) {
            attend_to_span(&pass, start);
            for (long row = 0; row < rows; row++) {
                Merge merge = merge_of(&pass.max[row], &pass.mass[row], pass.span_max[row], pass.span_mass[row]);
                merge_row(pass.out + row * dim, pass.sum + row * dim, dim, merge);
            }
        }
        for (long row = 0; row < rows; row++) {
            float *to = out + (t + row / group) * stride_out + row % group * dim;
            for (long d = 0; d < dim; d += VL) v_store(to + d, v_div(v_load(pass.out + row * dim + d), v_set1(pass.mass[row])));
        }
    }
    leave_kernel(control);
}

/*
 * What `spans` spans from position `start` on give to each row, each alone: partials (span, token, group, dim + 16): o, then max,
 * mass; mass 0 where a row sees nothing of it.
 */
void API(attend_spans)(const float *q, long stride_q, long tokens, long group, long dim, float scale, int is_sealing,
                       const uint64_t *stored, long stored_at, const uint64_t *live, long live_at, const uint8_t *counts,
                       const uint8_t *turns, const float *turned, long stride_turned, long position, long window, long start,
                       long spans, float *partials, float *scratch) {
    unsigned control = enter_kernel();
    Pass pass = {.q = q, .position_first = position, .stride_q = stride_q, .group = group, .dim = dim, .window = window,
                 .scale = scale, .is_sealing = is_sealing, .stored = stored, .stored_at = stored_at, .live = live,
                 .live_at = live_at, .counts = counts, .turns = turns, .turned_first = turned, .stride_turned = stride_turned};
    lay_out(&pass, scratch);
    long step = pass_rows(group) / group;
    for (long t = 0; t < tokens; t += step) {
        take_rows(&pass, t, least(step, tokens - t));
        for (long s = 0; s < spans; s++) {
            attend_to_span(&pass, start + s * SPAN);
            float *to = partials + (s * tokens + t) * group * (dim + 16);
            for (long row = 0; row < pass.tokens * group; row++, to += dim + 16) {
                for (long d = 0; d < dim; d += VL) v_store(to + d, v_load(pass.sum + row * dim + d));
                to[dim] = pass.span_max[row];
                to[dim + 1] = pass.span_mass[row];
            }
        }
    }
    leave_kernel(control);
}

/* Joins partials (spans, tokens, group, dim + 16) as attend joins a span to those before it. */
void API(merge_spans)(const float *partials, long spans, long tokens, long group, long dim, float *out, long stride_out) {
    unsigned control = enter_kernel();
    long rows = tokens * group;
    for (long row = 0; row < rows; row++) {
        float *to = out + row / group * stride_out + row % group * dim;
        float max = -__builtin_inff(), mass = 0;
        for (long d = 0; d < dim; d += VL) v_store(to + d, v_set1(0));
        for (long s = 0; s < spans; s++) {
            const float *from = partials + (s * rows + row) * (dim + 16);
            merge_row(to, from, dim, merge_of(&max, &mass, from[dim], from[dim + 1]));
        }
        for (long d = 0; d < dim; d += VL) v_store(to + d, v_div(v_load(to + d), v_set1(mass)));
    }
    leave_kernel(control);
}
