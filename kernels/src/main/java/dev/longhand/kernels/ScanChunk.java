package dev.longhand.kernels;

/** What one chunk of a scan works on: the query heads of one KV head and a run of blocks of one region. Handed to {@link Ops}. */
final class ScanChunk {
    int headDim;
    /** Query heads that share the KV head. */
    int group;
    float scale;
    /** {@code (group, headDim)}, after RoPE and the region's turn. */
    long q;
    /** First block's mean key, f16; {@code 2 * headDim} bytes from one to the next. */
    long means;
    /** First block's planes, {@link Planes#bytes} from one to the next; 0 where there are none. */
    long planes;
    int blocks;
    /** Tokens of the run's last block; the others hold 64. */
    int lastTokens;
    /** Where the first block's score goes; rows of {@code (group, ...)} lie {@link #outStride} floats apart. */
    long out;
    long outStride;
    /** This worker's, {@link Ops#scanScratchBytes} long. */
    long scratch;
}
