/*
 * Which instruction sets this machine can run: cpuid, and whether the operating system saves the registers. Compiled without
 * any -m flag, so that it runs on every x86-64.
 */
#include <cpuid.h>
#include <stdint.h>

#define EXPORT __attribute__((visibility("default")))

enum { AVX2_FMA_F16C = 1, AVX512_VNNI = 2 };

/* The layout of arguments and panels; Java refuses a library that answers another number. */
EXPORT int lh_abi(void) { return 3; }

static uint64_t enabled_state(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t) high << 32 | low;
}

/* Bit set of the enum above. */
EXPORT int lh_cpu_features(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
    int fma = c >> 12 & 1, osxsave = c >> 27 & 1, avx = c >> 28 & 1, f16c = c >> 29 & 1;
    if (!osxsave || !avx) return 0;
    uint64_t state = enabled_state();
    if ((state & 0x6) != 0x6) return 0; /* xmm, ymm */
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
    int features = 0;
    if ((b >> 5 & 1) && fma && f16c) features |= AVX2_FMA_F16C;
    int f = b >> 16 & 1, dq = b >> 17 & 1, bw = b >> 30 & 1, vl = b >> 31 & 1, vnni = c >> 11 & 1;
    int saves_zmm = (state & 0xe0) == 0xe0; /* mask registers, upper halves, zmm16..31 */
    if (f && dq && bw && vl && vnni && saves_zmm && features) features |= AVX512_VNNI;
    return features;
}
