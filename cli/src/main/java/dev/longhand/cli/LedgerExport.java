package dev.longhand.cli;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.Exports;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code longhand ledger export}. */
@Command(name = "export",
        description = "Write the lines for other programs: FOCUS 1.2 (what was spent), CSV or lines of JSON (all).",
        footer = {"  longhand ledger export costs.csv --format focus", "  longhand ledger export - --format json | head -3"})
final class LedgerExport extends BooksCommand {
    @Parameters(paramLabel = "FILE", description = "A file, which is replaced whole; - is standard output.")
    private String file;

    @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "csv", description = "focus, csv or json (default: csv).")
    private Exports.Format format;

    LedgerExport(World world) {
        super(world);
    }

    @Override
    int run(Books books) throws Problem {
        if (books.reports().lastArchive().isPresent()) {
            world.note("lines in archives are not in the export; 'longhand ledger archive FILE --lines' prints them as JSON");
        }
        if (!file.equals("-")) {
            Path path = path(file);
            long rows = books.exports().write(path, format, Disk.REAL);
            if (isJson) {
                Json.print(world.out(), Json.object("file", path.toString(), "rows", rows));
            } else {
                world.note("wrote " + Units.count(rows) + " rows to " + Style.safe(path.toString()));
            }
            return ExitCodes.OK;
        }
        if (isJson) {
            throw new Problem(Problem.Kind.USAGE, "--json reports about a file; for lines of JSON on standard output write "
                    + "'longhand ledger export - --format json'");
        }
        try {
            books.exports().write(world.out(), format);
        } catch (IOException e) {
            throw new Problem(Problem.Kind.DISK, "standard output cannot be written: " + e.getMessage(), e);
        }
        world.out().flush();
        return ExitCodes.OK;
    }

    static Path path(String file) throws Problem {
        try {
            return Path.of(file).toAbsolutePath();
        } catch (InvalidPathException e) {
            throw new Problem(Problem.Kind.USAGE, "\"" + file + "\" is no path: " + e.getReason(), e);
        }
    }
}
