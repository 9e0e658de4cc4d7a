package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.bench.Half;
import dev.longhand.bench.LookupBench;
import dev.longhand.bench.LookupSpeedBench;
import dev.longhand.bench.LookupTasks;
import dev.longhand.bench.Measure;
import dev.longhand.bench.MillionBench;
import dev.longhand.bench.PeerRow;
import dev.longhand.bench.TaskShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code longhand bench lookup}. */
@Command(name = "lookup", description = "How well lookups find what attention needs, and what they save: predictions on real text "
        + "beside attending to everything, documents attached beside read in place, and decoding behind long contexts. "
        + "The texts, 70 MB of foreign packages, are fetched the first time.",
        footer = {"  longhand bench lookup --quick", "  longhand bench lookup -m gemma3-270m --parts ladder --out figures.json",
            "  longhand bench lookup --parts attach --tasks 12 --half tuning"})
final class BenchLookupCommand extends BenchReport {
    private static final int QUICK_TASKS = 6;
    private static final List<Integer> BUDGETS = List.of(1024, 2048);

    /** What can be measured. */
    enum Part { LADDER, ATTACH, ROUTING, SPEED, MILLION }

    @Option(names = {"-m", "--model"}, paramLabel = "REF", description = "The model (default: smollm2).")
    private String model = PeerRow.SMOLLM2;

    @Option(names = "--parts", paramLabel = "PART", split = ",",
            description = "Of ladder, attach, routing, speed and million (default: ladder, attach, speed).")
    private List<String> parts = List.of("ladder", "attach", "speed");

    @Option(names = "--tasks", paramLabel = "N", description = "Tasks of a cell (default: 42).")
    private int tasks = LookupTasks.CELL;

    @Option(names = "--half", paramLabel = "HALF",
            description = "Of the texts' sources: test, or tuning, on which settings were chosen (default: test).")
    private String half = "test";

    @Option(names = "--rounds", paramLabel = "N", description = "Rounds of the speed part; the best counts (default: 3).")
    private int rounds = 3;

    @Option(names = "--quick", description = "Six tasks and one round.")
    private boolean isQuick;

    BenchLookupCommand(World world) {
        super(world);
    }

    @Override
    public Integer call() throws Problem {
        if (tasks < 3 || tasks > LookupTasks.CELL || rounds < 1 || rounds > 1000) {
            throw new Problem(Problem.Kind.USAGE, "--tasks is %d and --rounds %d; they must lie in [3, %d] and [1, 1000]".formatted(
                    tasks, rounds, LookupTasks.CELL));
        }
        Config config = Config.read(world);
        Half of = config.choice("half", half, Half.class).orElseThrow();
        int count = isQuick ? QUICK_TASKS : tasks;
        boolean isSmall = model.toLowerCase(Locale.ROOT).contains("smollm2");
        LookupBench.Subject subject = new LookupBench.Subject(model, sources.file(world, model), tiers.threads(world));
        LookupBench bench = new LookupBench(world.clock(), world.environment(), of, world::note);
        List<Measure> measures = new ArrayList<>();
        for (String name : parts) {
            Part part = config.choice("parts", name, Part.class).orElseThrow();
            List<Measure> some = switch (part) {
                case LADDER -> bench.ladder(subject, isSmall ? TaskShape.LONG_8K : TaskShape.LONG_16K, BUDGETS, count);
                case ATTACH -> attach(bench, subject, count);
                case ROUTING -> bench.routing(subject, isQuick ? List.of(16) : List.of(16, 256));
                case MILLION -> new MillionBench(world.clock(), world.environment(), world::note).run(subject,
                        world.home().root().resolve("bench").resolve("million-" + subject.file().getFileName()), rounds);
                case SPEED -> new LookupSpeedBench(world.clock(), world::note).run(subject, bench.sensitive(subject),
                        isSmall ? 8192 : 32_000, isSmall ? 32 : 16, isQuick ? 1 : rounds, isSmall ? 1.3 : 1.5);
            };
            keep(some);
            measures.addAll(some);
        }
        return report(measures);
    }

    private static List<Measure> attach(LookupBench bench, LookupBench.Subject subject, int count) throws Problem {
        List<Measure> measures = new ArrayList<>(bench.attach(subject, 2, count));
        measures.addAll(bench.attach(subject, 4, count));
        return measures;
    }
}
