package dev.longhand.ledger;

import java.io.IOException;
import java.io.Writer;
import java.util.List;

/**
 * Rows of a CSV file after RFC 4180: commas, CRLF, quotes where a cell needs them. A text that a spreadsheet would take for a
 * formula gets an apostrophe in front, which spreadsheets hide; numbers are ours and stay as they are. Used by one thread.
 */
final class Csv {
    private static final String FORMULA = "=+-@";
    private static final String CONTROL = "\t\r\n";
    private static final String QUOTED = ",\"\r\n";

    private final Writer out;

    Csv(Writer out) {
        this.out = out;
    }

    /** Cells are as {@link #text} or our own numbers and times. */
    void row(List<String> cells) throws IOException {
        for (int i = 0; i < cells.size(); i++) {
            out.append(i == 0 ? "" : ",").append(quoted(cells.get(i)));
        }
        out.append("\r\n");
    }

    /** A text that somebody chose. */
    static String text(String text) {
        String seen = text.stripLeading();
        boolean isFormula = !text.isEmpty() && CONTROL.indexOf(text.charAt(0)) >= 0 || !seen.isEmpty()
                && FORMULA.indexOf(seen.charAt(0)) >= 0;
        return isFormula ? "'" + text : text;
    }

    private static String quoted(String cell) {
        boolean needs = cell.chars().anyMatch(c -> QUOTED.indexOf(c) >= 0) || !cell.equals(cell.strip());
        return needs ? '"' + cell.replace("\"", "\"\"") + '"' : cell;
    }
}
