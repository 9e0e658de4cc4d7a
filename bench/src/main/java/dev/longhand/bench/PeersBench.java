package dev.longhand.bench;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.engine.EngineOptions;
import dev.longhand.engine.LocalModel;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Tier;
import dev.longhand.memory.DenseKv;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Longhand beside llama.cpp: the same file, threads and tokens, in turns within one run, best of N.
 *
 * <p>Method: all contestants are loaded first; each round runs each of them once per work, so that a change of the machine's speed
 * meets all alike. Decode follows a prefill of {@link #PREFILL}. A round before the counted ones warms everybody up.
 */
public final class PeersBench {
    public static final int PREFILL = 512;
    public static final int DECODE = 64;

    /**
     * One figure. {@code ratio} is tokens per second over the peer's best setting, empty if no peer ran.
     *
     * @param work {@code "prefill 512"} or {@code "decode 64"}
     * @param who  {@code "native avx512-vnni"}, {@code "llama.cpp 0.3.36, KV f16"}
     */
    public record Row(String model, String work, String who, double tokensPerSecond, Optional<Double> ratio) {}

    /** A model and what it is called in the rows. */
    public record Subject(String name, Path file) {}

    /** @param tiers what of Longhand runs; {@code peer} whether llama.cpp runs beside */
    public record Plan(List<Subject> models, List<Tier> tiers, int threads, int rounds, boolean peer) {}

    private final Clock clock;
    private final Map<String, String> environment;
    private final Consumer<String> progress;

    public PeersBench(Clock clock, Map<String, String> environment, Consumer<String> progress) {
        this.clock = clock;
        this.environment = environment;
        this.progress = progress;
    }

    public List<Row> run(Plan plan) throws Problem {
        List<Row> rows = new ArrayList<>();
        for (Subject model : plan.models()) {
            rows.addAll(run(plan, model));
        }
        return rows;
    }

    /** Somebody who reads and answers; best seconds so far. */
    private interface Contestant extends AutoCloseable {
        String name();

        boolean isPeer();

        double prefill() throws Problem;

        double decode() throws Problem;

        @Override
        void close();
    }

    private List<Row> run(Plan plan, Subject model) throws Problem {
        List<Contestant> contestants = new ArrayList<>();
        try {
            for (Tier tier : plan.tiers()) {
                contestants.add(new Ours(model.file(), EngineOptions.DEFAULT.withTier(tier).withThreads(plan.threads())));
            }
            if (plan.peer()) {
                for (LlamaPeer.Setting setting : LlamaPeer.Setting.ALL) {
                    contestants.add(new Peer(LlamaPeer.start(model.file(), plan.threads(), setting, environment)));
                }
            }
            return race(contestants, model.name(), plan.rounds());
        } finally {
            contestants.forEach(Contestant::close);
        }
    }

    private List<Row> race(List<Contestant> contestants, String model, int rounds) throws Problem {
        double[] prefill = new double[contestants.size()];
        double[] decode = new double[contestants.size()];
        Arrays.fill(prefill, Double.POSITIVE_INFINITY);
        Arrays.fill(decode, Double.POSITIVE_INFINITY);
        for (int round = 0; round <= rounds; round++) {
            for (int i = 0; i < contestants.size(); i++) {
                double p = contestants.get(i).prefill();
                double d = contestants.get(i).decode();
                boolean counted = round > 0;
                prefill[i] = counted ? Math.min(prefill[i], p) : prefill[i];
                decode[i] = counted ? Math.min(decode[i], d) : decode[i];
            }
            progress.accept("%s: round %d of %d".formatted(model, round, rounds));
        }
        List<Row> rows = new ArrayList<>(rows(contestants, model, "prefill " + PREFILL, PREFILL, prefill));
        rows.addAll(rows(contestants, model, "decode " + DECODE, DECODE, decode));
        return rows;
    }

    private static List<Row> rows(List<Contestant> contestants, String model, String work, int tokens, double[] seconds) {
        double peerBest = Double.POSITIVE_INFINITY;
        for (int i = 0; i < seconds.length; i++) {
            peerBest = contestants.get(i).isPeer() ? Math.min(peerBest, seconds[i]) : peerBest;
        }
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < seconds.length; i++) {
            Optional<Double> ratio = peerBest < Double.POSITIVE_INFINITY ? Optional.of(peerBest / seconds[i]) : Optional.empty();
            rows.add(new Row(model, work, contestants.get(i).name(), tokens / seconds[i], ratio));
        }
        return rows;
    }

    private final class Ours implements Contestant {
        private final LocalModel model;
        private final Arena arena = Arena.ofShared();
        private final Floats logits;
        private DenseKv kv;

        Ours(Path file, EngineOptions options) throws Problem {
            model = LocalModel.open(file, file.getFileName().toString(), "", options, clock);
            logits = Floats.allocate(arena, 1, model.model().config().vocabulary());
            kv = new DenseKv(model.kernels(), model.pool(), 2 * PREFILL);
        }

        @Override
        public String name() {
            String tier = model.tierChoice().tier().name().toLowerCase(Locale.ROOT);
            String set = model.tierChoice().instructionSet();
            return set.startsWith(tier) ? set : tier + " " + set;
        }

        @Override
        public boolean isPeer() {
            return false;
        }

        private int[] tokens(int n) {
            int vocabulary = model.model().config().vocabulary();
            int[] tokens = new int[n];
            for (int i = 0; i < n; i++) {
                tokens[i] = (int) (100 + i * 7919L % (vocabulary - 200));
            }
            return tokens;
        }

        @Override
        public double prefill() throws Problem {
            int[] tokens = tokens(PREFILL);
            kv.truncate(0);
            long start = clock.nanos();
            model.model().forward(tokens, 0, PREFILL, kv);
            model.model().logits(PREFILL - 1, 1, logits);
            return clock.secondsSince(start);
        }

        @Override
        public double decode() throws Problem {
            int[] tokens = tokens(DECODE);
            long start = clock.nanos();
            for (int i = 0; i < DECODE; i++) {
                model.model().forward(tokens, i, 1, kv);
                model.model().logits(0, 1, logits);
            }
            return clock.secondsSince(start);
        }

        @Override
        public void close() {
            kv.close();
            arena.close();
            model.close();
        }
    }

    private record Peer(LlamaPeer peer) implements Contestant {
        @Override
        public String name() {
            return "llama.cpp (llama-cpp-python " + peer.version + "), " + peer.setting.label();
        }

        @Override
        public boolean isPeer() {
            return true;
        }

        @Override
        public double prefill() {
            return peer.seconds("prefill", PREFILL);
        }

        @Override
        public double decode() {
            return peer.seconds("decode", DECODE);
        }

        @Override
        public void close() {
            peer.close();
        }
    }
}
