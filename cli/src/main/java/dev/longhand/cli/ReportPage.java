package dev.longhand.cli;

import dev.longhand.base.Units;
import dev.longhand.ledger.Answers;
import dev.longhand.ledger.By;
import dev.longhand.ledger.Filter;
import dev.longhand.ledger.Group;
import dev.longhand.ledger.MachineCost;
import dev.longhand.ledger.Meters;
import dev.longhand.ledger.Report;
import dev.longhand.ledger.Saving;
import dev.longhand.ledger.Unit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** What a person sees of a report: a table with bars per unit, then the cache, the answers and the machine. Used by one thread. */
final class ReportPage {
    private static final int ROWS_MAX = 31;
    private static final int BAR_CELLS = 24;
    private static final String EIGHTHS = " ▏▎▍▌▋▊▉█";
    private static final String HEIGHTS = "▁▂▃▄▅▆▇█";
    private static final int SPARKS_MAX = 60;

    private final World world;
    private final Report report;
    private final boolean wantsAll;

    ReportPage(World world, Report report, boolean wantsAll) {
        this.world = world;
        this.report = report;
        this.wantsAll = wantsAll;
    }

    void print() {
        if (report.groups().isEmpty()) {
            world.out().println(report.filter().isOpen() ? LedgerCommand.EMPTY : "Nothing was spent, " + scope() + ".");
        } else {
            world.out().println("Spent per " + name(report.by()) + ", " + scope());
            for (Group total : report.totals()) {
                world.out().println();
                table(total);
            }
            world.out().println();
            report.totals().forEach(this::energy);
            savings();
            report.answers().forEach(this::answers);
        }
        machine(report.machine());
        world.out().flush();
    }

    private static String name(By by) {
        return by.name().toLowerCase(Locale.ROOT);
    }

    private String scope() {
        Filter filter = report.filter();
        boolean isSince = !filter.since().equals(Filter.ALL.since());
        boolean isUntil = !filter.until().equals(Filter.ALL.until());
        StringBuilder scope = new StringBuilder(!isSince && !isUntil ? "all days"
                : (isSince ? "from " + filter.since() : "") + (isSince && isUntil ? " " : "") + (isUntil ? "to " + filter.until()
                : ""));
        filter.only().forEach((by, text) -> scope.append(", ").append(name(by)).append(" ").append(Style.safe(text)));
        return scope + " (UTC)";
    }

    private boolean isTime() {
        return report.by().isTime();
    }

    private void table(Group total) {
        List<Group> groups = new ArrayList<>(report.groups().stream().filter(g -> g.unit() == total.unit()).toList());
        if (!isTime()) {
            groups.sort(Comparator.comparingLong(Group::amount).reversed());
        }
        int shown = wantsAll || groups.size() <= ROWS_MAX ? groups.size() : ROWS_MAX - 1;
        List<Group> rest = isTime() ? groups.subList(0, groups.size() - shown) : groups.subList(shown, groups.size());
        List<Group> rows = isTime() ? groups.subList(groups.size() - shown, groups.size()) : groups.subList(0, shown);
        long most = Math.max(1, rows.stream().mapToLong(Group::amount).max().orElse(1));
        Table table = new Table(name(report.by()).toUpperCase(Locale.ROOT), "CALLS", "READ", "CACHED", "ANSWERED", "PROCESSOR",
                total.unit().name(), "").right(1, 2, 3, 4, 5, 6);
        if (isTime() && !rest.isEmpty()) {
            row(table, "earlier", sum(rest), "");
        }
        rows.forEach(g -> row(table, g.key().isEmpty() ? "(none)" : g.key(), g, bar(g.amount(), most)));
        if (!isTime() && !rest.isEmpty()) {
            row(table, Units.count(rest.size()) + " more", sum(rest), "");
        }
        row(table, "total", total, "");
        table.print(world);
        if (!rest.isEmpty()) {
            world.out().println(Units.count(rest.size()) + " rows are added up in one; --all shows them.");
        }
    }

    private static Group sum(List<Group> groups) {
        Group first = groups.getFirst();
        long amount = 0;
        long calls = 0;
        Meters meters = Meters.NONE;
        for (Group each : groups) {
            amount += each.amount();
            calls += each.calls();
            meters = meters.plus(each.meters());
        }
        return new Group("", first.unit(), amount, calls, meters);
    }

