package dev.longhand.kernels;

/**
 * Attention of one token: a chunk is one KV head over one span of 256 tokens; then the spans are joined in ascending order.
 *
 * <p>Its fields hold the arguments of the current call, which were checked, so that a call allocates nothing. Used by one
 * calling thread at a time; chunks run on the team's threads.
 */
final class SpansStep implements Team.Task {
    /** Elements of K and V below which attention of one token is not worth a hand-off. */
    private static final long SPANS_ALONE_MAX = 48 << 10;

    private final Ops ops;
    private final Team team;
    private final Scratch scratch;

    // Arguments of the current call.
    private long q;
    private KvShape shape;
    private Attention attention;
    private long table;
    private int first;
    private int last;
    private int group;
    private int spanFirst;
    private int spans;
    private long partials; // (kvHead, span, group, headDim + 16)
    private long partialBytes;

    SpansStep(Ops ops, Team team, Scratch scratch) {
        this.ops = ops;
        this.team = team;
        this.scratch = scratch;
    }

    void run(Floats q, KvShape shape, Attention attention, KvTable table, int position, Activations out) {
        this.q = q.address(0);
        this.shape = shape;
        this.attention = attention;
        this.table = table.address();
        group = attention.heads() / shape.kvHeads();
        last = position;
        first = attention.firstVisible(position);
        spanFirst = first / Ops.SPAN_TOKENS;
        spans = last / Ops.SPAN_TOKENS - spanFirst + 1;
        partialBytes = 4L * group * (shape.headDim() + 16);
        partials = scratch.shared(partialBytes * spans * shape.kvHeads());
        scratch.ensure(ops.attentionScratchBytes(1, group, shape.headDim()));
        int chunks = Math.multiplyExact(spans, shape.kvHeads());
        long elements = 2L * (last - first + 1) * shape.kvHeads() * shape.headDim();
        if (elements <= SPANS_ALONE_MAX) {
            for (int chunk = 0; chunk < chunks; chunk++) {
                run(chunk, 0);
            }
        } else {
            team.run(this, chunks);
        }
        for (int h = 0; h < shape.kvHeads(); h++) {
            ops.mergeSpans(partials + partialBytes * spans * h, spans, group, shape.headDim(),
                    out.values().address(0) + 4L * h * group * shape.headDim());
        }
    }

    @Override
    public void run(int chunk, int worker) {
        int kvHead = chunk / spans;
        int span = spanFirst + chunk % spans;
        ops.attendSpan(q + 4L * kvHead * group * shape.headDim(), group, shape.headDim(), attention.scale(), table,
                shape.recordOffset(attention.layer(), kvHead), Math.max(first, span * Ops.SPAN_TOKENS),
                Math.min(last, span * Ops.SPAN_TOKENS + Ops.SPAN_TOKENS - 1), partials + partialBytes * chunk,
                scratch.address(worker));
    }
}
