package dev.longhand.memory;

import dev.longhand.base.Check;
import dev.longhand.kernels.Attention;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvSummaries;
import dev.longhand.kernels.SealedKeys;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.stream.IntStream;

/**
 * Scores blocks by a {@link Gate} in the heads that have one and no planes, by summaries in all others.
 *
 * <p>A block's vectors are made of its records once: a document's by {@link #prepare}, or when it is first scored; a sequence's own
 * when they are first scored, and anew where a block was read again. They are kept as 16-bit floats. A pure function of each
 * row's query. Used by one thread at a time.
 */
public final class GateScores implements BlockScores {
    private static final int BLOCK = KvShape.BLOCK_TOKENS;
    private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private final Gate gate;
    private final Kernels kernels;
    private final KvSummaries summaries;
    private final KvShape shape;
    private final Turner.OfLayers turners;
    private final int rank;
    private final Map<KvSource, short[][]> documents = new WeakHashMap<>(); // (heads) (blocks, rank)
    private final Map<DenseKv, Own> owns = new WeakHashMap<>();
    private final float[] keys;
    private final float[] features;
    private final float[] vector; // (rank) of the query or block at hand, and as it stands at its place
    private final float[] placed;

    /** Vectors of the blocks that a sequence sees beside documents: those of the prefix and its own. */
    private static final class Own {
        final short[][] vectors; // (heads) (blocks, rank)
        final long[][] means; // (heads) (blocks, longs of a mean): what each vector was made with
        final int[] made; // (heads) blocks that have one

        Own(int heads) {
            vectors = new short[heads][0];
            means = new long[heads][0];
            made = new int[heads];
        }
    }

    /** @param gate that fits the model, see {@link #refusal} */
    public GateScores(Gate gate, Kernels kernels, KvSummaries summaries, Turner.OfLayers turners) {
        this.gate = gate;
        this.kernels = kernels;
        this.summaries = summaries;
        this.shape = summaries.shape();
        this.turners = turners;
        this.rank = gate.shape().rank();
        Check.argument(shape.isSealing(), "blocks of %s are not sealed", shape);
        Check.argument(refusal(gate, shape, gate.shape().group() * shape.kvHeads()) == null, "a gate of another shape");
        this.keys = new float[BLOCK * shape.headDim()];
        this.features = new float[gate.shape().keyCols()];
        this.vector = new float[rank];
        this.placed = new float[rank];
    }

    /** Why a gate does not fit a model; null if it does. */
    public static String refusal(Gate gate, KvShape shape, int heads) {
        Gate.Shape s = gate.shape();
        boolean fits = s.layers() == shape.layers() && s.kvHeads() == shape.kvHeads() && s.headDim() == shape.headDim()
                && s.group() * s.kvHeads() == heads;
        String unlike = "it is of %d layers, %d heads, %d KV heads of %d dimensions; the model has %d, %d, %d and %d";
        return fits ? null : unlike.formatted(s.layers(), s.group() * s.kvHeads(), s.kvHeads(), s.headDim(),
                shape.layers(), heads, shape.kvHeads(), shape.headDim());
    }

    /** How many heads it scores. */
    public int heads() {
        return (int) gate.heads().keySet().stream().filter(i -> isGated(i / shape.kvHeads(), i % shape.kvHeads())).count();
    }

    private boolean isGated(int layer, int kvHead) {
        return summaries.isMemory(layer) && !summaries.hasPlanes(layer, kvHead)
                && gate.heads().containsKey(layer * shape.kvHeads() + kvHead);
    }

    @Override
    public void score(Candidates c, Floats out) {
        kernels.scan(c.q(), c.turned(), c.seen(), c.rows(), c.scan(), summaries, c.attention(), out);
        int layer = c.attention().layer();
        if (IntStream.range(0, shape.kvHeads()).noneMatch(h -> isGated(layer, h))) {
            return;
        }
        prepareAll(c.kv().context());
        try (Arena arena = Arena.ofConfined()) {
            Floats plain = plain(c, arena);
            for (int h = 0; h < shape.kvHeads(); h++) {
                if (isGated(layer, h)) {
                    score(c, h, plain, out);
                }
            }
        }
    }

    /** {@code (rows, heads * headDim)}: queries as they were before RoPE. */
    private Floats plain(Candidates c, Arena arena) {
        Floats plain = Floats.allocate(arena, c.rows(), c.q().cols());
        Turner turner = turners.of(c.attention().layer());
        Floats angles = Floats.allocate(arena, c.rows(), 2 * turner.pairs());
        for (int r = 0; r < c.rows(); r++) {
            plain.copyRows(c.q(), r, r, 1);
            turner.angles(-(c.kv().position() + r), angles, r);
        }
        kernels.rope(plain, c.rows(), c.attention().heads(), shape.headDim(), angles, turner.pairing());
        return plain;
    }

