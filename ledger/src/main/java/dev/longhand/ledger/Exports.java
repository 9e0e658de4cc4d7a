package dev.longhand.ledger;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.store.Store;
import dev.longhand.store.Tx;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * The lines as files for other programs, read page by page: memory does not grow with the books. Lines that are booked while it
 * writes are not in it. Exports are never sources: nothing reads them back. Holds nothing; thread-safe.
 */
public final class Exports {
    /** What an export looks like. */
    public enum Format {
        /** Rows of FOCUS 1.2, see {@link FocusRow}. */
        FOCUS,
        /** A row per line, all columns. */
        CSV,
        /** A JSON object per line of the books, one per line of text. */
        JSON
    }

    private final Store store;
    private final Limits limits;

    Exports(Store store, Limits limits) {
        this.store = store;
        this.limits = limits;
    }

    /** Publishes a file, whole or not at all, in place of the one that was there; how many rows it has. */
    public long write(Path file, Format format, Disk disk) throws Problem {
        long[] rows = {0};
        Problem[] problem = {null};
        try {
            disk.publish(file, out -> {
                try {
                    rows[0] = write(out, format);
                } catch (Problem e) {
                    problem[0] = e;
                    throw new IOException(e.getMessage(), e);
                }
            });
        } catch (Problem e) {
            throw problem[0] == null ? e : problem[0];
        }
        return rows[0];
    }

