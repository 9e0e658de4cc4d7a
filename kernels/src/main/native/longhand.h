/*
 * What every file of the native tier shares: panel constants, the form of quantised activations, the calling rules.
 *
 * Rules. Java checks all arguments; nothing is checked, allocated or kept here. Pointers are 64-byte aligned at matrix starts.
 * Every exported function may run on many threads at once on disjoint outputs, and computes each output row from that row's
 * inputs only, in one order: the number of rows, the chunk and the thread never change a bit. No pointer may lead into a file
 * mapping: a fault would kill the process.
 *
 * Byte tables of the panels: docs/formats/panels.md; the Java twin of the constants is PanelType.
 */
#ifndef LONGHAND_H
#define LONGHAND_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))
#define EXPORT __attribute__((visibility("default")))

/* Name of an exported function: the instruction set's prefix and the name. */
#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define API(name) EXPORT PASTE(ISA, name)

/* In the order of the enum PanelType. */
enum { F32, F16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K };

enum { ROWS = 16, SLAB_COLS = 32, GROUPS = 8 };

/* Offsets in a block's header and in a slab. */
enum { SCALES_AT = 0, MINS_AT = 32, SUB_SCALES_AT = 64, SUB_MINS_AT = 192, HIGH_AT = 256 };

INLINE int bits_of(int type) {
    switch (type) {
        case Q8_0: return 8;
        case Q6_K: return 6;
        case Q5_0: case Q5_1: case Q5_K: return 5;
        default: return 4;
    }
}

/* log2 of the quant that means weight 0; -1 where the type has mins instead. */
INLINE int zero_shift(int type) {
    switch (type) {
        case Q4_0: return 3;
        case Q5_0: return 4;
        case Q6_K: return 5;
        case Q8_0: return 7;
        default: return -1;
    }
}

INLINE int has_mins(int type) { return type == Q4_1 || type == Q5_1 || type == Q4_K || type == Q5_K; }

INLINE int slabs_per_block(int type) { return type >= Q4_K ? 8 : 1; }

INLINE int header_bytes(int type) { return type >= Q4_K ? 320 : has_mins(type) ? 64 : 32; }

INLINE int slab_bytes(int type) {
    switch (bits_of(type)) {
        case 8: return 512;
        case 6: return 384;
        case 5: return 320;
        default: return 256;
    }
}

INLINE size_t block_bytes(int type) { return header_bytes(type) + (size_t) slabs_per_block(type) * slab_bytes(type); }

/*
 * 32 quantised activations: a value is d * q. The integer sums are kept negated, because a kernel starts its accumulators at
 * -zero * sum, which takes the weights' offset off for free.
 */
typedef struct {
    int8_t q[SLAB_COLS];
    float d;
    float d_sum;           /* d * sum(q): what a min is multiplied with */
    int32_t neg_sum;       /* -sum(q) */
    int32_t neg_half[2];   /* -sum(q) of columns 0..15 and 16..31 (Q6_K) */
    int32_t unused[3];     /* a cache line in all */
} Quants;

/*
 * Denormals are flushed while a kernel runs: they cost a hundred cycles each and mean nothing here. Java's arithmetic must not
 * see that, so every exported function restores the control register.
 */
INLINE unsigned enter_kernel(void) {
    unsigned before = _mm_getcsr();
    _mm_setcsr(before | 0x8040); /* FTZ, DAZ */
    return before;
}

INLINE void leave_kernel(unsigned before) { _mm_setcsr(before); }

#endif