    private void score(Candidates c, int kvHead, Floats plain, Floats out) {
        Attention attention = c.attention();
        int head = attention.layer() * shape.kvHeads() + kvHead;
        Gate.Head weights = gate.heads().get(head);
        Context context = c.kv().context();
        int prefix = context.prefix().size();
        short[] own = own(c.kv(), attention.layer(), kvHead, c.seen()[c.rows() - 1] - prefix - context.blocks());
        float[] query = new float[gate.shape().queryCols()];
        for (int r = 0; r < c.rows(); r++) {
            for (int i = 0; i < query.length; i++) {
                query[i] = plain.get(r, kvHead * query.length + i);
            }
            project(weights.wq(), query, weights.normQ());
            int position = c.kv().position() + r;
            int row = r * shape.kvHeads() + kvHead;
            place(position);
            int at = products(own, 0, prefix, out, row, 0);
            for (int d = 0; d < context.documents().size(); d++) {
                at = attached(context, d, head, position, out, row, at);
            }
            place(position);
            products(own, prefix, prefix + c.seen()[r] - at, out, row, at);
        }
    }

    private void prepareAll(Context context) {
        for (int d = 0; d < context.documents().size(); d++) {
            prepare(context.documents().get(d), context.prefix().size() * BLOCK, () -> { });
            context.seam(d).ifPresent(seam -> prepare(seam.block(), seam.position(), () -> { }));
        }
    }

    /** Scores of a document's blocks to the places from {@code at} on, of a query at {@code position}; returns the next place. */
    private int attached(Context context, int d, int head, int position, Floats out, int row, int at) {
        KvSource document = context.documents().get(d);
        int turn = -1;
        for (int b = 0; b < document.blocks(); b++) {
            int own = context.blockTurn(context.blockFrom(d) + b);
            if (own != turn) {
                place(position + (own == 0 ? 0 : context.turnShifts()[own - 1]));
                turn = own;
            }
            KvSource source = b == 0 && context.seam(d).isPresent() ? context.seam(d).get().block() : document;
            products(documents.get(source)[head], b, b + 1, out, row, at + b);
        }
        return at + document.blocks();
    }

    /** Scores of blocks {@code [from, to)} of {@code vectors} to the places from {@code at} on; returns the next place. */
    private int products(short[] vectors, int from, int to, Floats out, int row, int at) {
        float scale = (float) (1 / Math.sqrt(rank));
        for (int b = from; b < to; b++) {
            float sum = 0;
            for (int i = 0; i < rank; i++) {
                sum += placed[i] * Float.float16ToFloat(vectors[b * rank + i]);
            }
            out.set(row, at + b - from, sum * scale);
        }
        return at + to - from;
    }

    // ---------------------------------------------------------------- vectors of blocks

    /**
     * Makes the vectors of a document, block by block, if they are not there.
     *
     * @param position  where its first key stands
     * @param beginPass called before each block: addresses of records that were read before are no longer needed
     */
    public void prepare(KvSource document, int position, Runnable beginPass) {
        if (!documents.containsKey(document)) {
            documents.put(document, made(document, position, beginPass));
        }
    }

    private short[][] made(KvSource document, int position, Runnable beginPass) {
        short[][] vectors = new short[shape.layers() * shape.kvHeads()][];
        for (int b = 0; b < document.blocks(); b++) {
            beginPass.run();
            for (int head = 0; head < vectors.length; head++) {
                int layer = head / shape.kvHeads();
                if (isGated(layer, head % shape.kvHeads())) {
                    vectors[head] = vectors[head] == null ? new short[document.blocks() * rank] : vectors[head];
                    long record = document.record(layer, b, head % shape.kvHeads());
                    make(head, record, document.tokens(b), position + b * BLOCK, vectors[head], b);
                }
            }
        }
        return vectors;
    }

