package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.bench.EngineSubject;
import dev.longhand.bench.Measure;
import dev.longhand.kernels.Tier;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** A bench of the engine: one model, tier by tier. */
abstract class BenchEngineCommand extends BenchReport {
    @Option(names = {"-m", "--model"}, paramLabel = "REF", description = "The model.")
    private String model;

    @Option(names = "--rounds", paramLabel = "N", description = "Rounds; the best counts (default: 3).")
    int rounds = 3;

    @Option(names = "--quick", description = "One round.")
    boolean isQuick;

    private final String modelDefault;

    BenchEngineCommand(World world, String modelDefault) {
        super(world);
        this.modelDefault = modelDefault;
    }

    abstract List<Measure> measure(EngineSubject subject) throws Problem;

    @Override
    public Integer call() throws Problem {
        if (rounds < 1 || rounds > 1_000) {
            throw new Problem(Problem.Kind.USAGE, "--rounds is " + rounds + "; it must lie in [1, 1000]");
        }
        String name = model != null ? model : modelDefault;
        List<Measure> measures = new ArrayList<>();
        for (Tier tier : tiers.all(world)) {
            measures.addAll(measure(new EngineSubject(name, sources.file(world, name), tier, tiers.threads(world))));
        }
        return report(measures);
    }

    final int rounds() {
        return isQuick ? 1 : rounds;
    }
}
