package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.bench.BatchBench;
import dev.longhand.bench.BenchModels;
import dev.longhand.bench.EngineSubject;
import dev.longhand.bench.ExpertsBench;
import dev.longhand.bench.Measure;
import dev.longhand.bench.MemoryBench;
import dev.longhand.bench.PeerRow;
import dev.longhand.bench.PeersBench;
import dev.longhand.bench.PrefixBench;
import dev.longhand.bench.SpeculationBench;
import dev.longhand.bench.StallBench;
import dev.longhand.kernels.Tier;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code longhand bench all}. */
@Command(name = "all", description = "Every bench one after another: peers, batch, prefix, speculate, stall, experts, memory. A "
        + "quarter of an hour for one tier on two cores.",
        footer = {"  longhand bench all --tier native --out figures.json",
            "  LONGHAND_NATIVE_ISA=avx2 longhand bench all --tier native --out figures.json"})
final class BenchAllCommand extends BenchReport {
    @Option(names = "--rounds", paramLabel = "N", description = "Rounds beside llama.cpp; the best counts (default: 3).")
    private int rounds = 3;

    @Option(names = "--minutes", paramLabel = "N", description = "Minutes of load of the memory bench (default: 1).")
    private double minutes = 1;

    @Option(names = "--no-peer", description = "Run Longhand alone.")
    private boolean isAlone;

    BenchAllCommand(World world) {
        super(world);
    }

    @Override
    public Integer call() throws Problem {
        if (rounds < 1 || rounds > 1_000 || !(minutes > 0 && minutes <= 1440)) {
            throw new Problem(Problem.Kind.USAGE, "--rounds is " + rounds + " and --minutes " + minutes
                    + "; they must lie in [1, 1000] and (0, 1440]");
        }
        List<Measure> measures = new ArrayList<>();
        for (Tier tier : tiers.all(world)) {
            EngineSubject small = subject(PeerRow.SMOLLM2, tier);
            add(measures, new BatchBench(world.clock(), world.environment(), world::note).run(small, 1, !isAlone));
            add(measures, new PrefixBench(world.clock()).run(small, rounds));
            add(measures, new SpeculationBench(world.clock()).run(small, rounds));
            add(measures, new StallBench(world.clock()).run(small));
            add(measures, new ExpertsBench(world.clock()).run(subject(BenchModels.MIXTURE, tier)));
            add(measures, new MemoryBench(world.clock(), world::note).run(small, minutes));
        }
        PeersBench peers = new PeersBench(world.clock(), world.environment(), world::note);
        for (List<PeerRow> rows : PeerRow.byModel(PeerRow.TABLE)) {
            PeersBench.Plan plan = new PeersBench.Plan(rows, tiers.all(world), tiers.threads(world), rounds, !isAlone);
            add(measures, peers.run(plan, model -> sources.file(world, model)));
        }
        return report(measures);
    }

    private EngineSubject subject(String model, Tier tier) throws Problem {
        return new EngineSubject(model, sources.file(world, model), tier, tiers.threads(world));
    }

    private void add(List<Measure> measures, List<Measure> more) throws Problem {
        keep(more);
        measures.addAll(more);
    }
}
