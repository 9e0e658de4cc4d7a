package dev.longhand.memory;

import dev.longhand.base.Check;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvSummaries;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What stands before a sequence's own tokens: the shared prefix and attached documents. Immutable, shared by forks; it counts its
 * holders and holds its blocks and documents until the last is gone.
 *
 * <p>A document's keys were stored at positions behind the prefix, so a query that is to meet them at another distance is turned:
 * by a shift in positions, one for each block. The live text and the prefix need none: token t of the live text stands at {@code
 * tokens() + t}. A block whose last key is stored at position p and is to be seen at a distance of D from the first live token has
 * the shift {@code p + D - tokens()}; inside a block distances are always true.
 */
public final class Context {
    /** Nothing. */
    public static final Context NONE = new Context(List.of(), List.of(), List.of(), new Places(new int[0], 0, 0), -1);
    /** Documents that one sequence attends to. */
    public static final int DOCUMENTS_MAX = 4096;
    /** Distinct shifts: a block's turn is one byte. */
    static final int TURNS_MAX = 255;
    /** Where every block may need a shift of its own: each costs a turned copy of all queries. */
    private static final int TURNS_MAX_BY_BLOCKS = 127;

    private final List<Block> prefix; // full stored blocks
    private final List<KvSource> documents;
    private final List<Optional<Seam>> seams; // (documents)
    private final Places places;
    private final byte[] turns; // (blocks) index of the shift among the distinct ones that are not 0, from 1; 0 for none
    private final int[] distinct; // shifts
    private final int[] blockEnds; // (documents) first block after it, counted over all documents
    private final int tail;
    private final AtomicInteger holders = new AtomicInteger();
    private KvPool pool;

    /**
     * @param shifts    (blocks of all documents) of a query's position
     * @param tokens    positions before the live text
     * @param tailShift of a query that meets the tail's document as if it stood alone
     */
    private record Places(int[] shifts, int tokens, int tailShift) {}

    private Context(List<Block> prefix, List<KvSource> documents, List<Optional<Seam>> seams, Places places, int tail) {
        this.prefix = prefix;
        this.documents = documents;
        this.seams = seams;
        this.places = places;
        this.tail = tail;
        this.blockEnds = new int[documents.size()];
        int blocks = 0;
        for (int i = 0; i < blockEnds.length; i++) {
            blocks += documents.get(i).blocks();
            blockEnds[i] = blocks;
        }
        this.distinct = distinct(places.shifts);
        this.turns = new byte[places.shifts.length];
        for (int i = 0; i < turns.length; i++) {
            turns[i] = (byte) (places.shifts[i] == 0 ? 0 : Arrays.binarySearch(distinct, places.shifts[i]) + 1);
        }
    }

    /** {@link #of(DenseKv, List, Placement, List)} without seams. */
    public static Context of(DenseKv prefix, List<KvSource> documents, Placement placement) {
        return of(prefix, documents, placement, Collections.nCopies(documents.size(), Optional.empty()));
    }

    /**
     * A context with no holder yet.
     *
     * @param prefix    a view that holds the prefix, a multiple of 64 tokens; may be closed afterwards
     * @param documents best-routed first
     * @param seams     of each document, in place of its first block
     */
    public static Context of(DenseKv prefix, List<KvSource> documents, Placement placement, List<Optional<Seam>> seams) {
        return of(prefix, documents, placement, seams, true);
    }

    /** Positions before the live text that there would be. */
    public static int tokens(DenseKv prefix, List<KvSource> documents, Placement placement) {
        if (!placement.positions().isInARow()) {
            return sideBySide(prefix.tokens(), documents, -1).tokens;
        }
        List<Optional<Seam>> none = Collections.nCopies(documents.size(), Optional.empty());
        return inARow(prefix.tokens(), documents.reversed(), none, placement).tokens;
    }

    /** Documents side by side that are only looked at to see which matter: layers with a window see none of them. */
    public static Context ofCandidates(DenseKv prefix, List<KvSource> documents) {
        return of(prefix, documents, Placement.PARALLEL, Collections.nCopies(documents.size(), Optional.empty()), false);
    }

