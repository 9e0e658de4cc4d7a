package dev.longhand.cli;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.ledger.Archives;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.Exports;
import dev.longhand.ledger.Times;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code longhand ledger archive}. */
@Command(name = "archive", description = "Move old lines out of the database into a file, with the chain of seals intact; check "
        + "such a file, or print its lines. Archived lines are not in reports and cannot be corrected.",
        footer = {"  longhand ledger archive 2026.books --before 2027-01-01", "  longhand ledger archive 2026.books --check",
            "  longhand ledger archive 2026.books --lines"})
final class LedgerArchive extends BooksCommand {
    @Parameters(paramLabel = "FILE", description = "A new file; with --check or --lines one that is there.")
    private String file;

    @Option(names = "--before", paramLabel = "DAY", description = "Archive the sealed lines of days before this one, UTC.")
    private String before;

    @Option(names = "--check", description = "Read the file in full, compute all of it again, and say whose it is.")
    private boolean wantsCheck;

    @Option(names = "--lines", description = "Print the lines of the file, one JSON object per line of text.")
    private boolean wantsLines;

    LedgerArchive(World world) {
        super(world);
    }

    @Override
    int run(Books books) throws Problem {
        Path path = LedgerExport.path(file);
        int wishes = (before == null ? 0 : 1) + (wantsCheck ? 1 : 0) + (wantsLines ? 1 : 0);
        if (wishes != 1) {
            throw new Problem(Problem.Kind.USAGE, "ledger archive needs one of --before DAY, --check and --lines");
        }
        if (wantsLines) {
            if (isJson) {
                throw new Problem(Problem.Kind.USAGE, "--lines prints lines of JSON already; leave --json away");
            }
            Exports.writeArchive(path, world.out());
            world.out().flush();
        } else if (wantsCheck) {
            check(books, path);
        } else {
            archive(books, path);
        }
        return ExitCodes.OK;
    }

    private void archive(Books books, Path path) throws Problem {
        LocalDate day = day("--before", before);
        LocalDate today = LocalDate.ofEpochDay(Times.day(Times.micros(world.clock().now())));
        if (day.isAfter(today)) {
            throw new Problem(Problem.Kind.USAGE, "--before is " + day + ", which is yet to come; write a day up to " + today);
        }
        books.closeDays();
        while (books.ledger().seal().isPresent()) {
            // Until none waits.
        }
        Optional<Archives.Made> made = books.archives().archive(day, path, Disk.REAL);
        if (isJson) {
            Json.print(world.out(), made.map(m -> json(m, path))
                    .orElse(Json.object("file", null, "lines", 0, "isMoreLeft", false)));
        } else if (made.isEmpty()) {
            world.out().println("No line before " + day + " is left to archive; nothing was written.");
        } else {
            Archives.Made m = made.get();
            world.out().println(Style.safe("wrote " + Units.count(m.archive().lines()) + " lines up to "
                    + Times.show(m.archive().lastAtMicros()) + " to " + path + " (" + Units.bytes(m.bytes()) + ")"));
            world.out().println(Units.count(m.gone()) + " lines left the database; " + Units.count(m.archive().kept())
                    + " stay that later ones need. Its space is used again by new lines.");
            world.out().println("Keep the file with your backups: the database has these lines no more.");
            if (m.more()) {
                world.out().println("More lines before " + day + " are left: run this again with another file.");
            }
        }
    }

    private static Map<String, Object> json(Archives.Made made, Path path) {
        return Json.object("file", path.toString(), "number", made.archive().number(), "lines", made.archive().lines(),
                "lastLine", made.archive().last().lastSeq(), "lastAt", Times.show(made.archive().lastAtMicros()),
                "sha256", made.archive().sha256().hex(), "bytes", made.bytes(), "gone", made.gone(), "kept", made.archive().kept(),
                "isMoreLeft", made.more());
    }

    private void check(Books books, Path path) throws Problem {
        Archives.Checked checked = books.archives().check(path);
        if (isJson) {
            Json.print(world.out(), Json.object("file", path.toString(), "lines", checked.lines(), "firstLine",
                    checked.before().lastSeq() + 1, "lastLine", checked.last().lastSeq(),
                    "firstAt", Times.show(checked.firstAtMicros()), "lastAt", Times.show(checked.lastAtMicros()),
                    "bytes", checked.bytes(), "archive", checked.ours().map(a -> a.number()).orElse(null)));
            return;
        }
        world.out().println(Style.safe(path + " is whole: lines " + (checked.before().lastSeq() + 1) + " to "
                + checked.last().lastSeq() + ", " + Times.show(checked.firstAtMicros()) + " to "
                + Times.show(checked.lastAtMicros()) + "; checksum and every seal were computed again."));
        world.out().println(checked.ours().map(a -> "It is archive " + a.number() + " of these books.")
                .orElse("These books do not have it: it is of others, or was written and not finished; then run the same again."));
    }
}
