package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.Cause;
import dev.longhand.ledger.Meters;
import dev.longhand.ledger.Reports;
import dev.longhand.ledger.Times;
import dev.longhand.ledger.Transfer;
import dev.longhand.ledger.Unit;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code longhand ledger show}. */
@Command(name = "show",
        description = "Show a line of the books: who paid whom, what was used, its reservation, corrections and seal.",
        footer = {"  longhand ledger show last", "  longhand ledger show 1234", "  longhand ledger show last --json"})
final class LedgerShow extends BooksCommand {
    @Parameters(paramLabel = "ID", description = "A line's id or number; last means the newest that was spent.")
    private String id;

    LedgerShow(World world) {
        super(world);
    }

    static Reports.Shown find(Books books, String id) throws Problem {
        if (id.equals("last")) {
            return books.reports().lastSpent().orElseThrow(() -> new Problem(Problem.Kind.NOT_FOUND, "nothing was spent yet"));
        }
        boolean hasArchives = books.reports().lastArchive().isPresent();
        return books.reports().line(id).orElseThrow(() -> new Problem(Problem.Kind.NOT_FOUND,
                "there is no line \"" + id + "\"; 'longhand ledger export - --format csv' lists them all" + (hasArchives
                        ? ", and 'longhand ledger archive FILE --lines' those of an archive" : "")));
    }

    @Override
    int run(Books books) throws Problem {
        Reports.Shown shown = find(books, id);
        if (isJson) {
            Map<String, Object> report = json(shown.line());
            report.put("refersTo", shown.refersTo().map(LedgerShow::json).orElse(null));
            report.put("referredBy", shown.referredBy().stream().map(LedgerShow::json).toList());
            report.put("seal", shown.seal().map(s -> Json.object("number", s.number(), "lastLine", s.lastSeq(), "sha256",
                    s.hash().hex())).orElse(null));
            Json.print(world.out(), report);
        } else {
            print(shown);
        }
        return ExitCodes.OK;
    }

    private void print(Reports.Shown shown) {
        Transfer line = shown.line();
        Unit unit = line.booking().unit();
        row("line", line.seq() + ", " + line.id());
        row("what", line.kind().name().toLowerCase(Locale.ROOT) + " of " + unit.show(line.amount()) + " at "
                + Times.instant(line.atMicros()));
        row("paid by", line.booking().debit());
        row("paid to", line.booking().credit());
        Cause cause = line.booking().cause();
        row("for", cause.purpose());
        row("person", cause.person());
        row("desk", cause.desk());
        row("model", cause.model());
        row("job", cause.job().isEmpty() ? "" : cause.job() + ", step " + cause.step() + ", attempt " + cause.attempt());
        meters(line.meters());
        row("expires", line.expiresAtMicros() == 0 ? "" : Times.show(line.expiresAtMicros()));
        shown.refersTo().ifPresent(t -> row(t.kind() == Transfer.Kind.RESERVE ? "reservation" : "of line", said(t)));
        shown.referredBy().forEach(t -> row(t.kind() == Transfer.Kind.CORRECT ? "corrected by" : "ended by", said(t)));
        row("seal", shown.seal().map(s -> "number " + s.number() + ", " + s.hash().hex()).orElse("not sealed yet"));
    }

    private void meters(Meters m) {
        row("tokens", m.tokensIn() + m.tokensCached() + m.tokensOut() == 0 ? "" : Units.count(m.tokensIn()) + " read, "
                + Units.count(m.tokensCached()) + " cached, " + Units.count(m.tokensOut()) + " answered"
                + (m.tokensThinking() > 0 ? ", of these " + Units.count(m.tokensThinking()) + " reasoning" : "")
                + (m.tokensLookedUp() > 0 ? ", " + Units.count(m.tokensLookedUp()) + " looked up" : ""));
        row("processor", m.cpuMicros() == 0 ? "" : Units.seconds(m.cpuMicros() / 1e6));
        row("energy", m.millijoules() == 0 ? "" : String.format(Locale.ROOT, "%,.1f J", m.millijoules() / 1e3)
                + (m.isEstimated() ? " (estimated)" : ""));
        row("memory", m.kvByteSeconds() == 0 ? "" : Units.bytes(m.kvByteSeconds()) + " for a second");
        row("disk", m.diskBytes() == 0 ? "" : Units.bytes(m.diskBytes()) + " read");
    }

    private static String said(Transfer line) {
        return "line " + line.seq() + ", " + line.kind().name().toLowerCase(Locale.ROOT) + " of "
                + line.booking().unit().show(line.amount())
                + (line.kind() == Transfer.Kind.CORRECT ? " (" + line.booking().cause().purpose() + ")" : "") + ", " + line.id();
    }

    private void row(String name, String value) {
        if (!value.isEmpty()) {
            world.out().println(world.style().bold(String.format("%-13s", name)) + " " + Style.safe(value));
        }
    }

    /** A line for programs; amounts are whole numbers, of EUR and USD millionths. */
    static Map<String, Object> json(Transfer line) {
        Cause c = line.booking().cause();
        return Json.object("line", line.seq(), "id", line.id(), "kind", line.kind().name().toLowerCase(Locale.ROOT),
                "at", Times.instant(line.atMicros()).toString(), "debit", line.booking().debit(), "credit", line.booking().credit(),
                "unit", line.booking().unit().name(), "amount", line.amount(), "purpose", c.purpose(), "person", c.person(),
                "desk", c.desk(), "model", c.model(), "job", c.job(), "step", c.step(), "attempt", c.attempt(),
                "refers", line.refers().isEmpty() ? null : line.refers(),
                "expiresAt", line.expiresAtMicros() == 0 ? null : Times.instant(line.expiresAtMicros()).toString(),
                "meters", json(line.meters()));
    }

    static Map<String, Object> json(Meters m) {
        return Json.object("tokensIn", m.tokensIn(), "tokensCached", m.tokensCached(), "tokensLookedUp", m.tokensLookedUp(),
                "tokensThinking", m.tokensThinking(), "tokensOut", m.tokensOut(), "cpuMicros", m.cpuMicros(),
                "diskBytes", m.diskBytes(), "kvByteSeconds", m.kvByteSeconds(), "millijoules", m.millijoules(),
                "isEnergyEstimated", m.isEstimated());
    }
}