    private static Context of(DenseKv prefix, List<KvSource> documents, Placement placement, List<Optional<Seam>> seams,
            boolean hasTail) {
        Check.argument(prefix.tokens() % KvShape.BLOCK_TOKENS == 0, "a prefix of %d tokens; it must be whole blocks",
                prefix.tokens());
        Check.argument(documents.size() <= DOCUMENTS_MAX, "%d documents; at most %d", documents.size(), DOCUMENTS_MAX);
        Check.argument(seams.size() == documents.size(), "%d seams for %d documents", seams.size(), documents.size());
        Check.argument(placement.positions().isInARow() || seams.stream().allMatch(Optional::isEmpty),
                "seams of documents that stand side by side: none has another before it");
        Integer[] order = new Integer[documents.size()];
        Arrays.setAll(order, i -> placement.positions().isInARow() ? order.length - 1 - i : i);
        if (!placement.positions().isInARow()) {
            Arrays.sort(order, Comparator.comparing(i -> documents.get(i).id()));
        }
        List<KvSource> ordered = new ArrayList<>();
        List<Optional<Seam>> orderedSeams = new ArrayList<>();
        for (int i : order) {
            ordered.add(documents.get(i));
            orderedSeams.add(seams.get(i));
        }
        checkSeams(ordered, orderedSeams);
        int tail = documents.isEmpty() || !hasTail ? -1 : ordered.indexOf(documents.getFirst());
        Places places = placement.positions().isInARow() ? inARow(prefix.tokens(), ordered, orderedSeams, placement)
                : sideBySide(prefix.tokens(), ordered, tail);
        List<Block> blocks = new ArrayList<>();
        for (int i = 0; i < prefix.tokens() / KvShape.BLOCK_TOKENS; i++) {
            blocks.add(prefix.stored(i));
        }
        Context context = new Context(blocks, ordered, orderedSeams, places, tail);
        context.pool = prefix.pool();
        blocks.forEach(context.pool::retain);
        ordered.forEach(KvSource::retain);
        orderedSeams.forEach(seam -> seam.ifPresent(h -> h.block().retain()));
        return context;
    }

    private static void checkSeams(List<KvSource> documents, List<Optional<Seam>> seams) {
        for (int i = 0; i < seams.size(); i++) {
            int there = documents.get(i).tokens(0);
            int given = seams.get(i).map(seam -> seam.block().tokens()).orElse(there);
            Check.argument(given == there, "a seam of %d tokens for a document whose first block has %d", given, there);
        }
    }

    // ---------------------------------------------------------------- shifts

    /**
     * One after another: distances count from the first live token backwards, and {@code placement} says how much of each is
     * kept. The prefix stands behind the farthest token.
     */
    private static Places inARow(int prefixTokens, List<KvSource> documents, List<Optional<Seam>> seams, Placement placement) {
        boolean isTrue = placement.positions() == Positions.TRUE;
        Check.argument(!isTrue || documents.size() <= TURNS_MAX + 1, "%d documents in a row; at most %d", documents.size(),
                TURNS_MAX + 1);
        int farthest = documents.stream().mapToInt(KvSource::tokens).reduce(0, Math::addExact);
        int[] distances = new int[blocks(documents)]; // from the first live token to the block's last
        int reach = 0;
        int left = farthest; // tokens from the document's first on
        for (int d = 0, i = 0; d < documents.size(); d++) {
            KvSource document = documents.get(d);
            for (int b = 0; b < document.blocks(); b++, i++) {
                left -= document.tokens(b);
                distances[i] = placement.distance(left + 1, farthest);
                reach = Math.max(reach, distances[i] + document.tokens(b) - 1);
            }
        }
        int tokens = prefixTokens + reach;
        int tailShift = documents.isEmpty() ? 0 : documents.getLast().tokens() - reach;
        int[] shifts = shifts(documents, seams, prefixTokens, distances, tokens);
        boolean isExact = isTrue || placement.positions() == Positions.GROUPED && placement.group(farthest) == 1;
        return new Places(rounded(shifts, isExact ? TURNS_MAX : TURNS_MAX_BY_BLOCKS), tokens, tailShift);
    }

    /** Each document ends where the text begins. */
    private static Places sideBySide(int prefixTokens, List<KvSource> documents, int tail) {
        int[] distances = new int[blocks(documents)];
        int longest = 0;
        for (int d = 0, i = 0; d < documents.size(); d++) {
            int left = documents.get(d).tokens();
            longest = Math.max(longest, left);
            for (int b = 0; b < documents.get(d).blocks(); b++, i++) {
                left -= documents.get(d).tokens(b);
                distances[i] = left + 1;
            }
        }
        int tokens = prefixTokens + longest;
        List<Optional<Seam>> none = Collections.nCopies(documents.size(), Optional.empty());
        int[] shifts = rounded(shifts(documents, none, prefixTokens, distances, tokens), TURNS_MAX);
        int tailShift = tail < 0 ? 0 : documents.get(tail).tokens() - longest;
        return new Places(shifts, tokens, tailShift);
    }

