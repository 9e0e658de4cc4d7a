package dev.longhand.bench;

import dev.longhand.base.Problem;
import dev.longhand.engine.Stitching;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvSummaries;
import dev.longhand.kernels.KvType;
import dev.longhand.memory.Budgets;
import dev.longhand.memory.Context;
import dev.longhand.memory.DenseKv;
import dev.longhand.memory.KvBatch;
import dev.longhand.memory.KvPool;
import dev.longhand.memory.KvSource;
import dev.longhand.memory.Limits;
import dev.longhand.memory.Lookup;
import dev.longhand.memory.LookupSpec;
import dev.longhand.memory.Placement;
import dev.longhand.memory.SealedDocument;
import dev.longhand.memory.Seam;
import java.lang.foreign.Arena;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/**
 * A model below the engine whose attention memory can be looked up in any way: gives logits of a text behind a context that was
 * read once. Used by one thread.
 */
final class LookupRig implements AutoCloseable {
    private static final long KV_BYTES_MAX = 6L << 30;

    final OwnModel own;
    final KvSummaries summaries; // planes for all heads
    final KvPool pool;
    private final Arena arena = Arena.ofShared();
    private final KvBatch batch;
    private final Floats out;

    LookupRig(OwnModel own) {
        this.own = own;
        KvShape shape = own.model.kvShape(KvType.Q8_0);
        BitSet all = new BitSet();
        all.set(0, shape.layers() * shape.kvHeads());
        this.summaries = new KvSummaries(shape, own.model.memoryLayers(), all);
        this.pool = new KvPool(shape, Optional.of(summaries), new Limits(KV_BYTES_MAX));
        this.batch = new KvBatch(own.kernels, shape, 1);
        this.out = Floats.allocate(arena, 64, own.model.config().vocabulary());
    }

    int vocabulary() {
        return own.model.config().vocabulary();
    }

    Lookup lookup(LookupMode mode, BitSet sensitive, LookupSpec spec) {
        return mode.lookup(own.kernels, summaries, sensitive, spec, own.model::turner, OwnModel.CHUNK_ROWS);
    }

    /** One head chooses {@code spec.blocks()} blocks by mean keys, all others see everything. */
    Lookup oneHead(int layer, int kvHead, LookupSpec spec) {
        KvSummaries means = summaries.using(new BitSet());
        return new Lookup(own.kernels, summaries, spec, own.model::turner, OwnModel.CHUNK_ROWS,
                Budgets.ofOneHead(layer, kvHead, spec.blocks()),
                (c, scores) -> own.kernels.scan(c.q(), c.turned(), c.seen(), c.rows(), c.scan(), means, c.attention(), scores));
    }

    /** An empty view that attends to everything. */
    DenseKv dense(int tokensMax) {
        return new DenseKv(own.kernels, pool, tokensMax);
    }

    /** A view behind attached documents. */
    DenseKv attached(int tokensMax, Lookup lookup, DenseKv prefix, List<KvSource> documents, Placement placement) {
        return new DenseKv(own.kernels, pool, tokensMax, lookup, Context.of(prefix, documents, placement));
    }

    /** The same, with first blocks read again where they are to be: documents best first, the last of them stands first. */
    DenseKv attached(int tokensMax, Lookup lookup, DenseKv prefix, List<KvSource> documents, Placement placement,
            Stitching stitching) throws Problem {
        if (stitching == Stitching.NONE) {
            return attached(tokensMax, lookup, prefix, documents, placement);
        }
        List<Optional<Seam>> seams = Seam.all(prefix, documents, placement,
                (before, document) -> firstBlock(lookup, before, document));
        try {
            return new DenseKv(own.kernels, pool, tokensMax, lookup, Context.of(prefix, documents, placement, seams));
        } finally {
            Seam.release(seams);
        }
    }

    private SealedDocument firstBlock(Lookup lookup, Context before, KvSource document) throws Problem {
        int[] first = document.firstIds();
        try (DenseKv kv = new DenseKv(own.kernels, pool, KvShape.BLOCK_TOKENS, lookup, before)) {
            read(kv, first);
            kv.sealTail();
            return SealedDocument.of("seam", kv, 0, first);
        }
    }

    /** Reads {@code document} behind {@code prefix}; the caller releases it. */
    SealedDocument document(String id, DenseKv prefix, int[] document) throws Problem {
        int room = (prefix.tokens() + document.length + 63) / 64 * 64;
        try (DenseKv kv = dense(room)) {
            prefix.copyTo(kv);
            read(kv, document);
            kv.sealTail();
            return SealedDocument.of(id, kv, prefix.tokens(), document);
        }
    }

    /** Reads tokens into a view. */
    void read(DenseKv kv, int[] tokens) throws Problem {
        for (int from = 0; from < tokens.length; from += OwnModel.CHUNK_ROWS) {
            pass(kv, tokens, from, Math.min(OwnModel.CHUNK_ROWS, tokens.length - from));
        }
    }

    private void pass(DenseKv kv, int[] tokens, int from, int rows) throws Problem {
        batch.clear();
        batch.add(kv, rows);
        own.model.forward(tokens, from, batch);
        batch.clear();
    }

    /** Logits {@code (tokens.length - scoredFrom, vocabulary)} behind each of {@code tokens} from {@code scoredFrom} on. */
    float[][] logits(DenseKv kv, int[] tokens, int scoredFrom) throws Problem {
        float[][] logits = new float[tokens.length - scoredFrom][vocabulary()];
        for (int from = 0; from < tokens.length; from += OwnModel.CHUNK_ROWS) {
            int rows = Math.min(OwnModel.CHUNK_ROWS, tokens.length - from);
            pass(kv, tokens, from, rows);
            for (int row = Math.max(0, scoredFrom - from); row < rows; row += out.rows()) {
                int some = Math.min(out.rows(), rows - row);
                own.model.logits(row, some, out);
                for (int i = 0; i < some; i++) {
                    out.copyRow(i, logits[from + row + i - scoredFrom]);
                }
            }
        }
        return logits;
    }

    @Override
    public void close() {
        pool.close();
        arena.close();
        own.close();
    }
}
