package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.bench.PeersBench;
import dev.longhand.catalog.InstalledModel;
import dev.longhand.catalog.ModelReference;
import dev.longhand.catalog.Models;
import dev.longhand.kernels.KernelsFactory;
import dev.longhand.kernels.Tier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code longhand bench}. */
@Command(name = "bench", description = "Measure this machine: side by side with peers.",
        footer = {"  longhand bench peers", "  longhand bench peers -m smollm2 --rounds 5 --json"})
final class BenchCommand extends CliCommand {
    BenchCommand(World world) {
        super(world);
    }

    /** The parser of this verb with its own verbs. */
    static CommandLine line(World world) {
        return new CommandLine(new BenchCommand(world)).addSubcommand("peers", new Peers(world));
    }

    @Override
    public Integer call() throws Problem {
        throw new Problem(Problem.Kind.USAGE, "bench needs to know what: peers; see 'longhand bench --help'");
    }

    /** Files of installed models; what is not there is fetched. */
    static List<Path> files(World world, List<String> references, boolean isOffline) throws Problem {
        Models models = Models.open(world.home(), world.environment());
        Config config = Config.read(world);
        List<ModelReference> asked = new ArrayList<>();
        for (String each : references) {
            asked.add(ModelReference.parse(each));
        }
        if (asked.isEmpty()) {
            asked.add(ModelFlags.reference(config, null, models.catalogue()));
        }
        List<Path> files = new ArrayList<>();
        for (ModelReference each : asked) {
            InstalledModel model = PullCommand.pull(world, models, each, isOffline);
            files.add(model.file());
        }
        return files;
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
            List<Path> files = files(world, models, isOffline);
            PeersBench bench = new PeersBench(world.clock(), world.environment(), world::note);
            List<PeersBench.Row> rows = bench.run(new PeersBench.Plan(files, tiers(count), count, rounds, !isAlone));
            if (isJson) {
                Json.print(world.out(), Json.object("threads", count, "rounds", rounds, "rows", rows.stream().map(r -> json(r))
                        .toList()));
            } else {
                print(rows);
            }
            return ExitCodes.OK;
        }

        private List<Tier> tiers(int count) throws Problem {
            if (tier != null) {
                return List.of(Config.read(world).choice("tier", tier, Tier.class).orElseThrow());
            }
            List<Tier> tiers = new ArrayList<>();
            for (Tier each : List.of(Tier.NATIVE, Tier.VECTOR)) {
                try {
                    KernelsFactory.open(each, count).kernels().close();
                    tiers.add(each);
                } catch (Problem e) {
                    world.note(e.getMessage());
                }
            }
            return tiers.isEmpty() ? List.of(Tier.SCALAR) : tiers;
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
}
