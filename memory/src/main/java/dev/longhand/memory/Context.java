package dev.longhand.memory;

import dev.longhand.base.Check;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvSummaries;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What stands before a sequence's own tokens: the shared prefix and attached documents. Immutable, shared by forks; it counts its
 * holders and holds its blocks and documents until the last is gone.
 *
 * <p>A document's keys were stored at positions behind the prefix, so a query that is to meet them at another distance is turned:
 * by a shift in positions, the same for all of a document. The live text and the prefix need none: token t of the live text stands
 * at {@code tokens() + t}.
 */
public final class Context {
    /** Nothing. */
    public static final Context NONE = new Context(List.of(), List.of(), new int[0], 0, -1);
    /** Documents that one sequence attends to. */
    public static final int DOCUMENTS_MAX = 4096;
    /** Distinct shifts: a block's turn is one byte. */
    static final int TURNS_MAX = 255;

    private final List<Block> prefix; // full stored blocks
    private final List<KvSource> documents;
    private final int[] shifts; // (documents) of a query's position
    private final int[] turns; // (documents) index of the shift among the distinct ones that are not 0, from 1; 0 for none
    private final int[] distinct; // shifts
    private final int[] blockEnds; // (documents) first block after it, counted over all documents
    private final int tokens;
    private final int tail;
    private final AtomicInteger holders = new AtomicInteger();
    private KvPool pool;

    private Context(List<Block> prefix, List<KvSource> documents, int[] shifts, int tokens, int tail) {
        this.prefix = prefix;
        this.documents = documents;
        this.shifts = shifts;
        this.tokens = tokens;
        this.tail = tail;
        this.blockEnds = new int[shifts.length];
        int blocks = 0;
        for (int i = 0; i < shifts.length; i++) {
            blocks += documents.get(i).blocks();
            blockEnds[i] = blocks;
        }
        this.distinct = Arrays.stream(shifts).filter(s -> s != 0).distinct().sorted().toArray();
        this.turns = new int[shifts.length];
        for (int i = 0; i < shifts.length; i++) {
            turns[i] = shifts[i] == 0 ? 0 : Arrays.binarySearch(distinct, shifts[i]) + 1;
        }
    }

    /**
     * A context with no holder yet.
     *
     * @param prefix    a view that holds the prefix, a multiple of 64 tokens; may be closed afterwards
     * @param documents best-routed first
     */
    public static Context of(DenseKv prefix, List<KvSource> documents, Positions positions) {
        return of(prefix, documents, positions, true);
    }

    /** Documents side by side that are only looked at to see which matter: layers with a window see none of them. */
    public static Context ofCandidates(DenseKv prefix, List<KvSource> documents) {
        return of(prefix, documents, Positions.PARALLEL, false);
    }

    private static Context of(DenseKv prefix, List<KvSource> documents, Positions positions, boolean hasTail) {
        Check.argument(prefix.tokens() % KvShape.BLOCK_TOKENS == 0, "a prefix of %d tokens; it must be whole blocks",
                prefix.tokens());
        Check.argument(documents.size() <= DOCUMENTS_MAX, "%d documents; at most %d", documents.size(), DOCUMENTS_MAX);
        List<KvSource> ordered = new ArrayList<>(documents);
        if (positions == Positions.TRUE) {
            Collections.reverse(ordered);
        } else {
            ordered.sort(Comparator.comparing(KvSource::id));
        }
        int[] shifts = positions == Positions.TRUE ? inARow(ordered) : sideBySide(ordered);
        int sum = documents.stream().mapToInt(KvSource::tokens).reduce(0, Math::addExact);
        int longest = documents.stream().mapToInt(KvSource::tokens).max().orElse(0);
        int tokens = prefix.tokens() + (positions == Positions.TRUE ? sum : longest);
        int tail = documents.isEmpty() || !hasTail ? -1 : ordered.indexOf(documents.getFirst());
        List<Block> blocks = new ArrayList<>();
        for (int i = 0; i < prefix.tokens() / KvShape.BLOCK_TOKENS; i++) {
            blocks.add(prefix.stored(i));
        }
        Context context = new Context(blocks, ordered, shifts, tokens, tail);
        context.pool = prefix.pool();
        blocks.forEach(context.pool::retain);
        ordered.forEach(KvSource::retain);
        return context;
    }

    private static int[] inARow(List<KvSource> documents) {
        Check.argument(documents.size() <= TURNS_MAX + 1, "%d documents in a row; at most %d", documents.size(), TURNS_MAX + 1);
        int[] shifts = new int[documents.size()];
        for (int i = 1; i < shifts.length; i++) {
            shifts[i] = Math.subtractExact(shifts[i - 1], documents.get(i - 1).tokens());
        }
        return shifts;
    }

    /**
     * Each document ends where the text begins; where that would need too many shifts, up to some blocks earlier, so that shifts
     * are multiples of as few blocks as will do.
     */
    private static int[] sideBySide(List<KvSource> documents) {
        int longest = documents.stream().mapToInt(KvSource::tokens).max().orElse(0);
        int[] shorterBy = documents.stream().mapToInt(each -> longest - each.tokens()).toArray();
        for (int step = 1; ; step = step == 1 ? KvShape.BLOCK_TOKENS : 2 * step) {
            int unit = step;
            int[] shifts = Arrays.stream(shorterBy).map(tokens -> -(tokens / unit * unit)).toArray();
            if (Arrays.stream(shifts).filter(shift -> shift != 0).distinct().count() <= TURNS_MAX) {
                return shifts;
            }
        }
    }

    /** Positions before the live text. */
    public int tokens() {
        return tokens;
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
    int documentOf(int i) {
        int at = Arrays.binarySearch(blockEnds, i + 1);
        return at >= 0 ? at : -at - 1;
    }

    /** First block of a document, counted over all documents. */
    int blockFrom(int document) {
        return document == 0 ? 0 : blockEnds[document - 1];
    }

    /** Which of {@link #turnShifts} meets a document, from 1; 0: the query as it is. */
    int turn(int document) {
        return turns[document];
    }

    /** By how many positions queries are turned that meet a document. */
    int shift(int document) {
        return shifts[document];
    }

    /** Distinct shifts, in positions, that queries are turned by. */
    int[] turnShifts() {
        return distinct;
    }

    /** The document whose last tokens layers with a window see; -1 if there is none. */
    int tail() {
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
        }
    }
}
