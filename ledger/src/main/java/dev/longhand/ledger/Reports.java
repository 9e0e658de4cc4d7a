package dev.longhand.ledger;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.store.Store;
import dev.longhand.store.Tx;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where the money went: sums over the lines, made by the database. What was spent is every booked or posted line that pays the
 * machine or a provider, less the corrections of these lines; the books' own lines, which close the machine's days, are none of
 * it. A correction counts where the line counts that it corrects. Holds nothing; thread-safe.
 */
public final class Reports {
    /** Of one report; more are refused. */
    public static final int GROUPS_MAX = 50_000;
    private static final int ANSWER_DAYS_SHOWN = 62;

    private final Store store;

    Reports(Store store) {
        this.store = store;
    }

    /** What was spent on a day on one thing, for pictures. */
    public record DayGroup(long day, Group group) {}

    /**
     * What was spent in an hour, day or month on one thing.
     *
     * @param time {@code 2026-11-27T09}, {@code 2026-11-27} or {@code 2026-11}; empty for the whole time
     */
    public record TimeGroup(String time, Group group) {}

    /** A report with its rows: the groups, or what they are made of by time. */
    public record Rowed(Report report, List<TimeGroup> rows) {}

    /** The whole report, all of one moment. */
    public Report report(By by, Filter filter) throws Problem {
        return store.read(tx -> report(tx, by, filter));
    }

    private static Report report(Tx tx, By by, Filter filter) throws SQLException, Problem {
        List<Group> groups = groups(tx, by, filter);
        Map<Unit, Group> totals = new LinkedHashMap<>();
        groups.forEach(g -> totals.merge(g.unit(), g.withKey(""), Group::plus));
        return new Report(by, filter, groups, List.copyOf(totals.values()), Savings.of(tx, filter), answers(tx, by, filter),
                machine(tx, filter));
    }

    /**
     * The whole report, all of one moment, with rows by unit, then time, then key.
     *
     * @param per a span of time for rows of each span and thing; empty for a row per thing
     */
    public Rowed report(By by, Optional<By> per, Filter filter) throws Problem {
        Check.argument(per.isEmpty() || per.get().isTime() && !by.isTime(), "a report by %s per %s", by, per);
        return store.read(tx -> {
            Report report = report(tx, by, filter);
            return new Rowed(report, per.isEmpty() ? report.groups().stream().map(g -> new TimeGroup("", g)).toList()
                    : timed(tx, by, per.get(), filter));
        });
    }

    private static List<TimeGroup> timed(Tx tx, By by, By per, Filter filter) throws SQLException, Problem {
        Map<List<Object>, TimeGroup> rows = new LinkedHashMap<>();
        for (DayGroup each : rows(tx, span(per), by.column(), filter)) {
            String time = timeKey(per, each.day());
            rows.merge(List.of(each.group().unit(), time, each.group().key()), new TimeGroup(time, each.group()),
                    (a, b) -> new TimeGroup(time, a.group().plus(b.group())));
        }
        return rows.values().stream().sorted(Comparator.comparing((TimeGroup r) -> r.group().unit())
                .thenComparing(TimeGroup::time).thenComparing(r -> r.group().key())).toList();
    }

    /** In SQL: the number of the hour or, for months too, of the day. */
    private static String span(By time) {
        return time == By.HOUR ? Spent.HOUR : Spent.DAY;
    }

    /** What was spent per day and thing, in order of days. */
    public List<DayGroup> perDay(By by, Filter filter) throws Problem {
        return store.read(tx -> rows(tx, Spent.DAY, by.column(), filter));
    }

    private static List<Group> groups(Tx tx, By by, Filter filter) throws SQLException, Problem {
        List<DayGroup> rows = rows(tx, by.isTime() ? span(by) : "0", by.column(), filter);
        Map<List<Object>, Group> groups = new LinkedHashMap<>();
        for (DayGroup each : rows) {
            Group group = by.isTime() ? each.group().withKey(timeKey(by, each.day())) : each.group();
            groups.merge(List.of(group.unit(), group.key()), group, Group::plus);
        }
        return groups.values().stream().sorted(Comparator.comparing(Group::unit).thenComparing(Group::key)).toList();
    }

