package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.bench.BooksBench;
import dev.longhand.bench.Measure;
import dev.longhand.store.StoreSetting;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code longhand bench books}. */
@Command(name = "books", description = "What booking costs: 32 callers at once beside the disk's own syncs, and what it adds to a "
        + "request. On books of its own, which are deleted.",
        footer = {"  longhand bench books", "  longhand bench books --quick --json",
            "  longhand bench books --store postgresql://me@localhost/empty"})
final class BenchBooksCommand extends BenchReport {
    @Option(names = "--rounds", paramLabel = "N", description = "Rounds of callers; the best counts (default: 3).")
    private int rounds = 3;

    @Option(names = "--quick", description = "One round, a tenth of the work.")
    private boolean isQuick;

    @Option(names = "--store", paramLabel = "URL", description = "Also on this PostgreSQL database, which must be empty.")
    private String store;

    BenchBooksCommand(World world) {
        super(world);
    }

    @Override
    public Integer call() throws Problem {
        if (rounds < 1 || rounds > 1_000) {
            throw new Problem(Problem.Kind.USAGE, "--rounds is " + rounds + "; it must lie in [1, 1000]");
        }
        List<Measure> measures = new ArrayList<>();
        try (BenchFolder folder = BenchFolder.make(world)) {
            BooksBench bench = new BooksBench(world.clock(), isQuick, rounds);
            measures.addAll(bench.run(new StoreSetting.Sqlite(folder.path().resolve("books.db")), folder.path()));
            if (store != null) {
                measures.addAll(bench.run(StoreSetting.parse(store, world.home().database()), folder.path()));
            }
        }
        return report(measures);
    }
}