    /** Vectors of the prefix's blocks and {@code count} own ones. */
    private short[] own(DenseKv kv, int layer, int kvHead, int count) {
        Context context = kv.context();
        int head = layer * shape.kvHeads() + kvHead;
        int prefix = context.prefix().size();
        Own own = owns.computeIfAbsent(kv, k -> new Own(shape.layers() * shape.kvHeads()));
        int longs = (int) (summaries.meanBytes() / Long.BYTES);
        if (own.vectors[head].length < (prefix + count) * rank) {
            int room = prefix + count + count / 4 + 4;
            own.vectors[head] = Arrays.copyOf(own.vectors[head], room * rank);
            own.means[head] = Arrays.copyOf(own.means[head], room * longs);
        }
        KvSummaries layout = kv.pool().summaries().orElseThrow();
        for (int i = 0; i < prefix + count; i++) {
            long block = i < prefix ? context.prefix().get(i).address() : kv.table().stored(i - prefix);
            long mean = block + shape.storedBlockBytes() + layout.offset(layer, kvHead, 1);
            if (!isSame(own.means[head], i * longs, longs, mean) || i >= own.made[head]) {
                int position = i < prefix ? i * BLOCK : context.tokens() + (i - prefix) * BLOCK;
                make(head, block + shape.storedOffset(layer, kvHead), BLOCK, position, own.vectors[head], i);
            }
        }
        own.made[head] = Math.max(own.made[head], prefix + count);
        return own.vectors[head];
    }

    /** Whether the mean at an address is the one that is known; it is from then on. */
    private static boolean isSame(long[] known, int at, int longs, long address) {
        boolean isSame = true;
        for (int i = 0; i < longs; i++) {
            long now = ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, address + (long) Long.BYTES * i);
            isSame &= known[at + i] == now;
            known[at + i] = now;
        }
        return isSame;
    }

    /** Vector {@code at} of a block whose first key stands at {@code position}. */
    private void make(int head, long record, int tokens, int position, short[] vectors, int at) {
        int headDim = shape.headDim();
        SealedKeys.read(shape, record, tokens, keys);
        turnBack(head / shape.kvHeads(), tokens, position);
        for (int d = 0; d < headDim; d++) {
            float max = Float.NEGATIVE_INFINITY;
            float min = Float.POSITIVE_INFINITY;
            float sum = 0;
            for (int t = 0; t < tokens; t++) {
                max = Math.max(max, keys[t * headDim + d]);
                min = Math.min(min, keys[t * headDim + d]);
                sum += keys[t * headDim + d];
            }
            features[d] = max;
            features[headDim + d] = min;
            features[2 * headDim + d] = sum / tokens;
        }
        Gate.Head weights = gate.heads().get(head);
        project(weights.wk(), features, weights.normK());
        place(position + tokens - 1);
        for (int i = 0; i < rank; i++) {
            vectors[at * rank + i] = Float.floatToFloat16(placed[i]);
        }
    }

    /** {@code keys} as they were before RoPE. */
    private void turnBack(int layer, int tokens, int position) {
        Turner turner = turners.of(layer);
        try (Arena arena = Arena.ofConfined()) {
            Floats rows = Floats.allocate(arena, tokens, shape.headDim());
            Floats angles = Floats.allocate(arena, tokens, 2 * turner.pairs());
            MemorySegment.copy(keys, 0, rows.memory(), ValueLayout.JAVA_FLOAT, 0, tokens * shape.headDim());
            for (int t = 0; t < tokens; t++) {
                turner.angles(-(position + t), angles, t);
            }
            kernels.rope(rows, tokens, 1, shape.headDim(), angles, turner.pairing());
            MemorySegment.copy(rows.memory(), ValueLayout.JAVA_FLOAT, 0, keys, 0, tokens * shape.headDim());
        }
    }

    // ---------------------------------------------------------------- arithmetic

    /** {@code vector = RMSNorm(w x) * norm}. */
    private void project(float[] w, float[] x, float[] norm) {
        double squares = 0;
        for (int i = 0; i < rank; i++) {
            float sum = 0;
            for (int j = 0; j < x.length; j++) {
                sum += w[i * x.length + j] * x[j];
            }
            vector[i] = sum;
            squares += (double) sum * sum;
        }
        float inverse = (float) (1 / Math.sqrt(squares / rank + gate.shape().epsilon()));
        for (int i = 0; i < rank; i++) {
            vector[i] *= inverse * norm[i];
        }
    }

    /** {@code placed}: the vector turned by RoPE to a position; elements i and i + rank / 2 turn together. */
    private void place(int position) {
        int pairs = rank / 2;
        for (int i = 0; i < pairs; i++) {
            double angle = gate.shape().theta() == 0 ? 0 : position * Math.pow(gate.shape().theta(), -(double) i / pairs);
            double cos = Math.cos(angle);
            double sin = Math.sin(angle);
            placed[i] = (float) (vector[i] * cos - vector[pairs + i] * sin);
            placed[pairs + i] = (float) (vector[i] * sin + vector[pairs + i] * cos);
        }
    }
}