    private static String timeKey(By by, long number) {
        if (by == By.HOUR) {
            return Times.instant(number * Times.HOUR_MICROS).toString().substring(0, "2026-11-27T09".length());
        }
        String date = LocalDate.ofEpochDay(number).toString();
        return by == By.MONTH ? date.substring(0, 7) : date;
    }

    /** Amounts and meters by a span of time, by a column of the lines, or by both; neither is ever text of a user. */
    private static List<DayGroup> rows(Tx tx, String span, String column, Filter filter) throws SQLException, Problem {
        Spent spent = new Spent(filter);
        String keys = span + " AS d, " + (column.isEmpty() ? "''" : "t." + column)
                + " AS k, t.unit AS unit, ";
        String meters = "t.tokens_in AS tin, t.tokens_cached AS tca, t.tokens_looked_up AS tlo, t.tokens_thinking AS tth, "
                + "t.tokens_out AS tou, t.cpu_micros AS cpu, t.disk_bytes AS dis, t.kv_byte_seconds / " + KV_PART + " AS kvh, "
                + "t.kv_byte_seconds % " + KV_PART + " AS kvl, t.millijoules AS mil, t.is_estimated AS est ";
        String sql = "SELECT d, k, unit, sum(amount), sum(calls), sum(tin), sum(tca), sum(tlo), sum(tth), sum(tou), sum(cpu), "
                + "sum(dis), sum(kvh), sum(kvl), sum(mil), max(est) FROM ("
                + "SELECT " + keys + "t.amount AS amount, CASE WHEN t.purpose = '" + Charge.OVERRUN
                + "' THEN 0 ELSE 1 END AS calls, "
                + meters + spent.lines()
                + " UNION ALL SELECT " + keys + "-c.amount, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 " + spent.corrections()
                + ") lines GROUP BY d, k, unit ORDER BY d, k, unit LIMIT " + (GROUPS_MAX + 1);
        List<DayGroup> rows = tx.rows(sql, Reports::dayGroup, spent.values(2));
        if (rows.size() > GROUPS_MAX) {
            throw new Problem(Problem.Kind.LIMIT, "the report has more than " + GROUPS_MAX
                    + " groups; ask for fewer days, or by something that has fewer names");
        }
        return rows;
    }

    /** Byte-seconds are large: they are added in two parts, so that the sum cannot wrap in the database. */
    private static final long KV_PART = 1 << 20;

    private static DayGroup dayGroup(ResultSet r) throws SQLException {
        long high = r.getLong(13) + r.getLong(14) / KV_PART;
        long kv = high > Long.MAX_VALUE / KV_PART - 1 ? Long.MAX_VALUE : high * KV_PART + r.getLong(14) % KV_PART;
        Meters meters = new Meters(r.getLong(6), r.getLong(7), r.getLong(8), r.getLong(9), r.getLong(10), r.getLong(11),
                r.getLong(12), kv, r.getLong(15), r.getLong(16) != 0);
        return new DayGroup(r.getLong(1), new Group(r.getString(2), Unit.valueOf(r.getString(3)), r.getLong(4), r.getLong(5),
                meters));
    }

    private record AnswerDay(long day, Unit unit, long count, long amount) {}

    private static List<Answers> answers(Tx tx, By by, Filter filter) throws SQLException {
        Spent spent = new Spent(filter);
        String answer = " AND t.purpose = 'answer' ";
        String day = Spent.DAY + " AS d, t.unit AS unit, ";
        String sql = "SELECT d, unit, sum(n), sum(amount) FROM ("
                + "SELECT " + day + "1 AS n, t.amount AS amount " + spent.lines() + answer
                + "UNION ALL SELECT " + day + "0, -c.amount " + spent.corrections() + answer
                + "UNION ALL SELECT " + day + "0, o.amount " + spent.overruns() + answer
                + ") lines GROUP BY d, unit ORDER BY d, unit";
        List<AnswerDay> days = tx.rows(sql, r -> new AnswerDay(r.getLong(1), Unit.valueOf(r.getString(2)), r.getLong(3),
                r.getLong(4)), spent.values(3));
        if (days.isEmpty()) {
            return List.of();
        }
        boolean isLong = days.getLast().day() - days.getFirst().day() >= ANSWER_DAYS_SHOWN;
        By span = by == By.MONTH || isLong && by != By.DAY ? By.MONTH : By.DAY;
        Map<Unit, Map<String, Answers.Span>> spans = new LinkedHashMap<>();
        for (AnswerDay each : days) {
            String key = timeKey(span, each.day());
            spans.computeIfAbsent(each.unit(), u -> new LinkedHashMap<>()).merge(key,
                    new Answers.Span(key, each.count(), each.amount()),
                    (a, b) -> new Answers.Span(key, a.count() + b.count(), Math.addExact(a.amount(), b.amount())));
        }
        return spans.entrySet().stream().map(e -> new Answers(e.getKey(), span, List.copyOf(e.getValue().values()))).toList();
    }

