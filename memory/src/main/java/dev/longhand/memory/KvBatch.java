package dev.longhand.memory;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.kernels.Activations;
import dev.longhand.kernels.Attention;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KvParts;
import dev.longhand.kernels.KvShape;
import java.util.ArrayList;
import java.util.List;

/**
 * The sequences that take part in one forward pass, each with the rows it brings: a part.
 *
 * <p>Rows of the parts stand one after another in the order they were added. A pass is {@link #clear}, {@link #add} for each
 * sequence, {@link #reserve}, per layer {@link #append} and {@link #attend}, then {@link #advance}. Views that attend to all their
 * blocks go to the kernels together; a view that selects blocks attends for its own rows. Kept and reused from pass to pass. Used
 * by one thread at a time.
 */
public final class KvBatch implements AutoCloseable {
    private final Kernels kernels;
    private final KvShape shape;
    private final int partsMax;
    private final List<KvView> views = new ArrayList<>();
    private final KvParts pooled; // of the views whose tokens lie in blocks of the pool
    private final KvParts dense; // of these, the views that attend to all their blocks and nothing else
    private final boolean[] isPooled; // (partsMax)
    private final boolean[] isDense; // (partsMax)
    private final int[] rowFrom; // (partsMax + 1); [part] .. [part + 1] are the part's rows

    public KvBatch(Kernels kernels, KvShape shape, int partsMax) {
        Check.argument(partsMax > 0, "a batch of %d parts", partsMax);
        this.kernels = kernels;
        this.shape = shape;
        this.partsMax = partsMax;
        this.pooled = new KvParts(partsMax);
        this.dense = new KvParts(partsMax);
        this.isPooled = new boolean[partsMax];
        this.isDense = new boolean[partsMax];
        this.rowFrom = new int[partsMax + 1];
    }

    public int partsMax() {
        return partsMax;
    }

    public int parts() {
        return views.size();
    }

    /** Rows of all parts. */
    public int rows() {
        return rowFrom[parts()];
    }

    /** Rows of {@code part}. */
    public int rows(int part) {
        return rowFrom[Check.index(part, parts(), "part") + 1] - rowFrom[part];
    }

    /** First row of {@code part}. */
    public int rowFrom(int part) {
        return rowFrom[Check.index(part, parts(), "part")];
    }

    /** Position in its sequence of the first row of {@code part}. */
    public int position(int part) {
        return view(part).position();
    }

    public KvView view(int part) {
        return views.get(Check.index(part, parts(), "part"));
    }

    /** Forgets all parts. */
    public void clear() {
        views.clear();
        pooled.clear();
        dense.clear();
    }

    /** The next {@code rows} rows are tokens that follow those of {@code view}. A view takes part once at most. */
    public void add(KvView view, int rows) {
        Check.argument(parts() < partsMax, "a batch takes %d parts", partsMax);
        Check.argument(rows > 0, "a part of %d rows", rows);
        for (int i = 0; i < parts(); i++) {
            Check.argument(views.get(i) != view, "a sequence takes part twice");
        }
        int from = rows();
        isPooled[parts()] = view instanceof DenseKv;
        isDense[parts()] = view instanceof DenseKv kv && !kv.isSelecting(rows);
        if (view instanceof DenseKv kv) {
            pooled.add(from, rows, view.tokens(), kv.table());
            if (isDense[parts()]) {
                dense.add(from, rows, view.tokens(), kv.table());
            }
        }
        views.add(view);
        rowFrom[parts()] = from + rows;
    }

    /**
     * Makes room for every part. {@link Problem.Kind#LIMIT} if one of them finds none; to learn which, reserve each view before it
     * is added: room that is there already is not taken twice.
     */
    public void reserve() throws Problem {
        for (int i = 0; i < parts(); i++) {
            view(i).reserve(rows(i));
        }
    }

    /** Writes k and v {@code (rows, kvHeads * headDim)} of one layer. */
    public void append(int layer, Floats k, Floats v) {
        if (pooled.count() > 0) {
            kernels.storeKv(k, v, pooled, shape, layer);
        }
        for (int i = 0; pooled.count() < parts() && i < parts(); i++) {
            if (isPooled[i]) {
                continue;
            }
            view(i).append(layer, k.rows(rowFrom(i), rows(i)), v.rows(rowFrom(i), rows(i)), rows(i));
        }
    }

    /** Attends from {@code q (rows, heads * headDim)}, each row in its own sequence, up to and including itself. */
    public void attend(Attention attention, Floats q, Activations out) {
        if (dense.count() > 0) {
            kernels.attention(q, dense, shape, attention, out);
        }
        for (int i = 0; dense.count() < parts() && i < parts(); i++) {
            if (isDense[i]) {
                continue;
            }
            view(i).attend(attention, q.rows(rowFrom(i), rows(i)), rows(i), out.rows(rowFrom(i), rows(i)));
        }
    }

    /** Ends the pass: each sequence holds its rows from now on. */
    public void advance() {
        for (int i = 0; i < parts(); i++) {
            view(i).advance(rows(i));
        }
    }

    @Override
    public void close() {
        clear();
    }
}
