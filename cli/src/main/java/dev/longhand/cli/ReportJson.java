package dev.longhand.cli;

import dev.longhand.ledger.Answers;
import dev.longhand.ledger.By;
import dev.longhand.ledger.Filter;
import dev.longhand.ledger.Group;
import dev.longhand.ledger.Report;
import java.util.Locale;
import java.util.Map;

/** The document of {@code longhand ledger report --json}. Field names are stable and stand in {@code docs/CLI.md}. */
final class ReportJson {
    private ReportJson() {}

    static Map<String, Object> of(Report report) {
        Filter filter = report.filter();
        Map<String, Object> only = Json.object();
        filter.only().forEach((by, text) -> only.put(name(by), text));
        return Json.object("by", name(report.by()),
                "since", filter.since().equals(Filter.ALL.since()) ? null : filter.since().toString(),
                "until", filter.until().equals(Filter.ALL.until()) ? null : filter.until().toString(),
                "only", only,
                "groups", report.groups().stream().map(ReportJson::group).toList(),
                "totals", report.totals().stream().map(ReportJson::group).toList(),
                "cache", report.savings().stream().map(s -> Json.object("model", s.model(), "unit", s.unit().name(),
                        "cachedTokens", s.cachedTokens(), "saved", s.amount(), "isEstimated", s.isEstimated())).toList(),
                "answers", report.answers().stream().map(ReportJson::answers).toList(),
                "machine", Json.object("closedDays", report.machine().days(), "unit", "EUR", "energy", report.machine().energy(),
                        "writeOff", report.machine().writeOff(), "idle", report.machine().idle()));
    }

    private static String name(By by) {
        return by.name().toLowerCase(Locale.ROOT);
    }

    private static Map<String, Object> group(Group group) {
        Map<String, Object> object = Json.object("key", group.key(), "unit", group.unit().name(), "amount", group.amount(),
                "calls", group.calls());
        object.putAll(LedgerShow.json(group.meters()));
        return object;
    }

    private static Map<String, Object> answers(Answers answers) {
        return Json.object("unit", answers.unit().name(), "count", answers.total().count(), "amount", answers.total().amount(),
                "mean", answers.total().mean(), "per", name(answers.by()),
                "spans", answers.spans().stream().map(s -> Json.object("key", s.key(), "count", s.count(), "amount", s.amount(),
                        "mean", s.mean())).toList(),
                "change", answers.change().isPresent() ? answers.change().getAsDouble() : null);
    }
}
