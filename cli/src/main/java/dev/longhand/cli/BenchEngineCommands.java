package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.bench.BatchBench;
import dev.longhand.bench.BenchModels;
import dev.longhand.bench.EngineSubject;
import dev.longhand.bench.ExpertsBench;
import dev.longhand.bench.Measure;
import dev.longhand.bench.MemoryBench;
import dev.longhand.bench.PeerRow;
import dev.longhand.bench.PrefixBench;
import dev.longhand.bench.SpeculationBench;
import dev.longhand.bench.StallBench;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The benches of the engine: {@code longhand bench batch}, {@code stall}, {@code prefix}, {@code speculate}, {@code memory},
 * {@code experts}.
 */
final class BenchEngineCommands {
    private BenchEngineCommands() {}

    @Command(name = "batch", description = "Sixteen sequences at once, 512 tokens read and 128 answered each, beside llama.cpp.",
            footer = {"  longhand bench batch", "  longhand bench batch --tier native --quick --json"})
    static final class Batch extends BenchEngineCommand {
        @Option(names = "--no-peer", description = "Run Longhand alone.")
        private boolean isAlone;

        Batch(World world) {
            super(world, PeerRow.SMOLLM2);
        }

        @Override
        List<Measure> measure(EngineSubject subject) throws Problem {
            return new BatchBench(world.clock(), world.environment(), world::note).run(subject, rounds(), !isAlone);
        }
    }

    @Command(name = "stall", description = "What a prompt of 6,144 tokens does to eight answers that are under way.",
            footer = {"  longhand bench stall", "  longhand bench stall --tier native --json"})
    static final class Stall extends BenchEngineCommand {
        Stall(World world) {
            super(world, PeerRow.SMOLLM2);
        }

        @Override
        List<Measure> measure(EngineSubject subject) throws Problem {
            return new StallBench(world.clock()).run(subject);
        }
    }

    @Command(name = "prefix", description = "A beginning of 4,096 tokens read before; forks of a sequence.",
            footer = {"  longhand bench prefix", "  longhand bench prefix --tier native --rounds 5"})
    static final class Prefix extends BenchEngineCommand {
        Prefix(World world) {
            super(world, PeerRow.SMOLLM2);
        }

        @Override
        List<Measure> measure(EngineSubject subject) throws Problem {
            return new PrefixBench(world.clock()).run(subject, rounds());
        }
    }

    @Command(name = "speculate", description = "Answers guessed ahead: a task that quotes and one that does not, with and without.",
            footer = {"  longhand bench speculate", "  longhand bench speculate --tier native --rounds 5"})
    static final class Speculate extends BenchEngineCommand {
        Speculate(World world) {
            super(world, PeerRow.SMOLLM2);
        }

        @Override
        List<Measure> measure(EngineSubject subject) throws Problem {
            return new SpeculationBench(world.clock()).run(subject, rounds());
        }
    }

    @Command(name = "memory", description = "Resident memory, Java heap per token, pauses of the garbage collector under load.",
            footer = {"  longhand bench memory --minutes 10", "  longhand bench memory --tier native --quick"})
    static final class Memory extends BenchEngineCommand {
        private static final double QUICK_MINUTES = 1;

        @Option(names = "--minutes", paramLabel = "N", description = "Minutes of load (default: 10; with --quick 1).")
        private double minutes = 10;

        Memory(World world) {
            super(world, PeerRow.SMOLLM2);
        }

        @Override
        List<Measure> measure(EngineSubject subject) throws Problem {
            if (!(minutes > 0 && minutes <= 1440)) {
                throw new Problem(Problem.Kind.USAGE, "--minutes is " + minutes + "; it must lie in (0, 1440]");
            }
            return new MemoryBench(world.clock(), world::note).run(subject, isQuick ? Math.min(minutes, QUICK_MINUTES) : minutes);
        }
    }

    @Command(name = "experts", description = "Bytes of weights that a mixture of experts reads per decoded token.",
            footer = {"  longhand bench experts", "  longhand bench experts -m ./mixture.gguf --json"})
    static final class Experts extends BenchEngineCommand {
        Experts(World world) {
            super(world, BenchModels.MIXTURE);
        }

        @Override
        List<Measure> measure(EngineSubject subject) throws Problem {
            return new ExpertsBench(world.clock()).run(subject);
        }
    }
}
