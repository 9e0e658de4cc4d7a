package dev.longhand.ledger;

import java.util.ArrayList;
import java.util.List;

/** Reads CSV as RFC 4180 has it, to see that what was written is that. */
final class CsvReader {
    private CsvReader() {}

    static List<List<String>> rows(String text) {
        List<List<String>> rows = new ArrayList<>();
        List<String> row = new ArrayList<>();
        StringBuilder cell = new StringBuilder();
        boolean isQuoted = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (isQuoted && c == '"' && i + 1 < text.length() && text.charAt(i + 1) == '"') {
                cell.append('"');
                i++;
            } else if (c == '"') {
                isQuoted = !isQuoted;
            } else if (!isQuoted && (c == ',' || c == '\r')) {
                row.add(cell.toString());
                cell.setLength(0);
                if (c == '\r') {
                    if (text.charAt(++i) != '\n') {
                        throw new IllegalArgumentException("a row ends without a line feed");
                    }
                    rows.add(row);
                    row = new ArrayList<>();
                }
            } else {
                cell.append(c);
            }
        }
        if (isQuoted || !row.isEmpty() || !cell.isEmpty()) {
            throw new IllegalArgumentException("the last row does not end");
        }
        return rows;
    }
}
