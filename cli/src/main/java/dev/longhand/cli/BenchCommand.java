package dev.longhand.cli;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.bench.Parity;
import dev.longhand.bench.PeersBench;
import dev.longhand.catalog.InstalledModel;
import dev.longhand.catalog.ModelReference;
import dev.longhand.catalog.Models;
import dev.longhand.kernels.KernelsFactory;
import dev.longhand.kernels.Tier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code longhand bench}. */
@Command(name = "bench", description = "Measure: speed side by side with llama.cpp, parity with its stored predictions.",
        footer = {"  longhand bench peers", "  longhand bench peers -m smollm2 --rounds 5 --json",
                "  longhand bench parity -m smollm2"})
final class BenchCommand extends CliCommand {
    /** Tokens of a window of the stored predictions, and how many windows there are. */
    private static final int WINDOW_TOKENS = 1_024;
    private static final int WINDOWS = 4;

    BenchCommand(World world) {
        super(world);
    }

    /** The parser of this verb with its own verbs. */
    static CommandLine line(World world) {
        return new CommandLine(new BenchCommand(world)).addSubcommand("peers", new Peers(world)).addSubcommand("parity",
                new ParityOf(world));
    }

    @Override
    public Integer call() throws Problem {
        throw new Problem(Problem.Kind.USAGE, "bench needs one of peers, parity; see 'longhand bench --help'");
    }

    /** Installed models; what is not there is fetched. */
    static List<InstalledModel> installed(World world, List<String> references, boolean isOffline) throws Problem {
        Models models = Models.open(world.home(), world.environment());
        Config config = Config.read(world);
        List<ModelReference> asked = new ArrayList<>();
        for (String each : references) {
            asked.add(ModelReference.parse(each));
        }
        if (asked.isEmpty()) {
            asked.add(ModelFlags.reference(config, null, models.catalogue()));
        }
        List<InstalledModel> installed = new ArrayList<>();
        for (ModelReference each : asked) {
            installed.add(PullCommand.pull(world, models, each, isOffline));
        }
        return installed;
    }

    /** The one that is asked for, else the fast ones that run here. */
    private static List<Tier> tiers(World world, String asked, int threads) throws Problem {
        if (asked != null) {
            return List.of(Config.read(world).choice("tier", asked, Tier.class).orElseThrow());
        }
        List<Tier> tiers = new ArrayList<>();
        for (Tier each : List.of(Tier.NATIVE, Tier.VECTOR)) {
            try {
                KernelsFactory.open(each, threads).kernels().close();
                tiers.add(each);
            } catch (Problem e) {
                world.note(e.getMessage());
            }
        }
        return tiers.isEmpty() ? List.of(Tier.SCALAR) : tiers;
    }

    @Command(name = "peers", description = "Prefill 512 and decode 64 tokens beside llama.cpp: same file, same threads, same run.",
            footer = {"  longhand bench peers", "  longhand bench peers -m smollm2 -m gemma3-270m --rounds 5",
                "  longhand bench peers --tier native --no-peer --json"})
    static final class Peers extends ReportCommand {
        @Option(names = {"-m", "--model"}, paramLabel = "REF", description = "A model; may be given several times.")
        private List<String> models = List.of();

        @Option(names = {"-t", "--threads"}, paramLabel = "N", description = "Threads of every contestant (default: processors).")
        private Integer threads;

        @Option(names = "--rounds", paramLabel = "N", description = "Rounds; the best of each contestant counts (default: 5).")
        private int rounds = 5;

        @Option(names = "--tier", paramLabel = "TIER", description = "Only this tier (default: native and vector, where they run).")
        private String tier;

        @Option(names = "--no-peer", description = "Run Longhand alone.")
        private boolean isAlone;

        @Option(names = "--offline", description = "Make no network request.")
        private boolean isOffline;

        Peers(World world) {
            super(world);
        }

        @Override
        public Integer call() throws Problem {
            if (rounds < 1 || rounds > 1_000) {
                throw new Problem(Problem.Kind.USAGE, "--rounds is " + rounds + "; it must lie in [1, 1000]");
            }
            int count = Config.read(world).number("threads", threads, 1, 256).orElse(Runtime.getRuntime().availableProcessors());
            List<PeersBench.Subject> subjects = installed(world, models, isOffline).stream()
                    .map(m -> new PeersBench.Subject(m.name(), m.file())).toList();
            PeersBench bench = new PeersBench(world.clock(), world.environment(), world::note);
            List<PeersBench.Row> rows = bench.run(
                    new PeersBench.Plan(subjects, tiers(world, tier, count), count, rounds, !isAlone));
            if (isJson) {
                Json.print(world.out(), Json.object("threads", count, "rounds", rounds, "rows", rows.stream().map(r -> json(r))
                        .toList()));
            } else {
                print(rows);
            }
            return ExitCodes.OK;
        }

