package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.bench.PeerRow;
import dev.longhand.bench.PeersBench;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code longhand bench peers}. */
@Command(name = "peers", description = "Speed beside llama.cpp: same file, same threads, same run, in turns; each "
        + "side's best setting.",
        footer = {"  longhand bench peers", "  longhand bench peers --rows prefill,decode-8k --tier native --out figures.json",
            "  longhand bench peers -m ./model.gguf --rounds 3",
            "  LONGHAND_NATIVE_ISA=avx2 longhand bench peers --tier native --quick"})
final class BenchPeersCommand extends BenchReport {
    private static final int QUICK_ROUNDS = 2;

    @Option(names = {"-m", "--model"}, paramLabel = "REF",
            description = "A model, instead of the table; may be given several times.")
    private List<String> models = List.of();

    @Option(names = "--rows", paramLabel = "TEXT", split = ",", description = "Only rows whose name holds one of these texts.")
    private List<String> terms = List.of();

    @Option(names = "--rounds", paramLabel = "N", description = "Rounds; the best of each contestant counts (default: 5).")
    private int rounds = 5;

    @Option(names = "--quick", description = "Two rounds, and no long context unless --rows names it.")
    private boolean isQuick;

    @Option(names = "--list", description = "Only list the rows.")
    private boolean wantsList;

    @Option(names = "--no-peer", description = "Run Longhand alone.")
    private boolean isAlone;

    BenchPeersCommand(World world) {
        super(world);
    }

    @Override
    public Integer call() throws Problem {
        if (rounds < 1 || rounds > 1_000) {
            throw new Problem(Problem.Kind.USAGE, "--rounds is " + rounds + "; it must lie in [1, 1000]");
        }
        List<PeerRow> rows = rows();
        if (wantsList) {
            Table table = new Table("ROW", "TARGETS");
            rows.forEach(r -> table.row(r.name(), r.targets().toString()));
            table.print(world);
            return ExitCodes.OK;
        }
        PeersBench bench = new PeersBench(world.clock(), world.environment(), world::note);
        PeersBench.Plan plan = new PeersBench.Plan(rows, tiers.all(world), tiers.threads(world),
                isQuick ? Math.min(rounds, QUICK_ROUNDS) : rounds, !isAlone);
        return report(bench.run(plan, model -> sources.file(world, model)));
    }

    private List<PeerRow> rows() throws Problem {
        List<PeerRow> all = new ArrayList<>();
        for (String model : models) {
            all.addAll(PeerRow.of(model));
        }
        List<PeerRow> rows = PeerRow.select(models.isEmpty() ? PeerRow.TABLE : all, terms);
        List<PeerRow> chosen = isQuick && terms.isEmpty() ? rows.stream().filter(r -> !r.isDeep()).toList() : rows;
        if (chosen.isEmpty()) {
            throw new Problem(Problem.Kind.USAGE, "no row's name holds " + String.join(" or ", terms)
                    + "; see 'longhand bench peers --list'");
        }
        return chosen;
    }
}