    /** The days that the books have closed; a closing is booked on a later day than the one it is of. */
    private static MachineCost machine(Tx tx, Filter filter) throws SQLException {
        String of = "sum(CASE WHEN %s THEN amount WHEN %s THEN -amount ELSE 0 END)";
        String sql = "SELECT count(DISTINCT step), " + of.formatted("credit = 'machine:energy'", "debit = 'machine:energy'") + ", "
                + of.formatted("credit = 'machine:write-off'", "debit = 'machine:write-off'") + ", "
                + of.formatted("debit = 'machine:idle'", "credit = 'machine:idle'")
                + " FROM transfer WHERE at_micros >= ? AND " + Spent.OWN.formatted("id") + " AND step >= ? AND step <= ?";
        return tx.row(sql, r -> new MachineCost(r.getLong(1), r.getLong(2), r.getLong(3), r.getLong(4)), filter.fromMicros(),
                filter.since().toEpochDay(), filter.until().toEpochDay()).orElseThrow();
    }

    /** A line and what belongs to it: the line it refers to, those that refer to it, and its seal unless that is in an archive. */
    public record Shown(Transfer line, Optional<Transfer> refersTo, List<Transfer> referredBy, Optional<Seal> seal) {}

    /** By id, or by its number. */
    public Optional<Shown> line(String idOrNumber) throws Problem {
        return store.read(tx -> {
            Optional<Transfer> line = Rows.transfer(tx, idOrNumber);
            if (line.isEmpty() && idOrNumber.matches("[0-9]{1,18}")) {
                line = Rows.transfersAfter(tx, Long.parseLong(idOrNumber) - 1, 1).stream()
                        .filter(t -> t.seq() == Long.parseLong(idOrNumber)).findFirst();
            }
            return line.isEmpty() ? Optional.empty() : Optional.of(shown(tx, line.get()));
        });
    }

    /** The newest line of what was spent. */
    public Optional<Shown> lastSpent() throws Problem {
        return store.read(tx -> {
            Optional<String> id = tx.row("SELECT t.id " + new Spent(Filter.ALL).lines() + " ORDER BY t.seq DESC LIMIT 1",
                    r -> r.getString(1), new Spent(Filter.ALL).values(1));
            return id.isEmpty() ? Optional.empty() : Optional.of(shown(tx, Rows.transfer(tx, id.get()).orElseThrow()));
        });
    }

    private static Shown shown(Tx tx, Transfer line) throws SQLException {
        Optional<Transfer> refersTo = line.refers().isEmpty() ? Optional.empty() : Rows.transfer(tx, line.refers());
        List<Transfer> referredBy = new ArrayList<>();
        Rows.endOf(tx, line.id()).ifPresent(referredBy::add);
        referredBy.addAll(Rows.correctionsOf(tx, line.id()));
        boolean isArchived = line.seq() <= ArchiveRows.last(tx).last().lastSeq();
        return new Shown(line, refersTo, referredBy, isArchived ? Optional.empty() : Rows.sealOf(tx, line.seq()));
    }

    /** The newest archive: of the lines up to its last one only those that others need are in reports. */
    public Optional<Archive> lastArchive() throws Problem {
        return store.read(tx -> Optional.of(ArchiveRows.last(tx)).filter(a -> a.number() > 0));
    }

    /** The seal that was made last; none where no line is sealed. */
    public Optional<Seal> lastSeal() throws Problem {
        return store.read(tx -> Optional.of(Rows.lastSeal(tx)).filter(s -> s.number() > 0));
    }
}
