package dev.longhand.kernels;

import dev.longhand.base.Check;
import java.lang.foreign.Arena;

/**
 * Which experts the rows of one pass use and with which weights: made by {@link Kernels#route}, off-heap, used again for each
 * layer and pass.
 *
 * <p>A <em>slot</em> is one use of an expert by a row: slot {@code row * used + j} is the row's j-th choice, the greatest weight
 * first. Slots are grouped by expert: a slot's <em>place</em> is where it stands when slots are ordered by expert, then by row.
 * Matrices of {@code slots()} rows, between {@link Kernels#matmulExperts} and {@link Kernels#combine}, have their rows at places,
 * so that the rows of an expert lie together. What order that is changes no bit of a row.
 *
 * <p>Invariants: places are a permutation of {@code [0, slots())}; a row's experts are distinct. One thread at a time.
 */
public final class ExpertPlan {
    private final Router router;
    private final int rowsMax;
    private final long experts; // int (slot): chosen expert
    private final long weights; // f32 (slot)
    private final long places; // int (slot)
    private final long tokens; // int (place): row of the slot that stands there
    private final long starts; // int (experts + 1): first place of an expert
    private int rows;

    /** Room for {@code rowsMax} rows, as long as the arena lives. */
    public ExpertPlan(Arena arena, int rowsMax, Router router) {
        Check.argument(rowsMax >= 1 && rowsMax <= Integer.MAX_VALUE / (4 * router.used()), "a plan of %d rows", rowsMax);
        this.router = router;
        this.rowsMax = rowsMax;
        long bytes = Math.ceilDiv(4L * rowsMax * router.used(), 64L) * 64;
        this.experts = arena.allocate(4 * bytes + 4L * (router.experts() + 1), 64).address();
        this.weights = experts + bytes;
        this.places = weights + bytes;
        this.tokens = places + bytes;
        this.starts = tokens + bytes;
    }

    public Router router() {
        return router;
    }

    public int rowsMax() {
        return rowsMax;
    }

    /** Rows of the current plan; 0 before the first one. */
    public int rows() {
        return rows;
    }

    /** Slots of the current plan: {@code rows * used}. */
    public int slots() {
        return rows * router.used();
    }

    /** The j-th expert of a row. */
    public int expert(int row, int j) {
        return OffHeap.i32(experts + 4L * slot(row, j));
    }

    /** What the j-th expert's result is multiplied with. */
    public float weight(int row, int j) {
        return OffHeap.f32(weights + 4L * slot(row, j));
    }

    /** Row of a slot in matrices of {@link #slots} rows. */
    public int place(int row, int j) {
        return OffHeap.i32(places + 4L * slot(row, j));
    }

    /** Slots that use {@code expert}; 0: nobody needs its weights in this pass. */
    public int slotsOf(int expert) {
        Check.index(expert, router.experts(), "expert");
        return start(expert + 1) - start(expert);
    }

    private int slot(int row, int j) {
        return Check.index(row, rows, "row") * router.used() + Check.index(j, router.used(), "choice");
    }

    /** First place of an expert; of {@code experts}: all slots. */
    int start(int expert) {
        return OffHeap.i32(starts + 4L * expert);
    }

    /** Row of the pass whose slot stands at {@code place}. */
    int token(int place) {
        return OffHeap.i32(tokens + 4L * place);
    }

    /** Address of the weights of a row's slots; f32 {@code (used)}. */
    long weightsAddress(int row) {
        return weights + 4L * row * router.used();
    }

    /** Address of the places of a row's slots; int {@code (used)}. */
    long placesAddress(int row) {
        return places + 4L * row * router.used();
    }

    // ---------------------------------------------------------------- making a plan

    /** Chooses experts and weights of one row from its logits; rows may be done by many threads at once. */
    void choose(long logits, int row) {
        long chosen = experts + 4L * row * router.used();
        boolean isNumber = select(logits, chosen);
        long to = weightsAddress(row);
        float max = OffHeap.f32(logits + 4L * OffHeap.i32(chosen));
        double sum = 0;
        for (int e = 0; router.softmaxBeforeTopK() && e < router.experts(); e++) {
            sum += Math.exp(OffHeap.f32(logits + 4L * e) - max);
        }
        double sumChosen = 0;
        for (int j = 0; j < router.used(); j++) {
            sumChosen += Math.exp(OffHeap.f32(logits + 4L * OffHeap.i32(chosen + 4L * j)) - max);
        }
        boolean overAll = router.softmaxBeforeTopK() && !router.renormalise();
        double factor = isNumber ? router.scale() / (overAll ? sum : sumChosen) : Double.NaN;
        for (int j = 0; j < router.used(); j++) {
            double e = Math.exp(OffHeap.f32(logits + 4L * OffHeap.i32(chosen + 4L * j)) - max);
            OffHeap.f32(to + 4L * j, (float) (e * factor));
        }
    }

    /** The greatest logits' indices in descending order, NaN last; whether no logit is NaN. */
    private boolean select(long logits, long chosen) {
        boolean isNumber = true;
        for (int e = 0; e < router.experts(); e++) {
            float v = OffHeap.f32(logits + 4L * e);
            isNumber &= !Float.isNaN(v);
            int at = Math.min(e, router.used());
            while (at > 0 && isGreater(v, OffHeap.f32(logits + 4L * OffHeap.i32(chosen + 4L * (at - 1))))) {
                if (at < router.used()) {
                    OffHeap.i32(chosen + 4L * at, OffHeap.i32(chosen + 4L * (at - 1)));
                }
                at--;
            }
            if (at < router.used()) {
                OffHeap.i32(chosen + 4L * at, e);
            }
        }
        return isNumber;
    }

    private static boolean isGreater(float a, float b) {
        return a > b || Float.isNaN(b) && !Float.isNaN(a);
    }

    /** Gives the slots of rows {@code [0, rows)}, all chosen, their places. */
    void group(int rows) {
        this.rows = rows;
        for (int e = 0; e <= router.experts(); e++) {
            OffHeap.i32(starts + 4L * e, 0);
        }
        int slots = slots();
        for (int s = 0; s < slots; s++) {
            long count = starts + 4L * OffHeap.i32(experts + 4L * s);
            OffHeap.i32(count, OffHeap.i32(count) + 1);
        }
        int end = 0;
        for (int e = 0; e <= router.experts(); e++) {
            end += OffHeap.i32(starts + 4L * e);
            OffHeap.i32(starts + 4L * e, end);
        }
        for (int s = slots - 1; s >= 0; s--) { // from the back, so that ends become starts
            long start = starts + 4L * OffHeap.i32(experts + 4L * s);
            int place = OffHeap.i32(start) - 1;
            OffHeap.i32(start, place);
            OffHeap.i32(places + 4L * s, place);
            OffHeap.i32(tokens + 4L * place, s / router.used());
        }
    }
}
