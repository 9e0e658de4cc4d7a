/* Single rows: what a token's experts made, added up; and one row out of a panel. */

/* out = sum over j of weights[j] * row places[j] of y, in the order of j. */
void API(sum_of_rows)(const float *y, long n, const int32_t *places, const float *weights, long count, float *out) {
    unsigned control = enter_kernel();
    long i = 0;
    for (; i + VL <= n; i += VL) {
        V sum = v_set1(0);
        for (long j = 0; j < count; j++) sum = v_fma(v_load(y + places[j] * n + i), v_set1(weights[j]), sum);
        v_store(out + i, sum);
    }
    for (; i < n; i++) {
        V sum = v_set1(0);
        for (long j = 0; j < count; j++) sum = v_fma(v_set1(y[places[j] * n + i]), v_set1(weights[j]), sum);
        out[i] = v_first(sum);
    }
    leave_kernel(control);
}

/* The embedding of a token. Rare beside the products, so plain C. */
INLINE float quant_row_value(int type, const uint8_t *panel, int row, long col) {
    long slab = col / SLAB_COLS;
    const uint8_t *header = panel + slab / slabs_per_block(type) * block_bytes(type);
    int s = (int) (slab % slabs_per_block(type)), c = (int) (col % SLAB_COLS), g = c / 4, lane = row * 4 + c % 4;
    const uint8_t *quants = header + header_bytes(type) + s * slab_bytes(type);
    int q = bits_of(type) == 8 ? quants[g * 64 + lane] : quants[g % 4 * 64 + lane] >> g / 4 * 4 & 15;
    if (bits_of(type) == 5) q |= (quants[HIGH_AT + lane] >> g & 1) << 4;
    if (bits_of(type) == 6) q |= (quants[HIGH_AT + g / 4 * 64 + lane] >> g % 4 * 2 & 3) << 4;
    uint16_t half[2];
    __builtin_memcpy(half, header + SCALES_AT + 2 * row, 2);
    __builtin_memcpy(half + 1, header + MINS_AT + 2 * row, 2);
    float d = _cvtsh_ss(half[0]), m = _cvtsh_ss(half[1]);
    switch (type) {
        case Q4_1: case Q5_1: return d * (float) q + m;
        case Q4_K: case Q5_K:
            return d * header[SUB_SCALES_AT + 16 * s + row] * (float) q - m * header[SUB_MINS_AT + 16 * s + row];
        case Q6_K: return d * (int8_t) header[SUB_SCALES_AT + 32 * s + g / 4 * 16 + row] * (float) (q - 32);
        default: return d * (float) (q - (1 << zero_shift(type)));
    }
}

void API(unpack_row)(int type, const uint8_t *panel, int row, long cols, float scale, float *out) {
    unsigned control = enter_kernel();
    for (long c = 0; c < cols; c++) {
        uint16_t half;
        switch (type) {
            case F32: out[c] = scale * ((const float *) panel)[c * ROWS + row]; break;
            case F16:
                __builtin_memcpy(&half, panel + (c * ROWS + row) * 2, 2);
                out[c] = scale * _cvtsh_ss(half);
                break;
#define QUANT(type) case type: out[c] = scale * quant_row_value(type, panel, row, c); break;
            QUANT(Q4_0) QUANT(Q4_1) QUANT(Q5_0) QUANT(Q5_1) QUANT(Q8_0) QUANT(Q4_K) QUANT(Q5_K) QUANT(Q6_K)
#undef QUANT
        }
    }
    leave_kernel(control);
}
