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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Decoding behind a long context with lookups, beside attending to everything and, if wanted, beside llama.cpp's settings: all in
 * the same run, in turns, best of N.
 */
public final class LookupSpeedBench {
    private static final int TOKENS = 32;
    /** Passes before the counted rounds: what the Java around the kernels needs to be compiled. */
    private static final int WARM_ROUNDS = 12;

    private final Clock clock;
    private final PeerPython python;
    private final Consumer<String> progress;

    public LookupSpeedBench(Clock clock, Map<String, String> environment, Consumer<String> progress) {
        this.clock = clock;
        this.python = new PeerPython(environment);
        this.progress = progress;
    }

    /**
     * What is measured.
     *
     * @param blocks   that each head chooses
     * @param target   speed over attending to everything
     * @param isBeside whether llama.cpp runs beside it
     */
    public record Plan(int depth, int blocks, int rounds, double target, boolean isBeside) {}

    /** Best seconds for {@link #TOKENS} tokens. */
    private static final class Best {
        double dense = Double.POSITIVE_INFINITY;
        double looking = Double.POSITIVE_INFINITY;
        final Map<String, Double> peers = new LinkedHashMap<>();
        LookupCounters used;
    }

    /** @param sensitive heads of the model */
    public List<Measure> run(LookupBench.Subject subject, BitSet sensitive, Plan plan) throws Problem {
        Best best = new Best();
        try (LlamaPeer peer = plan.isBeside ? LlamaPeer.start(subject.file(), subject.threads(), python) : null;
                LookupRig rig = new LookupRig(new OwnModel(subject.file(), Tier.NATIVE, subject.threads()));
                Lookup lookup = rig.lookup(LookupMode.HEADS, sensitive, new LookupSpec(plan.blocks, 512));
                DenseKv base = rig.dense(plan.depth + 2 * TOKENS)) {
            long start = clock.nanos();
            rig.read(base, rig.own.tokens(plan.depth));
            progress.accept("%s: read %d tokens at %.0f/s".formatted(subject.name(), plan.depth,
                    plan.depth / clock.secondsSince(start)));
            for (int round = 0; round < WARM_ROUNDS; round++) {
                seconds(rig, base.fork());
                seconds(rig, base.fork(lookup));
            }
            for (int round = 0; round < plan.rounds; round++) {
                best.dense = Math.min(best.dense, seconds(rig, base.fork()));
                LookupCounters before = lookup.counters();
                best.looking = Math.min(best.looking, seconds(rig, base.fork(lookup)));
                best.used = lookup.counters().minus(before);
                besides(peer, plan.depth, best.peers);
                progress.accept("%s: round %d, %.1f tokens/s, dense %.1f".formatted(subject.name(), round + 1,
                        TOKENS / best.looking, TOKENS / best.dense));
            }
            return measures(rig, subject, plan, best);
        }
    }

    private static void besides(LlamaPeer peer, int depth, Map<String, Double> best) throws Problem {
        for (LlamaPeer.Setting setting : peer == null ? List.<LlamaPeer.Setting>of() : peer.settings()) {
            double seconds = new PeerContender(peer, setting).seconds(PeerRow.Work.decode(depth, TOKENS));
            best.merge(setting.label(), seconds, Math::min);
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

    private static List<Measure> measures(LookupRig rig, LookupBench.Subject subject, Plan plan, Best best) {
        int memoryLayers = rig.own.model.memoryLayers().cardinality();
        double perToken = (double) best.used.scannedBytes() / (TOKENS + 1) / plan.depth;
        double keysAndValues = (double) rig.pool.shape().storedRecordBytes() / 64 * rig.pool.shape().kvHeads() * memoryLayers;
        String at = "%s/%s-%dk".formatted(subject.name(), "%s", plan.depth / 1024);
        String label = rig.own.label();
        List<Measure> measures = new ArrayList<>();
        measures.add(Measure.of(at.formatted("decode-lookup"), label, best.dense / best.looking, "x own dense",
                Optional.of(Target.atLeast(plan.target)), "tokens/s", TOKENS / best.looking, "dense tokens/s",
                TOKENS / best.dense, "tokens looked up", plan.blocks * 64));
        if (!best.peers.isEmpty()) {
            Map<String, Object> details = new LinkedHashMap<>();
            details.put("tokensPerSecond", TOKENS / best.looking);
            best.peers.forEach((setting, seconds) -> details.put("llama.cpp, " + setting, TOKENS / seconds));
            double peer = best.peers.values().stream().min(Double::compare).orElseThrow();
            measures.add(new Measure(at.formatted("decode-lookup-peer"), label, peer / best.looking, "x llama.cpp's best",
                    Optional.of(Target.atLeast(3)), details));
        }
        measures.add(Measure.of(at.formatted("scanned"), label, keysAndValues / perToken, "x less than K+V",
                Optional.of(Target.atLeast(16)), "bytes scanned per cached token", perToken, "bytes of K+V", keysAndValues,
                "attended bytes per token", (double) best.used.attendedBytes() / (TOKENS + 1)));
        return measures;
    }
}
