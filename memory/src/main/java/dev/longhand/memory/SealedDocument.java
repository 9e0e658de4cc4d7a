package dev.longhand.memory;

import dev.longhand.base.Check;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvSummaries;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A document that was read and whose records lie in blocks of the pool, which it holds.
 *
 * <p>Thread-safe where {@link KvSource} says so. Made with one holder: who made it.
 */
public final class SealedDocument implements KvSource {
    private final String id;
    private final KvPool pool;
    private final List<Block> blocks;
    private final int tokens;
    private final int[] firstIds;
    private final AtomicInteger holders = new AtomicInteger(1);

    private SealedDocument(String id, KvPool pool, List<Block> blocks, int[] ids) {
        this.id = id;
        this.pool = pool;
        this.blocks = blocks;
        this.tokens = ids.length;
        this.firstIds = Arrays.copyOf(ids, tokens(0));
    }

    /**
     * The tokens {@code ids} that {@code kv} holds behind the first {@code prefixTokens}, whole blocks; all of its blocks must
     * be sealed, see {@link DenseKv#sealTail}.
     */
    public static SealedDocument of(String id, DenseKv kv, int prefixTokens, int[] ids) {
        Check.argument(prefixTokens % KvShape.BLOCK_TOKENS == 0, "a prefix of %d tokens; it must be whole blocks", prefixTokens);
        int tokens = ids.length;
        int blockTokens = Math.ceilDiv(tokens, KvShape.BLOCK_TOKENS) * KvShape.BLOCK_TOKENS;
        Check.argument(tokens > 0 && kv.tokens() == prefixTokens + blockTokens,
                "%d tokens behind %d in a view of %d", tokens, prefixTokens, kv.tokens());
        List<Block> blocks = new ArrayList<>();
        for (int i = prefixTokens / KvShape.BLOCK_TOKENS; i < kv.tokens() / KvShape.BLOCK_TOKENS; i++) {
            Block block = kv.stored(i);
            kv.pool().retain(block);
            blocks.add(block);
        }
        return new SealedDocument(id, kv.pool(), blocks, ids);
    }

    /**
     * What a segment on disk has of it.
     *
     * @param windowTokens tokens that layers with a window see, of which the end is kept; 0 if there is no such layer
     */
    public SegmentContent content(Fingerprint fingerprint, int[] ids, int[] offsets, int windowTokens) {
        KvSummaries summaries = pool.summaries().orElseThrow();
        int tailFrom = Math.max(0, tokens - windowTokens + 1) / KvShape.BLOCK_TOKENS;
        SegmentShape shape = new SegmentShape(summaries, tokens, windowTokens == 0 ? blocks.size() : tailFrom);
        MemorySegment region = MemorySegment.ofArray(new byte[Math.toIntExact(summaries.bytes(blocks.size()))]);
        for (int layer = 0; layer < shape.kv().layers(); layer++) {
            for (int h = 0; summaries.isMemory(layer) && h < shape.kv().kvHeads(); h++) {
                copySummaries(summaries, layer, h, region);
            }
        }
        long recordBytes = shape.kv().storedRecordBytes();
        return new SegmentContent(fingerprint, shape, ids, offsets, region, (layer, block, kvHead) ->
                blocks.get(block).memory.asSlice(shape.kv().storedOffset(layer, kvHead), recordBytes));
    }

    /** Summaries of one head, of one block each, to those of a region. */
    private void copySummaries(KvSummaries summaries, int layer, int kvHead, MemorySegment region) {
        long means = summaries.offset(layer, kvHead, blocks.size());
        long planes = means + summaries.meanBytes() * blocks.size();
        for (int i = 0; i < blocks.size(); i++) {
            long from = pool.shape().storedBlockBytes() + summaries.offset(layer, kvHead, 1);
            MemorySegment memory = blocks.get(i).memory;
            MemorySegment.copy(memory, from, region, means + summaries.meanBytes() * i, summaries.meanBytes());
            if (summaries.hasPlanes(layer, kvHead)) {
                MemorySegment.copy(memory, from + summaries.meanBytes(), region, planes + summaries.planesBytes() * i,
                        summaries.planesBytes());
            }
        }
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public int tokens() {
        return tokens;
    }

    @Override
    public int[] firstIds() {
        return firstIds.clone();
    }

    @Override
    public int tailFrom() {
        return 0;
    }

    @Override
    public KvSummaries layout() {
        return pool.summaries().orElseThrow();
    }

    @Override
    public long summaries(int region) {
        return blocks.get(region).address() + pool.shape().storedBlockBytes();
    }

    @Override
    public int regionBlocks() {
        return 1;
    }

    @Override
    public long record(int layer, int block, int kvHead) {
        return blocks.get(block).address() + pool.shape().storedOffset(layer, kvHead);
    }

    @Override
    public void retain() {
        holders.incrementAndGet();
    }

    @Override
    public void release() {
        if (holders.decrementAndGet() == 0) {
            blocks.forEach(pool::release);
        }
    }
}
