/**
 * The arithmetic of a transformer: quantised matrix products, norms, RoPE, gates, attention over KV blocks, argmax; three tiers
 * with one contract.
 *
 * <p>Map: {@link dev.longhand.kernels.KernelsFactory} chooses a tier and says why. {@link dev.longhand.kernels.Kernels} is what
 * models call; {@code TeamKernels} implements it once for all tiers: it checks arguments, cuts an operation into chunks ({@code
 * RowsStep}, {@code SpansStep}, {@code TilesStep}) and runs them on {@code Team}'s threads. {@code Ops} is what a tier
 * implements, on addresses, without checks: {@code ScalarOps} (the reference), {@code VectorOps} ({@code Lanes} its width; {@code
 * VectorMatmul} over {@code VectorDot}, {@code VectorUnpack}, {@code VectorScales}, {@code VectorGemm}; {@code VectorAttention};
 * {@code VectorRows}; {@code VectorWarmup} while a model loads) and {@code NativeOps} (C). Weights lie in panels ({@code
 * PanelType}, {@code Panels}), written by {@code Packer}. Operands are {@code Floats}, {@code Activations}, {@code Matrix},
 * {@code KvTable}: off-heap, 64-byte aligned, as long-lived as their arena.
 */
package dev.longhand.kernels;