    /** Writes UTF-8 and leaves the stream open; how many rows, headings not counted. */
    public long write(OutputStream out, Format format) throws Problem, IOException {
        Writer text = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8), 1 << 16);
        long rows = switch (format) {
            case FOCUS -> focus(new Csv(text));
            case CSV -> csv(new Csv(text));
            case JSON -> json(text);
        };
        text.flush();
        return rows;
    }

    private long csv(Csv csv) throws Problem, IOException {
        csv.row(List.copyOf(fields(EXAMPLE).keySet()));
        long rows = 0;
        long last = last();
        for (List<Transfer> page = page(0, last); !page.isEmpty(); page = page(page.getLast().seq(), last)) {
            for (Transfer each : page) {
                csv.row(fields(each).values().stream().map(v -> v instanceof String s ? Csv.text(s) : String.valueOf(v)).toList());
            }
            rows += page.size();
        }
        return rows;
    }

    private long json(Writer out) throws Problem, IOException {
        JsonMapper mapper = JsonMapper.builder().build();
        long rows = 0;
        long last = last();
        for (List<Transfer> page = page(0, last); !page.isEmpty(); page = page(page.getLast().seq(), last)) {
            for (Transfer each : page) {
                out.append(mapper.writeValueAsString(fields(each))).append('\n');
            }
            rows += page.size();
        }
        return rows;
    }

    private long focus(Csv csv) throws Problem, IOException {
        csv.row(FocusRow.headings());
        long rows = 0;
        long last = last();
        long after = 0;
        for (List<FocusRow> page; !(page = focusPage(after, last)).isEmpty(); after = page.getLast().line().seq()) {
            for (FocusRow each : page) {
                csv.row(each.cells());
            }
            rows += page.size();
        }
        return rows;
    }

    private long last() throws Problem {
        return store.read(tx -> Rows.head(tx).seq());
    }

    private List<Transfer> page(long after, long last) throws Problem {
        return store.read(tx -> Rows.transfersAfter(tx, after, (int) Math.min(limits.pageRows(), Math.max(0, last - after))));
    }

    /** What was spent and corrections of it, in money; see {@link Reports}. */
    private List<FocusRow> focusPage(long after, long last) throws Problem {
        String sql = "SELECT " + Rows.columns("t") + ", CASE WHEN b.at_micros IS NULL THEN t.at_micros ELSE b.at_micros END, "
                + "payee.kind "
                + "FROM transfer t LEFT JOIN transfer b ON b.id = t.refers "
                + "JOIN account payee ON payee.id = CASE WHEN t.kind = 'CORRECT' THEN t.debit ELSE t.credit END "
                + "WHERE t.seq > ? AND t.seq <= ? AND t.kind IN ('BOOK', 'POST', 'CORRECT') AND payee.kind IN ('MACHINE', "
                + "'PROVIDER') "
                + "AND t.unit IN ('EUR', 'USD') AND NOT " + Spent.OWN.formatted("t.id") + " ORDER BY t.seq LIMIT ?";
        return store.read(tx -> {
            List<FocusRow> rows = new ArrayList<>();
            for (FocusRow each : tx.rows(sql, r -> new FocusRow(Rows.transfer(r), Rows.transfer(r), r.getLong(28),
                    r.getString(29).equals(Account.Kind.PROVIDER.name())), after, last, limits.pageRows())) {
                rows.add(each.line().kind() == Transfer.Kind.CORRECT ? corrected(tx, each) : each);
            }
            return rows;
        });
    }

    /** A correction is about the line that it corrects. */
    private static FocusRow corrected(Tx tx, FocusRow row) throws SQLException {
        Transfer line = Rows.transfer(tx, row.line().refers()).orElseThrow();
        return new FocusRow(row.line(), line, Ledger.origin(tx, line), row.isProvider());
    }

    /** Rows of a report, with a line of headings. */
    public static String csv(List<Reports.TimeGroup> rows) {
        StringWriter text = new StringWriter();
        Csv csv = new Csv(text);
        try {
            csv.row(List.of("time", "key", "unit", "amount", "calls", "tokensIn", "tokensCached", "tokensLookedUp",
                    "tokensThinking", "tokensOut", "cpuMicros", "diskBytes", "kvByteSeconds", "millijoules", "isEnergyEstimated"));
            for (Reports.TimeGroup each : rows) {
                Group g = each.group();
                Meters m = g.meters();
                List<Object> figures = List.of(g.calls(), m.tokensIn(), m.tokensCached(), m.tokensLookedUp(), m.tokensThinking(),
                        m.tokensOut(), m.cpuMicros(), m.diskBytes(), m.kvByteSeconds(), m.millijoules(), m.isEstimated());
                List<String> cells = new ArrayList<>(List.of(each.time(), Csv.text(g.key()), g.unit().name(),
                        g.unit().exact(g.amount())));
                figures.forEach(f -> cells.add(f.toString()));
                csv.row(cells);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a text in memory takes all
        }
        return text.toString();
    }

    private static final Transfer EXAMPLE = new Transfer(1, Transfer.Kind.BOOK, new Booking("x", "", "", 0, Unit.EUR,
            Cause.of("x")), "", Meters.NONE, 0, 0);

    /** Writes the lines of an archive as lines of JSON, once the whole file is known to be sound; how many. */
    public static long writeArchive(Path file, OutputStream out) throws Problem {
        ArchiveFile.read(file, line -> { });
        JsonMapper mapper = JsonMapper.builder().build();
        Writer text = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8), 1 << 16);
        IOException[] failed = {null};
        ArchiveFile.Contents contents = ArchiveFile.read(file, line -> {
            try {
                text.append(mapper.writeValueAsString(fields(line))).append('\n');
            } catch (IOException e) {
                failed[0] = failed[0] == null ? e : failed[0];
            }
        });
        try {
            text.flush();
        } catch (IOException e) {
            failed[0] = e;
        }
        if (failed[0] != null) {
            throw new Problem(Problem.Kind.DISK, "the lines of " + file + " cannot be written: " + failed[0].getMessage(),
                    failed[0]);
        }
        return contents.lines();
    }

    /** All of a line: texts, numbers, and truths, by name. Times are ISO 8601 in UTC with six digits of the second. */
    static Map<String, Object> fields(Transfer line) {
        Map<String, Object> fields = new LinkedHashMap<>();
        Booking b = line.booking();
        Cause c = b.cause();
        Meters m = line.meters();
        fields.put("seq", line.seq());
        fields.put("id", b.id());
        fields.put("kind", line.kind().name());
        fields.put("debit", b.debit());
        fields.put("credit", b.credit());
        fields.put("unit", b.unit().name());
        fields.put("amount", b.amount());
        fields.put("refers", line.refers());
        fields.put("purpose", c.purpose());
        fields.put("person", c.person());
        fields.put("desk", c.desk());
        fields.put("model", c.model());
        fields.put("job", c.job());
        fields.put("step", c.step());
        fields.put("attempt", c.attempt());
        fields.put("tokensIn", m.tokensIn());
        fields.put("tokensCached", m.tokensCached());
        fields.put("tokensLookedUp", m.tokensLookedUp());
        fields.put("tokensThinking", m.tokensThinking());
        fields.put("tokensOut", m.tokensOut());
        fields.put("cpuMicros", m.cpuMicros());
        fields.put("diskBytes", m.diskBytes());
        fields.put("kvByteSeconds", m.kvByteSeconds());
        fields.put("millijoules", m.millijoules());
        fields.put("isEnergyEstimated", m.isEstimated());
        fields.put("at", Times.exact(line.atMicros()));
        fields.put("expiresAt", line.expiresAtMicros() == 0 ? "" : Times.exact(line.expiresAtMicros()));
        return fields;
    }
}
