package dev.longhand.cli;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.ledger.Archive;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.By;
import dev.longhand.ledger.Filter;
import dev.longhand.ledger.Report;
import dev.longhand.ledger.Times;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code longhand ledger report}. */
@Command(name = "report", description = "Where the money went, what the cache saved, and what an answered question costs.",
        footer = {"  longhand ledger report", "  longhand ledger report --by model --since 2026-11-01",
            "  longhand ledger report --by day --person anna --png november.png", "  longhand ledger report --by month --json"})
final class LedgerReport extends BooksCommand {
    @Option(names = "--by", paramLabel = "WHAT", defaultValue = "day",
            description = "hour, day, month, person, desk, model, purpose, job or account (default: day).")
    private By by;

    @Option(names = "--since", paramLabel = "DAY", description = "The first day, UTC, as in 2026-11-01.")
    private String since;

    @Option(names = "--until", paramLabel = "DAY", description = "The last day, UTC.")
    private String until;

    @Option(names = "--person", paramLabel = "NAME", description = "Only what this person asked for.")
    private String person;

    @Option(names = "--desk", paramLabel = "NAME", description = "Only what this desk took.")
    private String desk;

    @Option(names = "--model", paramLabel = "NAME", description = "Only what this model did.")
    private String model;

    @Option(names = "--account", paramLabel = "ID", description = "Only what this account paid.")
    private String account;

    @Option(names = "--all", description = "Show every row, not only the largest or the latest.")
    private boolean wantsAll;

    @Option(names = "--png", paramLabel = "FILE", description = "Write a picture too: cost per day, by model or by WHAT.")
    private String png;

    LedgerReport(World world) {
        super(world);
    }

    @Override
    int run(Books books) throws Problem {
        Filter filter = filter();
        books.closeDays();
        Report report = books.reports().report(by, filter);
        if (isJson) {
            Json.print(world.out(), ReportJson.of(report));
        } else {
            new ReportPage(world, report, wantsAll).print();
        }
        Optional<Archive> archive = books.reports().lastArchive();
        if (archive.isPresent() && Times.startOfDay(filter.since().toEpochDay()) <= archive.get().lastAtMicros()) {
            world.note("lines up to " + Times.show(archive.get().lastAtMicros()) + " are in archives and not in this "
                    + "report, the last of them " + Style.safe(archive.get().file()) + "; "
                    + "'longhand ledger archive FILE --lines' prints them");
        }
        if (png != null && report.groups().isEmpty()) {
            world.note("no picture was written: there is nothing to show");
        } else if (png != null) {
            picture(books, filter);
        }
        return ExitCodes.OK;
    }

    private void picture(Books books, Filter filter) throws Problem {
        Path file = LedgerExport.path(png);
        By stacked = by.isTime() ? By.MODEL : by;
        byte[] picture = SpendPicture.of(books.reports().perDay(stacked, filter), stacked);
        Disk.REAL.publish(file, out -> out.write(picture));
        world.note("wrote " + Style.safe(file.toString()));
    }

    private Filter filter() throws Problem {
        Filter filter = Filter.ALL;
        filter = since == null ? filter : filter.since(day("--since", since));
        if (until != null) {
            if (day("--until", until).isBefore(filter.since())) {
                throw new Problem(Problem.Kind.USAGE, "--until " + until + " is before --since " + since);
            }
            filter = filter.until(day("--until", until));
        }
        filter = person == null ? filter : filter.only(By.PERSON, person);
        filter = desk == null ? filter : filter.only(By.DESK, desk);
        filter = model == null ? filter : filter.only(By.MODEL, model);
        return account == null ? filter : filter.only(By.ACCOUNT, account);
    }
}