        private void print(List<PeersBench.Row> rows) {
            Table table = new Table("MODEL", "WORK", "TOKENS/S", "TO PEER", "WHO");
            rows.forEach(r -> table.row(r.model(), r.work(), String.format(Locale.ROOT, "%.1f", r.tokensPerSecond()),
                    r.ratio().map(x -> String.format(Locale.ROOT, "%.2f", x)).orElse("-"), r.who()));
            table.print(world);
        }

        private static Map<String, Object> json(PeersBench.Row row) {
            return Json.object("model", row.model(), "work", row.work(), "who", row.who(), "tokensPerSecond", row.tokensPerSecond(),
                    "ratio", row.ratio().orElse(null));
        }
    }

    @Command(name = "parity", description = "Compare the predictions with those that llama.cpp made of the same file: divergence, "
            + "agreement, perplexity.",
            footer = {"  longhand bench parity", "  longhand bench parity -m gemma3-270m --tier vector --json",
                "  longhand bench parity --positions 128 --windows 1"})
    static final class ParityOf extends ReportCommand {
        @Option(names = {"-m", "--model"}, paramLabel = "REF", description = "A model; may be given several times.")
        private List<String> models = List.of();

        @Option(names = {"-t", "--threads"}, paramLabel = "N", description = "Threads of the kernels (default: one per processor).")
        private Integer threads;

        @Option(names = "--tier", paramLabel = "TIER", description = "Only this tier (default: native and vector, where they run).")
        private String tier;

        @Option(names = "--positions", paramLabel = "N", description = "Positions whose predictions are compared (default: 1024).")
        private int positions = WINDOW_TOKENS;

        @Option(names = "--windows", paramLabel = "N", description = "Windows of 1,024 tokens for the perplexity (default: 4).")
        private Integer windows;

        @Option(names = "--offline", description = "Make no network request.")
        private boolean isOffline;

        ParityOf(World world) {
            super(world);
        }

        @Override
        public Integer call() throws Problem {
            int count = Config.read(world).number("threads", threads, 1, 256).orElse(Runtime.getRuntime().availableProcessors());
            List<Parity.Result> results = new ArrayList<>();
            for (InstalledModel model : installed(world, models, isOffline)) {
                Path file = model.file();
                for (Tier each : tiers(world, tier, count)) {
                    results.add(compare(file, each, count));
                }
            }
            if (isJson) {
                Json.print(world.out(), Json.object("rows", results.stream().map(r -> json(r)).toList()));
            } else {
                print(results);
            }
            return results.stream().allMatch(Parity.Result::isWithinBounds) ? ExitCodes.OK : ExitCodes.CHECK_FAILED;
        }

        private Parity.Result compare(Path file, Tier each, int count) throws Problem {
            StatusLine status = new StatusLine(world);
            try {
                Parity.Work work = new Parity.Work(positions, windows != null ? windows : positions < WINDOW_TOKENS ? 1 : WINDOWS);
                return Parity.run(file, each, count, work, (done, total) -> status.show("read " + done + " of " + total
                        + " tokens"));
            } catch (IllegalArgumentException e) {
                throw new Problem(Problem.Kind.USAGE, e.getMessage(), e);
            } catch (IOException e) {
                throw Disk.problem("reading", file, e);
            } finally {
                status.clear();
            }
        }

        private void print(List<Parity.Result> results) {
            Table table = new Table("MODEL", "TIER", "KL MEAN", "SAME TOP", "PERPLEXITY", "LLAMA.CPP", "WITHIN BOUNDS");
            results.forEach(r -> table.row(r.golden(), RunCommand.tier(r.tier(), r.instructionSet()),
                    String.format(Locale.ROOT, "%.5f", r.divergenceMean()), String.format(Locale.ROOT, "%.2f %%",
                    100 * r.agreement()),
                    String.format(Locale.ROOT, "%.4f", r.perplexity()), String.format(Locale.ROOT, "%.4f", r.perplexityGolden()),
                    r.isWithinBounds() ? "yes" : "NO"));
            table.print(world);
        }

        private static Map<String, Object> json(Parity.Result r) {
            return Json.object("model", r.golden(), "tier", r.tier().name().toLowerCase(Locale.ROOT),
                    "instructionSet", r.instructionSet(), "positions", r.positions(), "divergenceMean", r.divergenceMean(),
                    "divergence99", r.divergence99(), "divergenceMax", r.divergenceMax(), "agreement", r.agreement(),
                    "tokens", r.tokens(), "perplexity", r.perplexity(), "perplexityPeer", r.perplexityGolden(),
                    "isWithinBounds", r.isWithinBounds(), "seconds", r.seconds());
        }
    }
}
