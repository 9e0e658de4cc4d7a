package dev.longhand.bench;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.kernels.Tier;
import dev.longhand.memory.DenseKv;
import dev.longhand.memory.Lookup;
import dev.longhand.memory.LookupCounters;
import dev.longhand.memory.LookupSpec;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Decoding behind a long context with lookups, beside attending to everything in the same run, in turns, best of N. */
public final class LookupSpeedBench {
    private static final int TOKENS = 32;

    private final Clock clock;
    private final Consumer<String> progress;

    public LookupSpeedBench(Clock clock, Consumer<String> progress) {
        this.clock = clock;
        this.progress = progress;
    }

    /** @param sensitive heads of the model; {@code blocks} that each head chooses */
    public List<Measure> run(LookupBench.Subject subject, BitSet sensitive, int depth, int blocks, int rounds, double target)
            throws Problem {
        try (LookupRig rig = new LookupRig(new OwnModel(subject.file(), Tier.NATIVE, subject.threads()));
                Lookup lookup = rig.lookup(LookupMode.HEADS, sensitive, new LookupSpec(blocks, 512));
                DenseKv base = rig.dense(depth + 2 * TOKENS)) {
            long start = clock.nanos();
            rig.read(base, rig.own.tokens(depth));
            progress.accept("%s: read %d tokens at %.0f/s".formatted(subject.name(), depth, depth / clock.secondsSince(start)));
            double dense = Double.POSITIVE_INFINITY;
            double looking = Double.POSITIVE_INFINITY;
            LookupCounters used = lookup.counters();
            for (int round = 0; round <= rounds; round++) {
                double denseSeconds = seconds(rig, base.fork());
                LookupCounters before = lookup.counters();
                double lookingSeconds = seconds(rig, base.fork(lookup));
                used = lookup.counters().minus(before);
                if (round > 0) {
                    dense = Math.min(dense, denseSeconds);
                    looking = Math.min(looking, lookingSeconds);
                }
            }
            return measures(rig, subject, depth, dense, looking, used, target);
        }
    }

    private double seconds(LookupRig rig, DenseKv fork) throws Problem {
        try (DenseKv kv = fork) {
            int[] tokens = rig.own.tokens(TOKENS + 1);
            rig.logits(kv, new int[] {tokens[TOKENS]}, 0);
            long start = clock.nanos();
            for (int i = 0; i < TOKENS; i++) {
                rig.logits(kv, new int[] {tokens[i]}, 0);
            }
            return clock.secondsSince(start);
        }
    }

    private static List<Measure> measures(LookupRig rig, LookupBench.Subject subject, int depth, double dense, double looking,
            LookupCounters used, double target) {
        int memoryLayers = rig.own.model.memoryLayers().cardinality();
        double perToken = (double) used.scannedBytes() / (TOKENS + 1) / depth;
        double keysAndValues = (double) rig.pool.shape().storedRecordBytes() / 64 * rig.pool.shape().kvHeads() * memoryLayers;
        List<Measure> measures = new ArrayList<>();
        measures.add(Measure.of("%s/decode-%dk-lookup".formatted(subject.name(), depth / 1024), rig.own.label(), dense / looking,
                "x own dense", Optional.of(Target.atLeast(target)), "tokens/s", TOKENS / looking, "dense tokens/s",
                TOKENS / dense));
        measures.add(Measure.of("%s/scanned-%dk".formatted(subject.name(), depth / 1024), rig.own.label(), keysAndValues / perToken,
                "x less than K+V", Optional.of(Target.atLeast(16)), "bytes scanned per cached token", perToken, "bytes of K+V",
                keysAndValues, "attended bytes per token", (double) used.attendedBytes() / (TOKENS + 1)));
        return measures;
    }
}
