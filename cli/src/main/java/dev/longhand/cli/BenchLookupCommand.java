package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.bench.AttachWay;
import dev.longhand.bench.Half;
import dev.longhand.bench.LookupBench;
import dev.longhand.bench.LookupSpeedBench;
import dev.longhand.bench.LookupTasks;
import dev.longhand.bench.Measure;
import dev.longhand.bench.MillionBench;
import dev.longhand.bench.PeerRow;
import dev.longhand.bench.RoutingBench;
import dev.longhand.bench.TaskShape;
import dev.longhand.engine.Stitching;
import dev.longhand.memory.Positions;
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
            "  longhand bench lookup --parts attach --tasks 12 --half tuning",
            "  longhand bench lookup --parts attach --documents 8 --positions true,parallel,grouped,const --stitching none,seams",
            "  longhand bench lookup --parts needles --tasks 4", "  longhand bench lookup --parts routing --among 4096"})
final class BenchLookupCommand extends BenchReport {
    private static final int QUICK_TASKS = 6;
    private static final int LENGTH_MIN = 1024;
    private static final int LENGTH_MAX = 65_536;
    private static final int DOCUMENTS_MAX = 64;
    private static final int KV_TEXTS_MAX = 12;
    private static final int AMONG_MIN = 16;
    private static final int AMONG_MAX = 4096;
    /** Tasks of a cell of needles: there are seven cells for each of three lengths. */
    private static final int NEEDLES_MAX = 12;
    private static final List<Integer> BUDGETS = List.of(1024, 2048);

    /** What can be measured. */
    enum Part { LADDER, MASS, KV, ATTACH, NEEDLES, ROUTING, SPEED, MILLION }

    @Option(names = {"-m", "--model"}, paramLabel = "REF", description = "The model (default: smollm2).")
    private String model = PeerRow.SMOLLM2;

    @Option(names = "--parts", paramLabel = "PART", split = ",",
            description = "Of ladder, mass (a ladder that also says how much of the attention each way finds), kv (8 bits beside "
                    + "16), attach, needles, routing, speed and million (default: ladder, attach, speed).")
    private List<String> parts = List.of("ladder", "attach", "speed");

    @Option(names = "--tasks", paramLabel = "N", description = "Tasks of a cell (default: 42).")
    private int tasks = LookupTasks.CELL;

    @Option(names = "--lengths", paramLabel = "N", split = ",",
            description = "Tokens of the contexts that needles lie in (default: 2048, 4096, 8192 for SmolLM2, else twice that).")
    private List<Integer> lengths;

    @Option(names = "--documents", paramLabel = "N", split = ",",
            description = "How many documents the attach part attaches, each a run of its own (default: 2, 4).")
    private List<Integer> documents = List.of(2, 4);

    @Option(names = "--positions", paramLabel = "RULE", split = ",",
            description = "Where they stand: true, parallel, grouped, const (default: true, parallel).")
    private List<String> positions = List.of("true", "parallel");

    @Option(names = "--stitching", paramLabel = "HOW", split = ",",
            description = "Whether their first blocks are read again: none, seams (default: none).")
    private List<String> stitching = List.of("none");

    @Option(names = "--half", paramLabel = "HALF",
            description = "Of the texts' sources: test, or tuning, on which settings were chosen (default: test).")
    private String half = "test";

    @Option(names = "--among", paramLabel = "N", split = ",",
            description = "Among how many documents the routing part finds the right one (default: 16,256,4096).")
    private List<Integer> among = RoutingBench.DOCUMENTS;

    @Option(names = "--rounds", paramLabel = "N", description = "Rounds of the speed part; the best counts (default: 3).")
    private int rounds = 3;

    @Option(names = "--peer", description = "Run llama.cpp beside it in the speed part.")
    private boolean wantsPeer;

    @Option(names = "--quick", description = "Six tasks and one round.")
    private boolean isQuick;

    BenchLookupCommand(World world) {
        super(world);
    }