    private static void row(Table table, String key, Group group, String bar) {
        Meters m = group.meters();
        table.row(key, Units.count(group.calls()), Units.count(m.tokensIn()), Units.count(m.tokensCached()),
                Units.count(m.tokensOut()), Units.seconds(m.cpuMicros() / 1e6), amount(group.amount(), group.unit()), bar);
    }

    /** In columns money has all six digits, so that points stand below each other; the unit is in the heading. */
    static String amount(long amount, Unit unit) {
        return unit.isMoney() ? unit.exact(amount) : Units.count(amount);
    }

    /** To an eighth of a cell; what is above nothing is seen. */
    static String bar(long amount, long most) {
        long eighths = amount <= 0 ? 0 : Math.max(1, Math.round((double) amount / most * BAR_CELLS * 8));
        String full = "█".repeat((int) (eighths / 8));
        return eighths % 8 == 0 ? full : full + EIGHTHS.charAt((int) (eighths % 8));
    }

    private void energy(Group total) {
        Meters m = total.meters();
        if (m.millijoules() > 0) {
            double wattHours = m.millijoules() / 3.6e6;
            String amount = wattHours < 1 ? String.format(Locale.ROOT, "%,.1f J", m.millijoules() / 1e3)
                    : String.format(Locale.ROOT, "%,.1f Wh", wattHours);
            world.out().println("Energy: %s%s.".formatted(amount,
                    m.isEstimated() ? ", in part or all estimated from declared power" : ", measured"));
        }
    }

    private void savings() {
        for (Group total : report.totals()) {
            List<Saving> some = report.savings().stream().filter(s -> s.unit() == total.unit()).toList();
            if (!some.isEmpty()) {
                boolean isEstimated = some.stream().anyMatch(Saving::isEstimated);
                world.out().println("Cache: " + Units.count(some.stream().mapToLong(Saving::cachedTokens).sum())
                        + " tokens were not read again, which saved " + (isEstimated ? "about " : "")
                        + total.unit().show(some.stream().mapToLong(Saving::amount).sum()) + (isEstimated
                        ? " (estimated by what a read token of the same model cost in this time)." : ", by the price list."));
            }
        }
    }

    private void answers(Answers answers) {
        Answers.Span total = answers.total();
        Unit unit = answers.unit();
        StringBuilder line = new StringBuilder("Answers: " + Units.count(total.count()) + (total.count() == 1 ? " question"
                : " questions")
                + " for " + unit.show(total.amount()) + ", " + unit.show(total.mean()) + " each");
        Answers.Span first = answers.spans().getFirst();
        Answers.Span last = answers.spans().getLast();
        if (answers.change().isPresent()) {
            line.append(String.format(Locale.ROOT, "; %s on the first %s, %s on the last, %+.0f %%",
                    unit.show(first.mean()), name(answers.by()), unit.show(last.mean()),
                    answers.change().getAsDouble() * 100));
        }
        world.out().println(line + ".");
        if (answers.spans().size() > 2) {
            world.out().println("         " + sparks(answers.spans()) + "  each " + name(answers.by()) + "'s mean, "
                    + first.key() + " to " + last.key());
        }
    }

    /** The mean of each span as a height; of many spans the last ones, and of no span nothing. */
    static String sparks(List<Answers.Span> spans) {
        List<Answers.Span> shown = spans.subList(Math.max(0, spans.size() - SPARKS_MAX), spans.size());
        long most = Math.max(1, shown.stream().mapToLong(Answers.Span::mean).max().orElse(1));
        StringBuilder line = new StringBuilder();
        shown.forEach(s -> line.append(HEIGHTS.charAt((int) Math.min(7, Math.max(0, s.mean()) * 8 / most))));
        return line.toString();
    }

    private void machine(MachineCost machine) {
        if (machine.days() > 0) {
            long users = machine.energy() + machine.writeOff() - machine.idle();
            world.out().println("Machine: " + Units.count(machine.days()) + (machine.days() == 1 ? " closed day cost "
                    : " closed days cost ")
                    + Unit.EUR.show(machine.energy()) + " of electricity and " + Unit.EUR.show(machine.writeOff())
                    + " of write-off; " + Unit.EUR.show(users) + " was paid for by work, " + Unit.EUR.show(machine.idle())
                    + " was idle time.");
        }
    }
}
