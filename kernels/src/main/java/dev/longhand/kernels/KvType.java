package dev.longhand.kernels;

/** How keys and values of earlier tokens are kept. */
public enum KvType {
    /** 16-bit floats. A block is written and read in one form: its live and its stored block are the same memory. */
    F16,

    /**
     * Sealed blocks: 8 bits and an f16 scale per 32 elements, after a Hadamard turn of keys and queries. A block is <i>live</i>
     * (f16, keys turned) until its 64th token is in, then <i>sealed</i>. A query reads its own 64-token block live and every
     * earlier block sealed, in prefill and decode alike, so results do not depend on how the tokens were cut into passes.
     */
    Q8_0
}
