package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.bench.Measure;
import dev.longhand.bench.YearsBench;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code longhand bench years}. */
@Command(name = "years", description = "Years of use of the books in simulated time, one request after another, with restarts, "
        + "clock jumps and archives. On books of its own, which are deleted. Ctrl-C ends it.",
        footer = {"  longhand bench years --years 10 --every 60", "  longhand bench years --years 0.1 --every 60 --json"})
final class BenchYearsCommand extends BenchReport {
    private static final double DAYS = 365.2425;
    private static final int EVERY_MAX = 86_400;

    @Option(names = "--years", paramLabel = "N", description = "Simulated years (default: 10).")
    private double years = 10;

    @Option(names = "--every", paramLabel = "SECONDS", description = "Simulated seconds between two requests (default: 60).")
    private int every = 60;

    BenchYearsCommand(World world) {
        super(world);
    }

    @Override
    public Integer call() throws Problem {
        long days = Math.round(years * DAYS);
        if (!(years <= 100) || days < 1 || every < 1 || every > EVERY_MAX) {
            throw new Problem(Problem.Kind.USAGE, "--years is " + years + " and --every " + every
                    + "; they must lie in [0.01, 100] and [1, " + EVERY_MAX + "]");
        }
        StatusLine status = new StatusLine(world);
        try (BenchFolder folder = BenchFolder.make(world)) {
            YearsBench.Plan plan = new YearsBench.Plan(days, Duration.ofSeconds(every), status::show,
                    world.interrupts()::isCancelled);
            List<Measure> measures = new YearsBench(world.clock(), plan, folder.path()).run();
            status.clear();
            return report(measures);
        } finally {
            status.clear();
        }
    }
}
