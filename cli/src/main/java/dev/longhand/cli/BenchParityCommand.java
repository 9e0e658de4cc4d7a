package dev.longhand.cli;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.bench.Parity;
import dev.longhand.catalog.InstalledModel;
import dev.longhand.kernels.Tier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code longhand bench parity}. */
@Command(name = "parity", description = "Compare the predictions with those that llama.cpp made of the same file: divergence, "
        + "agreement, perplexity.",
        footer = {"  longhand bench parity", "  longhand bench parity -m gemma3-270m --tier vector --json",
            "  longhand bench parity --positions 128 --windows 1"})
final class BenchParityCommand extends ReportCommand {
    /** Tokens of a window of the stored predictions, and how many windows there are. */
    private static final int WINDOW_TOKENS = 1_024;
    private static final int WINDOWS = 4;

    @Mixin
    private BenchTiers tiers;

    @Mixin
    private BenchSources sources;

    @Option(names = {"-m", "--model"}, paramLabel = "REF", description = "A model; may be given several times.")
    private List<String> models = List.of();

    @Option(names = "--positions", paramLabel = "N", description = "Positions whose predictions are compared (default: 1024).")
    private int positions = WINDOW_TOKENS;

    @Option(names = "--windows", paramLabel = "N", description = "Windows of 1,024 tokens for the perplexity (default: 4).")
    private Integer windows;

    BenchParityCommand(World world) {
        super(world);
    }

    @Override
    public Integer call() throws Problem {
        int count = tiers.threads(world);
        List<Parity.Result> results = new ArrayList<>();
        for (InstalledModel model : sources.installed(world, models)) {
            Path file = model.file();
            for (Tier each : tiers.all(world)) {
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
