package dev.longhand.engine;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.memory.KvBatch;
import dev.longhand.model.Model;

/**
 * One forward pass for the parts of a plan, and what comes of it.
 *
 * <p>A part that fails ends alone: results are computed part by part, and a pass that fails as a whole is done again for each
 * part by itself. Used by the engine thread.
 */
final class Step implements AutoCloseable {
    /** Told once for each part that had rows; {@code failure} is null if it went well. */
    interface Listener {
        void stepped(Request request, Throwable failure);
    }

    private final Model model;
    private final KvBatch batch;
    private final StepScratch scratch;
    private final int[] tokens; // (rows of the pass)
    private final Request[] parts; // (partsMax)
    private final int[] rows; // (partsMax)
    private final int[] position; // (partsMax) of the part's first row
    private final Throwable[] failures; // (partsMax)
    private final int[] wanted; // (rows of the pass) rows whose logits are wanted
    private final int[] wantedBy; // (rows of the pass) their parts
    private final boolean[] isReading; // (partsMax)
    private int size;
    private int decodeRows;
    private int promptRows;
    private int guessedRows;
    private int wrongRows;

    Step(Model model, KvBatch batch, StepScratch scratch) {
        this.model = model;
        this.batch = batch;
        this.scratch = scratch;
        this.tokens = new int[model.rowsMax()];
        this.wanted = new int[model.rowsMax()];
        this.wantedBy = new int[model.rowsMax()];
        this.parts = new Request[batch.partsMax()];
        this.rows = new int[batch.partsMax()];
        this.position = new int[batch.partsMax()];
        this.failures = new Throwable[batch.partsMax()];
        this.isReading = new boolean[batch.partsMax()];
    }

    int partsMax() {
        return parts.length;
    }

    /** Runs the parts of {@code plan} that have rows and room for them. What came of it is there until {@link #tell}. */
    void run(StepPlan<Request> plan) {
        take(plan);
        if (size > 0) {
            pass(0, size);
        }
        guessedRows = 0;
        wrongRows = 0;
        for (int i = 0; i < size; i++) {
            int guessed = parts[i].guessedRows();
            guessedRows += guessed;
            wrongRows += failures[i] == null ? parts[i].forgetWrong() : guessed;
        }
    }

    private void take(StepPlan<Request> plan) {
        size = 0;
        decodeRows = 0;
        promptRows = 0;
        for (int i = 0; i < plan.size(); i++) {
            if (plan.rows(i) > 0) {
                parts[size] = plan.part(i);
                rows[size] = plan.rows(i);
                position[size] = plan.part(i).kv().tokens();
                isReading[size] = !plan.part(i).isDecoding();
                decodeRows += isReading[size] ? 0 : rows[size];
                promptRows += isReading[size] ? rows[size] : 0;
                failures[size++] = null;
            }
        }
    }

    /** Tells what came of each part, and forgets it. */
    void tell(Listener listener) {
        for (int i = 0; i < size; i++) {
            listener.stepped(parts[i], failures[i]);
            parts[i] = null;
            failures[i] = null;
        }
        size = 0;
    }

    /** Parts of the step that ran. */
    int parts() {
        return size;
    }

    Request part(int i) {
        return parts[Check.index(i, size, "part")];
    }

    int rows(int i) {
        return rows[Check.index(i, size, "part")];
    }

    /** Whether part i was read; else it answered. */
    boolean isReading(int i) {
        return isReading[Check.index(i, size, "part")];
    }

    int rows() {
        return decodeRows + promptRows;
    }

    /** Rows of parts that answered, guesses included. */
    int decodeRows() {
        return decodeRows;
    }

    int promptRows() {
        return promptRows;
    }

    int guessedRows() {
        return guessedRows;
    }

    /** Guesses that were wrong or whose part failed. */
    int wrongRows() {
        return wrongRows;
    }

    private void pass(int first, int last) {
        try {
            forward(first, last);
        } catch (Problem | RuntimeException | Error e) {
            if (last - first == 1) {
                failures[first] = e;
                return;
            }
            for (int i = first; i < last; i++) {
                pass(i, i + 1);
            }
            return;
        }
        states(first, last);
        int count = wanted(first, last);
        for (int at = 0; at < count; at += StepScratch.LOGITS_ROWS) {
            logits(first, at, Math.min(StepScratch.LOGITS_ROWS, count - at));
        }
    }

    private void forward(int first, int last) throws Problem {
        batch.clear();
        int row = 0;
        for (int i = first; i < last; i++) {
            System.arraycopy(parts[i].ids, position[i], tokens, row, rows[i]);
            batch.add(parts[i].kv(), rows[i]);
            row += rows[i];
        }
        model.forward(tokens, 0, batch);
    }

    private void states(int first, int last) {
        int row = 0;
        for (int i = first; i < last; i++) {
            try {
                parts[i].onRows(position[i], rows[i], scratch, row);
            } catch (Problem | RuntimeException | Error e) {
                failures[i] = e;
            }
            row += rows[i];
        }
    }

    /** Lists the rows whose logits are wanted. */
    private int wanted(int first, int last) {
        int count = 0;
        int row = 0;
        for (int i = first; i < last; i++) {
            int from = parts[i].logitsFrom(position[i], rows[i]);
            for (int p = from; p < position[i] + rows[i]; p++) {
                wanted[count] = row + p - position[i];
                wantedBy[count++] = i;
            }
            row += rows[i];
        }
        return count;
    }

    private void logits(int first, int at, int count) {
        try {
            model.logits(wanted, at, count, scratch.logits());
        } catch (Problem | RuntimeException | Error e) {
            for (int r = 0; r < count; r++) {
                failures[wantedBy[at + r]] = e;
            }
            return;
        }
        for (int r = 0; r < count; r++) {
            int part = wantedBy[at + r];
            choose(part, wanted[at + r] - rowFrom(first, part), r);
        }
    }

    private int rowFrom(int first, int part) {
        int row = 0;
        for (int i = first; i < part; i++) {
            row += rows[i];
        }
        return row;
    }

    /** Gives row {@code r} of the logits to the part whose row {@code offset} it is. */
    private void choose(int part, int offset, int r) {
        if (failures[part] != null) {
            return;
        }
        try {
            parts[part].onLogits(position[part] + offset, scratch, r);
        } catch (Problem | RuntimeException | Error e) {
            failures[part] = e;
        }
    }

    @Override
    public void close() {
        batch.close();
        scratch.close();
    }
}
