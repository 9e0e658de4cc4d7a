package dev.longhand.memory;

import dev.longhand.base.Check;
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

    private final MemorySegment memory;

    private CoarseMeans(MemorySegment memory) {
        this.memory = memory;
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
        Check.argument(document.regionBlocks() == document.blocks(), "a document whose summaries are in %d pieces",
                document.blocks() / document.regionBlocks());
        int blocks = document.blocks();
        MemorySegment from = MemorySegment.ofAddress(document.summaries(0)).reinterpret(summaries.bytes(blocks));
        MemorySegment to = arena.allocate(coarse.bytes(count(blocks)), 64);
        int dim = summaries.shape().headDim();
        for (int layer = 0; layer < summaries.shape().layers(); layer++) {
            for (int h = 0; summaries.isMemory(layer) && h < summaries.shape().kvHeads(); h++) {
                long means = summaries.offset(layer, h, blocks);
                long out = coarse.offset(layer, h, count(blocks));
                for (int i = 0; i < count(blocks); i++) {
                    mean(document, from, means, i * BLOCKS, dim, to, out + 2L * dim * i);
                }
            }
        }
        return new CoarseMeans(to);
    }

    private static void mean(KvSource document, MemorySegment from, long means, int block, int dim, MemorySegment to, long at) {
        int end = Math.min(block + BLOCKS, document.blocks());
        for (int d = 0; d < dim; d++) {
            float sum = 0;
            int tokens = 0;
            for (int b = block; b < end; b++) {
                sum += document.tokens(b) * Float.float16ToFloat(from.get(F16, means + 2L * ((long) b * dim + d)));
                tokens += document.tokens(b);
            }
            to.set(F16, at + 2L * d, Float.floatToFloat16(sum / tokens));
        }
    }

    long address() {
        return memory.address();
    }
}
