package dev.longhand.memory;

import dev.longhand.kernels.KvSummaries;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.BitSet;

/**
 * Mean keys of four neighbouring blocks of a document, made of its blocks' mean keys: what a scan of very many blocks looks at
 * first.
 * Immutable; lives as long as its arena.
 */
final class CoarseMeans {
    /** Blocks of one mean. */
    static final int BLOCKS = 4;
    private static final ValueLayout.OfShort F16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MemorySegment memory; // a region of `count` means
    private final int count;

    private CoarseMeans(MemorySegment memory, int count) {
        this.memory = memory;
        this.count = count;
    }

    /** How many there are of {@code blocks} blocks. */
    static int count(int blocks) {
        return Math.ceilDiv(blocks, BLOCKS);
    }

    /** Summaries as {@link KvSummaries} lays them out, without planes. */
    static KvSummaries shape(KvSummaries summaries) {
        return new KvSummaries(summaries.shape(), summaries.memoryLayers(), new BitSet());
    }

    static CoarseMeans of(KvSource document, KvSummaries coarse, Arena arena) {
        KvSummaries summaries = document.layout();
        int blocks = document.blocks();
        MemorySegment to = arena.allocate(coarse.bytes(count(blocks)), 64);
        int dim = summaries.shape().headDim();
        for (int layer = 0; layer < summaries.shape().layers(); layer++) {
            for (int h = 0; summaries.isMemory(layer) && h < summaries.shape().kvHeads(); h++) {
                long out = coarse.offset(layer, h, count(blocks));
                for (int i = 0; i < count(blocks); i++) {
                    mean(document, layer, h, i * BLOCKS, to, out + 2L * dim * i);
                }
            }
        }
        return new CoarseMeans(to, count(blocks));
    }

    private static void mean(KvSource document, int layer, int kvHead, int block, MemorySegment to, long at) {
        int end = Math.min(block + BLOCKS, document.blocks());
        int dim = document.layout().shape().headDim();
        float[] sums = new float[dim];
        int tokens = 0;
        for (int b = block; b < end; b++) {
            MemorySegment mean = mean(document, layer, kvHead, b);
            for (int d = 0; d < dim; d++) {
                sums[d] += document.tokens(b) * Float.float16ToFloat(mean.getAtIndex(F16, d));
            }
            tokens += document.tokens(b);
        }
        for (int d = 0; d < dim; d++) {
            to.set(F16, at + 2L * d, Float.floatToFloat16(sums[d] / tokens));
        }
    }

    /** The mean key of a block, wherever its summaries lie: in one region of all blocks, or in one of its own. */
    private static MemorySegment mean(KvSource document, int layer, int kvHead, int block) {
        KvSummaries layout = document.layout();
        int whole = document.regionBlocks();
        long at = document.summaries(block / whole) + layout.offset(layer, kvHead, whole) + layout.meanBytes() * (block % whole);
        return MemorySegment.ofAddress(at).reinterpret(layout.meanBytes());
    }

    /** Copies mean {@code index} of all layers and heads to place {@code at} of a region of {@code whole} means. */
    void copy(KvSummaries coarse, int index, MemorySegment to, int whole, int at) {
        long bytes = coarse.meanBytes();
        for (int layer = 0; layer < coarse.shape().layers(); layer++) {
            for (int h = 0; coarse.isMemory(layer) && h < coarse.shape().kvHeads(); h++) {
                MemorySegment.copy(memory, coarse.offset(layer, h, count) + bytes * index, to,
                        coarse.offset(layer, h, whole) + bytes * at, bytes);
            }
        }
    }
}
