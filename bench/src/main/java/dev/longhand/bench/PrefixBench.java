package dev.longhand.bench;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.lm.Answer;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What a shared beginning saves: the second request behind {@value #SHARED} tokens that were read before, and forks.
 *
 * <p>Method: requests of one tenant with the same {@value #SHARED} tokens and {@value #OWN} of their own, one answered token; a new
 * tenant per round, since tenants share nothing. Forks are taken of a sequence that ends inside a block.
 */
public final class PrefixBench {
    private static final int SHARED = 4096;
    private static final int OWN = 64;
    private static final int FORKS = 8;
    private static final int FORK_TIMES = 200;

    private final Clock clock;

    public PrefixBench(Clock clock) {
        this.clock = clock;
    }

    public List<Measure> run(EngineSubject subject, int rounds) throws Problem {
        try (EngineRig rig = new EngineRig(subject, subject.options(), clock)) {
            List<Measure> measures = new ArrayList<>(shared(subject.name(), rig, rounds));
            measures.addAll(forks(subject.name(), rig));
            rig.model.checkIntegrity();
            return measures;
        }
    }

    private List<Measure> shared(String name, EngineRig rig, int rounds) throws Problem {
        rig.ask("warm", rig.prompt(0, OWN), 1, Sink.SILENT);
        double cold = Double.POSITIVE_INFINITY;
        double warm = Double.POSITIVE_INFINITY;
        int read = 0;
        for (int round = 0; round < rounds; round++) {
            long start = clock.nanos();
            rig.ask("tenant " + round, prompt(rig, 1), 1, Sink.SILENT);
            cold = Math.min(cold, clock.secondsSince(start));
            start = clock.nanos();
            Answer second = rig.ask("tenant " + round, prompt(rig, 2), 1, Sink.SILENT);
            warm = Math.min(warm, clock.secondsSince(start));
            read = Math.max(read, second.usage().readTokens());
        }
        return List.of(
                Measure.of(name + "/prefix-4k-first-token", rig.label(), cold / warm, "x sooner", Optional.of(Target.atLeast(20)),
                        "cold ms", cold * 1e3, "shared ms", warm * 1e3, "rounds", rounds),
                Measure.of(name + "/prefix-4k-read", rig.label(), read, "tokens", Optional.of(Target.atMost(OWN)),
                        "prompt tokens", SHARED + OWN, "hits", rig.model.prefixCounters().hitTokens()));
    }

    private static int[] prompt(EngineRig rig, int number) {
        int[] prompt = rig.prompt(50, SHARED + OWN);
        System.arraycopy(rig.prompt(number, OWN), 0, prompt, SHARED, OWN);
        return prompt;
    }

    private List<Measure> forks(String name, EngineRig rig) throws Problem {
        int[] prompt = rig.prompt(51, SHARED + OWN / 2);
        try (Sequence origin = rig.model.open(new SequenceSpec(prompt.length + OWN).withTenant("forks"))) {
            origin.read(prompt, Sink.SILENT);
            double[] micros = new double[FORK_TIMES];
            for (int i = 0; i < FORK_TIMES; i++) {
                long start = clock.nanos();
                Sequence fork = origin.fork();
                micros[i] = (clock.nanos() - start) / 1e3;
                fork.close();
            }
            int blocks = rig.model.pool().blocksLent();
            int more = grown(origin, prompt, rig) - blocks;
            return List.of(
                    Measure.of(name + "/fork-4k", rig.label(), EngineRig.quantile(micros, 0.5), "us",
                            Optional.of(Target.atMost(100)),
                            "p99 us", EngineRig.quantile(micros, 0.99), "tokens", prompt.length),
                    Measure.of(name + "/fork-4k-memory", rig.label(), more, "blocks", Optional.of(Target.atMost(FORKS)),
                            "forks", FORKS, "blocks of one", blocks));
        }
    }

    /** Blocks lent while so many forks have each answered a few tokens. */
    private static int grown(Sequence origin, int[] prompt, EngineRig rig) throws Problem {
        List<Sequence> forks = new ArrayList<>();
        try {
            for (int i = 0; i < FORKS; i++) {
                forks.add(origin.fork());
                int[] own = Arrays.copyOf(prompt, prompt.length + 1);
                own[prompt.length] = prompt[i + 1];
                forks.getLast().generate(own, GenerationSpec.greedy(4), Sink.SILENT);
            }
            return rig.model.pool().blocksLent();
        } finally {
            forks.forEach(Sequence::close);
        }
    }
}
