package dev.longhand.bench;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvType;
import dev.longhand.memory.DenseKv;
import dev.longhand.memory.KvPool;
import dev.longhand.memory.Limits;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Locale;

/** Longhand with one KV type. The model belongs to somebody else. */
final class OwnContender implements Contender {
    static final List<KvType> TYPES = List.of(KvType.F16);
    private static final long KV_BYTES_MAX = 8L << 30;

    private final OwnModel own;
    private final KvType type;
    private final Clock clock;
    private final Arena arena = Arena.ofShared();
    private final Floats logits;
    private final KvPool pool;
    private DenseKv kv;

    OwnContender(OwnModel own, KvType type, Clock clock) {
        this.own = own;
        this.type = type;
        this.clock = clock;
        KvShape shape = own.model.kvShape();
        pool = new KvPool(new KvShape(shape.layers(), shape.kvHeads(), shape.headDim(), type), new Limits(KV_BYTES_MAX));
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
            own.model.forward(tokens, from, rows, kv);
            if (from + rows == count) {
                own.model.logits(rows - 1, 1, logits);
            }
        }
        return clock.secondsSince(start);
    }

    private double decode(int depth, int count) throws Problem {
        if (kv.tokens() < depth) {
            prefill(depth);
        }
        kv.truncate(depth);
        int[] tokens = own.tokens(count);
        long start = clock.nanos();
        for (int i = 0; i < count; i++) {
            own.model.forward(tokens, i, 1, kv);
            own.model.logits(0, 1, logits);
        }
        double seconds = clock.secondsSince(start);
        kv.truncate(depth);
        return seconds;
    }

    @Override
    public void close() {
        kv.close();
        pool.close();
        arena.close();
    }
}
