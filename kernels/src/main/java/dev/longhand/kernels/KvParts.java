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
    private final int[] turnedFrom;
    private final int[] turnedRows;
    private int count;

    public KvParts(int partsMax) {
        Check.argument(partsMax > 0, "a list of %d parts", partsMax);
        this.rowFrom = new int[partsMax];
        this.rows = new int[partsMax];
        this.position = new int[partsMax];
        this.tables = new KvTable[partsMax];
        this.turned = new Floats[partsMax];
        this.turnedFrom = new int[partsMax];
        this.turnedRows = new int[partsMax];
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
     * Adds a part with a table of records, whose position counts list slots. The query of its row r for turn i (from 1) is row
     * {@code turnedFrom + (i - 1) * turnedRows + r} of {@code turned (turns * turnedRows, heads * headDim)}, which is null if no
     * block has a turn.
     */
    public void add(int rowFrom, int rows, int position, KvTable table, Floats turned, int turnedFrom, int turnedRows) {
        if (turned != null && (turnedFrom < 0 || turnedRows < turnedFrom + rows || turned.rows() % turnedRows != 0)) {
            throw new IllegalArgumentException("rows %d to %d of %d, in %d turned queries".formatted(turnedFrom, turnedFrom + rows,
                    turnedRows, turned.rows()));
        }
        add(rowFrom, rows, position, table);
        this.turned[count - 1] = turned;
        this.turnedFrom[count - 1] = turnedFrom;
        this.turnedRows[count - 1] = turnedRows;
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

    /** How many turned queries each row of the part has. */
    int turnedCount(int part) {
        Floats all = turned[Check.index(part, count, "part")];
        return all == null ? 0 : all.rows() / turnedRows[part];
    }

    /** Columns of the part's turned queries; 0 if there are none. */
    int turnedCols(int part) {
        return turned[part] == null ? 0 : turned[part].cols();
    }

    /** Address of the first turned query of row {@code row} of the part; 0 if there are none. */
    long turnedAddress(int part, int row) {
        return turned[part] == null ? 0 : turned[part].address(turnedFrom[part] + row);
    }

    /** Bytes from a row's query for one turn to that for the next. */
    long turnedStride(int part) {
        return turned[part] == null ? 0 : 4L * turnedRows[part] * turned[part].cols();
    }
}
