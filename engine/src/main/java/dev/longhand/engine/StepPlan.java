package dev.longhand.engine;

import dev.longhand.base.Check;
import java.util.Arrays;
import java.util.List;

/**
 * Who has rows in the next step and how many.
 *
 * <p>Every decoding request gets its rows, up to a number of requests; beyond it the tenants that were served least come first, and
 * within a tenant the one whose last turn is longest ago. What the {@link StepBudget} allows goes to requests that are still read,
 * each in turn as {@link FairQueue} orders them. Kept and reused from step to step. Used by the engine thread.
 *
 * @param <T> what is planned
 */
final class StepPlan<T extends Ticket> {
    private final int decodeMax;
    private final Object[] parts;
    private final int[] rows;
    private int size;
    private int decodeRows;
    private int promptRows;

    /**
     * @param decodeMax decoding requests in one step
     * @param partsMax  requests in one step
     */
    StepPlan(int decodeMax, int partsMax) {
        this.decodeMax = decodeMax;
        this.parts = new Object[partsMax];
        this.rows = new int[partsMax];
    }

    /** Plans step {@code step} for {@code active}; what is planned is charged to its tenants. */
    void make(List<T> active, FairQueue queue, StepBudget budget, long step, long nowNanos) {
        clear();
        while (size < decodeMax) {
            T next = nextDecoding(active, step);
            if (next == null) {
                break;
            }
            decodeRows += next.rowsWanted();
            add(next, next.rowsWanted(), queue, step);
        }
        int left = budget(active, queue, budget, nowNanos);
        while (left > 0 && size < parts.length) {
            T next = nextReading(active, queue, step, nowNanos);
            if (next == null) {
                break;
            }
            int count = Math.min(left, next.rowsWanted());
            promptRows += count;
            left -= count;
            add(next, count, queue, step);
        }
    }

    /** Forgets the plan. */
    void clear() {
        Arrays.fill(parts, 0, size, null);
        size = 0;
        decodeRows = 0;
        promptRows = 0;
    }

    private void add(T ticket, int count, FairQueue queue, long step) {
        parts[size] = ticket;
        rows[size++] = count;
        ticket.stepLast = step;
        queue.charge(ticket, count);
    }

    private T nextDecoding(List<T> active, long step) {
        T next = null;
        for (int i = 0; i < active.size(); i++) {
            T each = active.get(i);
            if (each.isDecoding() && each.stepLast != step && each.rowsWanted() > 0 && (next == null || isServedLess(each, next))) {
                next = each;
            }
        }
        return next;
    }

    private static boolean isServedLess(Ticket a, Ticket b) {
        if (a.tenant.virtualTime != b.tenant.virtualTime) {
            return a.tenant.virtualTime < b.tenant.virtualTime;
        }
        return a.stepLast != b.stepLast ? a.stepLast < b.stepLast : a.order < b.order;
    }

    private T nextReading(List<T> active, FairQueue queue, long step, long nowNanos) {
        T next = null;
        for (int i = 0; i < active.size(); i++) {
            T each = active.get(i);
            if (!each.isDecoding() && each.stepLast != step && each.rowsWanted() > 0
                    && (next == null || queue.comesBefore(each, next, nowNanos))) {
                next = each;
            }
        }
        return next;
    }

    /** Batch answers hold up no reading; interactive ones do, less where more requests are read than answered. */
    private int budget(List<T> active, FairQueue queue, StepBudget budget, long nowNanos) {
        int reading = 0;
        for (int i = 0; i < active.size(); i++) {
            T each = active.get(i);
            reading += !each.isDecoding() && each.rowsWanted() > 0 ? 1 : 0;
        }
        if (reading == 0) {
            return 0;
        }
        boolean urgentWaits = false;
        for (int i = 0; i < size; i++) {
            urgentWaits |= queue.isUrgent((Ticket) parts[i], nowNanos);
        }
        return urgentWaits ? budget.promptRows(decodeRows, Math.max(1, reading / (double) size)) : budget.promptRows(0, 1);
    }

    int size() {
        return size;
    }

    @SuppressWarnings("unchecked")
    T part(int i) {
        return (T) parts[Check.index(i, size, "part")];
    }

    /** Rows of part i; 0 once it was dropped. */
    int rows(int i) {
        return rows[Check.index(i, size, "part")];
    }

    /** Part i has no rows after all, and pays for none. */
    void drop(int i) {
        part(i).tenant.virtualTime -= rows[i];
        if (part(i).isDecoding()) {
            decodeRows -= rows[i];
        } else {
            promptRows -= rows[i];
        }
        rows[i] = 0;
    }

    int decodeRows() {
        return decodeRows;
    }

    int promptRows() {
        return promptRows;
    }
}
