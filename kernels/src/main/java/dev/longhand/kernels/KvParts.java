package dev.longhand.kernels;

import dev.longhand.base.Check;

/**
 * The parts of one forward pass: which rows belong to which sequence, and at which positions.
 *
 * <p>Part i is rows {@code [rowFrom, rowFrom + rows)} of q, k and v; its first row stands at {@code position} of the sequence whose
 * blocks its table lists. Parts share no row and no sequence; rows that belong to no part are left alone. Kept and filled anew
 * for each pass: nothing is allocated. Not thread-safe.
 */
public final class KvParts {
    private final int[] rowFrom;
    private final int[] rows;
    private final int[] position;
    private final KvTable[] tables;
    private final Floats[] turned; // null where no block has a turn
    private int count;

    public KvParts(int partsMax) {
        Check.argument(partsMax > 0, "a list of %d parts", partsMax);
        this.rowFrom = new int[partsMax];
        this.rows = new int[partsMax];
        this.position = new int[partsMax];
        this.tables = new KvTable[partsMax];
        this.turned = new Floats[partsMax];
    }

    public int partsMax() {
        return tables.length;
    }

    /** Parts in the list. */
    public int count() {
        return count;
    }

    public void clear() {
        count = 0;
    }

    /** Adds a part; the table must list a block for each of its positions when a kernel reads the list. */
    public void add(int rowFrom, int rows, int position, KvTable table) {
        if (count == tables.length || rowFrom < 0 || rows < 1 || position < 0 || table == null
                || rows > Integer.MAX_VALUE - Math.max(rowFrom, position)) {
            throw new IllegalArgumentException("part %d of at most %d: %d rows from row %d at position %d, table %s".formatted(
                    count, tables.length, rows, rowFrom, position, table));
        }
        this.rowFrom[count] = rowFrom;
        this.rows[count] = rows;
        this.position[count] = position;
        turned[count] = null;
        tables[count++] = table;
    }

    /**
     * Adds a part with a table of records, whose position counts list slots. {@code turnedQueries (turns * rows, heads * headDim)}:
     * the part's rows of q turned by the first turn, then by the second, and so on; null if no block has a turn.
     */
    public void add(int rowFrom, int rows, int position, KvTable table, Floats turnedQueries) {
        if (turnedQueries != null && turnedQueries.rows() % rows != 0) {
            throw new IllegalArgumentException(turnedQueries.rows() + " turned queries for " + rows + " rows");
        }
        add(rowFrom, rows, position, table);
        turned[count - 1] = turnedQueries;
    }

    public int rowFrom(int part) {
        return rowFrom[Check.index(part, count, "part")];
    }

    public int rows(int part) {
        return rows[Check.index(part, count, "part")];
    }

    public int position(int part) {
        return position[Check.index(part, count, "part")];
    }

    public KvTable table(int part) {
        return tables[Check.index(part, count, "part")];
    }

    /** Position after the part's last row. */
    int positionTo(int part) {
        return position(part) + rows(part);
    }

    /** Queries of the part, turned; null if there are none. */
    Floats turned(int part) {
        return turned[Check.index(part, count, "part")];
    }
}
