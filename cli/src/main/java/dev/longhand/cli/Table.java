package dev.longhand.cli;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Columns for people: each as wide as its widest cell, two spaces between, the last one free. Not thread-safe. */
final class Table {
    private final List<String[]> rows = new ArrayList<>();

    private final Set<Integer> right = new HashSet<>();

    Table(String... headings) {
        rows.add(headings);
    }

    /** Columns of numbers, which end where their heading ends. */
    Table right(Integer... columns) {
        right.addAll(List.of(columns));
        return this;
    }

    void row(String... cells) {
        String[] safe = new String[cells.length];
        for (int i = 0; i < cells.length; i++) {
            safe[i] = Style.safe(cells[i]);
        }
        rows.add(safe);
    }

    void print(World world) {
        List<String> lines = lines();
        world.out().println(world.style().bold(lines.getFirst()));
        lines.stream().skip(1).forEach(world.out()::println);
    }

    /** As plain lines, the headings first. */
    List<String> lines() {
        int columns = rows.getFirst().length;
        int[] widths = new int[columns];
        for (String[] row : rows) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], row[i].length());
            }
        }
        List<String> lines = new ArrayList<>();
        for (String[] row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < columns; i++) {
                String space = " ".repeat(widths[i] - row[i].length());
                line.append(right.contains(i) ? space : "").append(row[i]);
                if (i < columns - 1) {
                    line.append(right.contains(i) ? "" : space).append("  ");
                }
            }
            lines.add(line.toString().stripTrailing());
        }
        return lines;
    }
}