    @Override
    public Integer call() throws Problem {
        checkCounts();
        if (tasks < 3 || tasks > LookupTasks.CELL || rounds < 1 || rounds > 1000) {
            throw new Problem(Problem.Kind.USAGE, "--tasks is %d and --rounds %d; they must lie in [3, %d] and [1, 1000]".formatted(
                    tasks, rounds, LookupTasks.CELL));
        }
        Config config = Config.read(world);
        List<AttachWay> ways = attachWays(config);
        Half of = config.choice("half", half, Half.class).orElseThrow();
        int count = isQuick ? QUICK_TASKS : tasks;
        boolean isSmall = model.toLowerCase(Locale.ROOT).contains("smollm2");
        LookupBench.Subject subject = LookupBench.Subject.of(model, sources.file(world, model), tiers.threads(world));
        LookupBench bench = new LookupBench(world.clock(), world.environment(), of, world::note);
        List<Measure> measures = new ArrayList<>();
        for (String name : parts) {
            Part part = config.choice("parts", name, Part.class).orElseThrow();
            List<Measure> some = switch (part) {
                case LADDER, MASS -> bench.ladder(subject, isSmall ? TaskShape.LONG_8K : TaskShape.LONG_16K, BUDGETS, count,
                        part == Part.MASS);
                case KV -> bench.kvTypes(subject, isSmall ? TaskShape.LONG_8K : TaskShape.LONG_16K, Math.min(count, KV_TEXTS_MAX));
                case ATTACH -> attach(bench, subject, ways, count);
                case NEEDLES -> bench.needles(subject, lengths != null ? lengths
                        : isSmall ? List.of(2048, 4096, 8192) : List.of(4096, 8192, 16_384), Math.min(count, NEEDLES_MAX));
                case ROUTING -> routing(bench, subject);
                case MILLION -> new MillionBench(world.clock(), world.environment(), world::note).run(subject,
                        world.home().root().resolve("bench").resolve("million-" + subject.file().getFileName()), rounds);
                case SPEED -> new LookupSpeedBench(world.clock(), world.environment(), world::note).run(subject,
                        bench.sensitive(subject), new LookupSpeedBench.Plan(isSmall ? 8192 : 32_000, isSmall ? 32 : 16,
                                isQuick ? 1 : rounds, isSmall ? 1.3 : 1.5, wantsPeer));
            };
            keep(some);
            measures.addAll(some);
        }
        return report(measures);
    }

    /** Each number of documents is kept by itself, so that a run that is stopped goes on at the next one. */
    private List<Measure> routing(LookupBench bench, LookupBench.Subject subject) throws Problem {
        List<Measure> measures = new ArrayList<>();
        for (int each : isQuick ? among.subList(0, 1) : among) {
            List<Measure> some = bench.routing(subject, each,
                    world.home().root().resolve("bench").resolve("routing-" + each + "-" + subject.file().getFileName()));
            RoutingBench.table(some).forEach(world::note);
            keep(some);
            measures.addAll(some);
        }
        return measures;
    }

    private void checkCounts() throws Problem {
        checkEach("--documents", documents, 2, DOCUMENTS_MAX);
        checkEach("--among", among, AMONG_MIN, AMONG_MAX);
        checkEach("--lengths", lengths == null ? List.of() : lengths, LENGTH_MIN, LENGTH_MAX);
    }

    private static void checkEach(String flag, List<Integer> values, int least, int most) throws Problem {
        for (int each : values) {
            if (each < least || each > most) {
                throw new Problem(Problem.Kind.USAGE, "%s is %d; it must lie in [%d, %d]".formatted(flag, each, least, most));
            }
        }
    }

    private List<AttachWay> attachWays(Config config) throws Problem {
        List<Positions> rules = new ArrayList<>();
        for (String each : positions) {
            rules.add(config.choice("positions", each, Positions.class).orElseThrow());
        }
        List<Stitching> hows = new ArrayList<>();
        for (String each : stitching) {
            hows.add(config.choice("stitching", each, Stitching.class).orElseThrow());
        }
        return AttachWay.all(rules, hows);
    }

    private List<Measure> attach(LookupBench bench, LookupBench.Subject subject, List<AttachWay> ways, int count) throws Problem {
        List<Measure> measures = new ArrayList<>();
        for (int each : documents) {
            measures.addAll(bench.attach(subject, ways, each, count));
        }
        return measures;
    }
}