    private static int blocks(List<KvSource> documents) {
        return documents.stream().mapToInt(KvSource::blocks).sum();
    }

    private static int[] shifts(List<KvSource> documents, List<Optional<Seam>> seams, int prefixTokens, int[] distances,
            int tokens) {
        int[] shifts = new int[distances.length];
        for (int d = 0, i = 0; d < documents.size(); d++) {
            for (int b = 0; b < documents.get(d).blocks(); b++, i++) {
                int first = b == 0 && seams.get(d).isPresent() ? seams.get(d).get().position()
                        : prefixTokens + b * KvShape.BLOCK_TOKENS;
                shifts[i] = first + documents.get(d).tokens(b) - 1 + distances[i] - tokens;
            }
        }
        return shifts;
    }

    /**
     * Where there would be more than {@code turnsMax} shifts, some blocks are seen up to some blocks farther away, so that shifts
     * are multiples of as few blocks as will do.
     */
    private static int[] rounded(int[] shifts, int turnsMax) {
        for (int step = 1; ; step = step == 1 ? KvShape.BLOCK_TOKENS : 2 * step) {
            int unit = step;
            int[] rounded = Arrays.stream(shifts).map(shift -> Math.ceilDiv(shift, unit) * unit).toArray();
            if (distinct(rounded).length <= turnsMax) {
                return rounded;
            }
        }
    }

    private static int[] distinct(int[] shifts) {
        return Arrays.stream(shifts).filter(shift -> shift != 0).distinct().sorted().toArray();
    }

    // ---------------------------------------------------------------- what there is

    /** Positions before the live text. */
    public int tokens() {
        return places.tokens;
    }

    /** Whether there is nothing. */
    public boolean isEmpty() {
        return prefix.isEmpty() && documents.isEmpty();
    }

    public List<KvSource> documents() {
        return documents;
    }

    /** How the summaries of the prefix's blocks lie. */
    KvSummaries layout() {
        return pool == null ? null : pool.summaries().orElseThrow();
    }

    List<Block> prefix() {
        return prefix;
    }

    /** Blocks of all documents. */
    int blocks() {
        return blockEnds.length == 0 ? 0 : blockEnds[blockEnds.length - 1];
    }

    /** The document that holds block {@code i} of all documents' blocks. */
    private int documentOf(int i) {
        int at = Arrays.binarySearch(blockEnds, i + 1);
        return at >= 0 ? at : -at - 1;
    }

    /** First block of a document, counted over all documents. */
    int blockFrom(int document) {
        return document == 0 ? 0 : blockEnds[document - 1];
    }

    /** What stands in place of a document's first block. */
    Optional<Seam> seam(int document) {
        return seams.get(document);
    }

    /** Tokens of block {@code i} of all documents' blocks. */
    int tokensOf(int i) {
        int document = documentOf(i);
        return documents.get(document).tokens(i - blockFrom(document));
    }

    /** Address of a record of block {@code i} of all documents' blocks, in a layer that is looked up. */
    long record(int layer, int i, int kvHead) {
        int document = documentOf(i);
        int block = i - blockFrom(document);
        if (block == 0 && seams.get(document).isPresent()) {
            return seams.get(document).get().block().record(layer, 0, kvHead);
        }
        return documents.get(document).record(layer, block, kvHead);
    }

    /** Which of {@link #turnShifts} meets block {@code i} of all documents' blocks, from 1; 0: the query as it is. */
    int blockTurn(int i) {
        return turns[i] & 0xff;
    }

    /** By how many positions queries are turned that meet block {@code i} of all documents' blocks. */
    int blockShift(int i) {
        return places.shifts[i];
    }

    /** The same for the tail's document in layers with a window, which see it as if it stood alone. */
    int tailShift() {
        return tail < 0 ? prefix.size() * KvShape.BLOCK_TOKENS - places.tokens : places.tailShift;
    }

    /** Distinct shifts, in positions, that queries are turned by. */
    int[] turnShifts() {
        return distinct;
    }

    /** The document whose last tokens layers with a window see, counted in the order of {@link #documents}; -1: none. */
    public int tail() {
        return tail;
    }

    Context retain() {
        holders.incrementAndGet();
        return this;
    }

    void release() {
        if (holders.decrementAndGet() == 0 && pool != null) {
            prefix.forEach(pool::release);
            documents.forEach(KvSource::release);
            seams.forEach(seam -> seam.ifPresent(h -> h.block().release()));
        }
    }
}
