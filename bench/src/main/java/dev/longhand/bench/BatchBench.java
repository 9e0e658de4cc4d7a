package dev.longhand.bench;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.lm.Answer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Many sequences at once beside llama.cpp: tokens per second, read and answered together.
 *
 * <p>Method: {@value #SEQUENCES} callers ask at the same time through the engine, {@value #PROMPT} prompt tokens and {@value
 * #ANSWER}
 * answered ones each; llama.cpp does what its llama-batched-bench does, all prompts and then one token of each sequence per step.
 * In turns, best of N, the same KV type. Each round is a tenant of its own, so that no prefix is found again.
 */
public final class BatchBench {
    private static final int SEQUENCES = 16;
    private static final int PROMPT = 512;
    private static final int ANSWER = 128;

    private final Clock clock;
    private final PeerPython python;
    private final Consumer<String> progress;

    public BatchBench(Clock clock, Map<String, String> environment, Consumer<String> progress) {
        this.clock = clock;
        this.python = new PeerPython(environment);
        this.progress = progress;
    }

    /** @param peer whether llama.cpp runs beside */
    public List<Measure> run(EngineSubject subject, int rounds, boolean peer) throws Problem {
        try (EngineRig rig = new EngineRig(subject, subject.options(), clock);
                LlamaPeer llama = peer ? LlamaPeer.start(subject.file(), subject.threads(), python) : null) {
            List<int[]> prompts = rig.lasting(SEQUENCES, PROMPT, ANSWER);
            List<LlamaPeer.Setting> settings = peer ? llama.settings().stream().filter(BatchBench::isF16).toList() : List.of();
            double ours = Double.POSITIVE_INFINITY;
            double[] read = new double[settings.size()];
            double[] theirs = new double[settings.size()];
            Arrays.fill(theirs, Double.POSITIVE_INFINITY);
            for (int round = 1; round <= rounds; round++) {
                ours = Math.min(ours, seconds(rig, prompts, round));
                for (int i = 0; i < theirs.length; i++) {
                    llama.use(settings.get(i), SEQUENCES * (PROMPT + ANSWER), SEQUENCES);
                    double[] both = llama.batch(SEQUENCES, PROMPT, ANSWER);
                    read[i] = both[0] + both[1] < theirs[i] ? both[0] : read[i];
                    theirs[i] = Math.min(theirs[i], both[0] + both[1]);
                }
                progress.accept("batch: round %d of %d".formatted(round, rounds));
            }
            return List.of(measure(subject, rig, ours, new Theirs(settings, theirs, read)));
        }
    }

    private static boolean isF16(LlamaPeer.Setting setting) {
        return setting.keys().equals("f16") && setting.values().equals("f16");
    }

    private double seconds(EngineRig rig, List<int[]> prompts, int round) throws Problem {
        long start = clock.nanos();
        List<Answer> answers = rig.together("round " + round, prompts, ANSWER);
        double seconds = clock.secondsSince(start);
        long read = answers.stream().mapToLong(a -> a.usage().readTokens()).sum();
        if (read < (long) SEQUENCES * PROMPT) {
            throw new IllegalStateException("only " + read + " prompt tokens were read: something was cached");
        }
        return seconds;
    }

    /** Best times of llama.cpp, by setting: in all, and of that to read. */
    private record Theirs(List<LlamaPeer.Setting> settings, double[] seconds, double[] readSeconds) {}

    private static Measure measure(EngineSubject subject, EngineRig rig, double ours, Theirs peer) {
        double[] theirs = peer.seconds;
        double tokens = (double) SEQUENCES * (PROMPT + ANSWER);
        String row = subject.name() + "/batch-" + SEQUENCES + "x" + PROMPT + "+" + ANSWER;
        int best = -1;
        for (int i = 0; i < theirs.length; i++) {
            best = best < 0 || theirs[i] < theirs[best] ? i : best;
        }
        if (best < 0) {
            return Measure.of(row, rig.label(), tokens / ours, "tokens/s", Optional.empty(), "KV", "f16");
        }
        return Measure.of(row, rig.label(), theirs[best] / ours, "x llama.cpp", Optional.of(Target.atLeast(2, 3)),
                "tokensPerSecond", tokens / ours, "llama.cpp", tokens / theirs[best],
                "its setting", peer.settings.get(best).label(), "its reading", SEQUENCES * PROMPT / peer.readSeconds[best],
                "its answering", SEQUENCES * ANSWER / (theirs[best] - peer.readSeconds[best]));
    }
}
