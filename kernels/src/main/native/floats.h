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
