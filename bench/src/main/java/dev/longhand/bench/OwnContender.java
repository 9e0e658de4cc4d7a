package dev.longhand.bench;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvType;
import dev.longhand.memory.DenseKv;
import dev.longhand.memory.KvBatch;
import dev.longhand.memory.KvPool;
import dev.longhand.memory.Limits;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Locale;

/** Longhand with one KV type. The model belongs to somebody else. */
final class OwnContender implements Contender {
    static final List<KvType> TYPES = List.of(KvType.values());
    private static final long KV_BYTES_MAX = 8L << 30;

    private final OwnModel own;
    private final KvType type;
    private final Clock clock;
    private final Arena arena = Arena.ofShared();
    private final Floats logits;
    private final KvPool pool;
    private final KvBatch batch;
    private DenseKv kv;

    OwnContender(OwnModel own, KvType type, Clock clock) {
        this.own = own;
        this.type = type;
        this.clock = clock;
        KvShape shape = own.model.kvShape(type);
        pool = new KvPool(shape, new Limits(KV_BYTES_MAX));
        batch = new KvBatch(own.kernels, shape, 1);
        logits = Floats.allocate(arena, 1, own.model.config().vocabulary());
        kv = new DenseKv(own.kernels, pool, 1);
    }

    @Override
    public String setting() {
        return "KV " + type.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public boolean isPeer() {
        return false;
    }

    @Override
    public boolean isF16() {
        return type == KvType.F16;
    }

    @Override
    public double seconds(PeerRow.Work work) throws Problem {
        if (kv.tokensMax() < work.contextTokens()) {
            kv.close();
            kv = new DenseKv(own.kernels, pool, work.contextTokens());
        }
        return work.kind() == PeerRow.Work.Kind.PREFILL ? prefill(work.tokens()) : decode(work.depth(), work.tokens());
    }

    private double prefill(int count) throws Problem {
        int[] tokens = own.tokens(count);
        kv.truncate(0);
        long start = clock.nanos();
        for (int from = 0; from < count; from += OwnModel.CHUNK_ROWS) {
            int rows = Math.min(OwnModel.CHUNK_ROWS, count - from);
            pass(tokens, from, rows);
            if (from + rows == count) {
                own.model.logits(rows - 1, 1, logits);
            }
        }
        return clock.secondsSince(start);
    }

    private void pass(int[] tokens, int from, int rows) throws Problem {
        batch.clear();
        batch.add(kv, rows);
        own.model.forward(tokens, from, batch);
    }

    /** Where the depth cannot be restored exactly, what is missing is read again, outside the time. */
    private void truncate(int depth) throws Problem {
        int held = kv.truncate(depth);
        if (held < depth) {
            int[] tokens = own.tokens(depth);
            pass(tokens, held, depth - held);
        }
    }

    private double decode(int depth, int count) throws Problem {
        if (kv.tokens() < depth) {
            prefill(depth);
        }
        truncate(depth);
        int[] tokens = own.tokens(count);
        long start = clock.nanos();
        for (int i = 0; i < count; i++) {
            pass(tokens, i, 1);
            own.model.logits(0, 1, logits);
        }
        double seconds = clock.secondsSince(start);
        truncate(depth);
        return seconds;
    }

    @Override
    public void close() {
        batch.close();
        kv.close();
        pool.close();
        arena.close();
    }
}
