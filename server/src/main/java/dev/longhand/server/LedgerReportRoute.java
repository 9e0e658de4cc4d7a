package dev.longhand.server;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.By;
import dev.longhand.ledger.Exports;
import dev.longhand.ledger.Filter;
import dev.longhand.ledger.Key;
import dev.longhand.ledger.Reports;
import dev.longhand.ledger.Times;
import java.io.IOException;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code GET /v1/ledger/report}: where the money went, as far as the caller may see. */
final class LedgerReportRoute {
    private static final int ROWS = 1_000;
    private static final int ROWS_MAX = 10_000;
    private static final int HOUR_DAYS_MAX = 62;
    private static final int DAYS = 31;
    private static final List<By> THINGS = List.of(By.PERSON, By.DESK, By.MODEL, By.PURPOSE);

    private final Books books;
    private final Clock clock;

    LedgerReportRoute(Books books, Clock clock) {
        this.books = books;
        this.clock = clock;
    }

    List<Route> routes() {
        return List.of(Route.of("GET", "/v1/ledger/report", Key.Role.READ_ONLY, Shape.OPENAI, this::report));
    }

    private void report(Call call) throws Problem, Refusal, IOException {
        By by = by(call, "by", Arrays.asList(By.values())).orElse(By.DAY);
        Optional<By> per = by(call, "per", Arrays.stream(By.values()).filter(By::isTime).toList());
        if (per.isPresent() && by.isTime()) {
            throw Refusal.field("per", "by is %s, which is a time already; per goes with things, such as by=model".formatted(
                    by.word()));
        }
        LedgerView view = LedgerView.of(call.caller(), books.accounts());
        Filter filter = filter(call, view, by == By.HOUR || per.equals(Optional.of(By.HOUR)));
        boolean isCsv = call.header("Accept").filter(a -> a.startsWith("text/csv")).isPresent();
        int limit = Queries.integer(call, "limit", 1, ROWS_MAX, isCsv ? Reports.GROUPS_MAX : ROWS);
        int offset = Queries.integer(call, "offset", 0, Reports.GROUPS_MAX, 0);
        Reports.Rowed rowed = books.reports().report(by, per, filter);
        List<Reports.TimeGroup> page = rowed.rows().stream().skip(offset).limit(limit).map(r -> named(view, by, r)).toList();
        if (isCsv) {
            call.reply(200, "text/csv; charset=utf-8; header=present", Exports.csv(page));
        } else {
            boolean hasMore = offset + page.size() < rowed.rows().size();
            ObjectNode reply = asked(call, by, per, filter);
            ArrayNode data = reply.putArray("data");
            page.forEach(r -> data.add(LedgerReply.row(r)));
            reply.put("rowsAll", rowed.rows().size());
            reply.put("has_more", hasMore);
            LedgerReply.around(reply, rowed.report());
            LedgerReply.machine(reply, Optional.of(rowed.report().machine()).filter(m -> view.seesAll()));
            reply.put("archivedUntil", archivedUntil(filter).orElse(null));
            call.reply(200, reply);
        }
    }

    private static Optional<By> by(Call call, String name, List<By> allowed) throws Refusal {
        Optional<String> text = call.query(name);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(allowed.stream().filter(b -> b.word().equals(text.get())).findFirst().orElseThrow(() ->
                Queries.wrong(name, text.get(), "one of " + allowed.stream().map(By::word).collect(Collectors.joining(", ")))));
    }

    private Filter filter(Call call, LedgerView view, boolean isHours) throws Refusal {
        LocalDate until = Queries.day(call, "until").orElse(LocalDate.ofEpochDay(Times.day(Times.micros(clock.now()))));
        Optional<LocalDate> asked = Queries.day(call, "since");
        LocalDate since = asked.orElse(until.minusDays(DAYS - 1));
        since = since.isBefore(LocalDate.EPOCH) ? LocalDate.EPOCH : since;
        if (since.isAfter(until)) {
            throw Refusal.field("since", "since is %s, which is after until, %s".formatted(since, until));
        }
        if (isHours && until.toEpochDay() - since.toEpochDay() >= HOUR_DAYS_MAX) {
            throw Refusal.field("since", "hours are shown of at most %d days, not of %s to %s".formatted(HOUR_DAYS_MAX, since,
                    until));
        }
        Filter filter = Filter.ALL.since(since).until(until);
        for (By each : THINGS) {
            Optional<String> text = call.query(each.word());
            if (text.isPresent()) {
                filter = filter.only(each, each == By.DESK && !text.get().isEmpty() ? view.stored(text.get()) : text.get());
            }
        }
        return view.seen(filter, call.query("account"));
    }

    private static Reports.TimeGroup named(LedgerView view, By by, Reports.TimeGroup row) {
        return by == By.DESK ? new Reports.TimeGroup(row.time(), row.group().withKey(view.shown(row.group().key()))) : row;
    }

    private static ObjectNode asked(Call call, By by, Optional<By> per, Filter filter) {
        ObjectNode reply = Json.object();
        reply.put("object", "report");
        reply.put("by", by.word());
        reply.put("per", per.map(By::word).orElse(null));
        reply.put("since", filter.since().toString());
        reply.put("until", filter.until().toString());
        ObjectNode only = reply.putObject("only");
        for (String each : List.of("person", "desk", "model", "purpose", "account")) {
            call.query(each).ifPresent(text -> only.put(each, text));
        }
        return reply;
    }

    private Optional<String> archivedUntil(Filter filter) throws Problem {
        return books.reports().lastArchive().map(a -> a.lastAtMicros())
                .filter(at -> Times.startOfDay(filter.since().toEpochDay()) <= at).map(Times::show);
    }
}
