package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.kernels.KernelsFactory;
import dev.longhand.kernels.Tier;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** What of Longhand a bench runs. */
final class BenchTiers {
    @Option(names = {"-t", "--threads"}, paramLabel = "N", description = "Threads of the kernels (default: one per processor).")
    private Integer threads;

    @Option(names = "--tier", paramLabel = "TIER", split = ",",
            description = "Kernel tiers: native, vector, scalar (default: native and vector, where they run). "
                    + "LONGHAND_NATIVE_ISA=avx2 chooses the native instruction set.")
    private List<String> tiers = List.of();

    int threads(World world) throws Problem {
        return Config.read(world).number("threads", threads, 1, 256).orElse(Runtime.getRuntime().availableProcessors());
    }

    /** Those that are asked for, else the fast ones that run here. */
    List<Tier> all(World world) throws Problem {
        List<Tier> chosen = new ArrayList<>();
        for (String each : tiers) {
            chosen.add(Config.read(world).choice("tier", each, Tier.class).orElseThrow());
        }
        return chosen.isEmpty() ? running(world) : chosen;
    }

    private static List<Tier> running(World world) {
        List<Tier> running = new ArrayList<>();
        for (Tier each : List.of(Tier.NATIVE, Tier.VECTOR)) {
            try {
                KernelsFactory.open(each, 1).kernels().close();
                running.add(each);
            } catch (Problem e) {
                world.note(e.getMessage());
            }
        }
        return running.isEmpty() ? List.of(Tier.SCALAR) : running;
    }
}
