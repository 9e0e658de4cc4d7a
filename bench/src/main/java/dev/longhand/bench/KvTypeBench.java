package dev.longhand.bench;

import dev.longhand.base.Problem;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvType;
import dev.longhand.kernels.Tier;
import dev.longhand.memory.DenseKv;
import dev.longhand.memory.KvBatch;
import dev.longhand.memory.KvPool;
import dev.longhand.memory.Limits;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What keeping keys and values in 8 bits, turned by Hadamard, changes in predictions on real text: beside 16 bits, token by token,
 * everything attended to.
 *
 * <p>The target is for a tier that multiplies in f32: there nothing else differs. The native tier rounds activations to 8 bits,
 * and a difference in the last place of a key can tip a rounding; what that adds is not the keys' doing.
 */
final class KvTypeBench {
    private static final long KV_BYTES_MAX = 2L << 30;
    /** Tokens of a text behind its first. */
    static final int TOKENS = 4096;
    /** Tokens from one comparison to the next. */
    private static final int STEP = 8;
    private static final double DIVERGENCE_MAX = 0.001;
    private static final double PERPLEXITY_MAX = 0.2;

    private final Consumer<String> progress;

    KvTypeBench(Consumer<String> progress) {
        this.progress = progress;
    }

    /** A view of one type with what it needs to read. */
    private static final class Side implements AutoCloseable {
        private final OwnModel own;
        private final KvPool pool;
        private final KvBatch batch;
        private final DenseKv kv;

        Side(OwnModel own, KvType type, int tokens) {
            KvShape shape = own.model.kvShape(type);
            this.own = own;
            pool = new KvPool(shape, new Limits(KV_BYTES_MAX));
            batch = new KvBatch(own.kernels, shape, 1);
            kv = new DenseKv(own.kernels, pool, tokens);
        }

        /** Logits behind every {@value #STEP}th of these tokens. */
        List<float[]> read(int[] tokens, int from, int rows, Floats out) throws Problem {
            batch.clear();
            batch.add(kv, rows);
            own.model.forward(tokens, from, batch);
            List<float[]> logits = new ArrayList<>();
            for (int row = STEP - 1; row < rows; row += STEP) {
                own.model.logits(row, 1, out);
                float[] each = new float[out.cols()];
                out.copyRow(0, each);
                logits.add(each);
            }
            return logits;
        }

        @Override
        public void close() {
            batch.close();
            kv.close();
            pool.close();
        }
    }

    /** @param texts {@code (texts, 1 + TOKENS)} token ids */
    List<Measure> run(LookupBench.Subject subject, OwnModel own, List<int[]> texts) throws Problem {
        List<Double> divergences = new ArrayList<>();
        List<Double> gains = new ArrayList<>(); // nats per token that 8 bits cost
        List<Double> agreements = new ArrayList<>();
        for (int[] text : texts) {
            compare(own, text, divergences, gains, agreements);
            progress.accept("%s: %d of %d texts, KL %s".formatted(subject.name(), divergences.size(), texts.size(),
                    Stats.of(divergences)));
        }
        boolean isPlain = own.choice.tier() != Tier.NATIVE;
        double perplexity = 100 * Math.expm1(Stats.of(gains).mean());
        Optional<Target> target = isPlain ? Optional.of(Target.atMost(DIVERGENCE_MAX)) : Optional.empty();
        Stats divergence = Stats.of(divergences);
        return List.of(Measure.of(subject.name() + "/kv-q8_0", own.label(), divergence.mean(), "nats, KL to f16", target,
                "standard error", divergence.standardError(), "texts", texts.size(), "tokens of a text", TOKENS,
                "top-1 agreement, %", 100 * Stats.of(agreements).mean()),
                Measure.of(subject.name() + "/kv-q8_0-perplexity", own.label(), perplexity, "% more than with f16",
                        Optional.of(Target.atMost(PERPLEXITY_MAX)), "nats per token", Stats.of(gains).mean(), "standard error",
                        Stats.of(gains).standardError()));
    }

    private static void compare(OwnModel own, int[] text, List<Double> divergences, List<Double> gains, List<Double> agreements)
            throws Problem {
        double divergence = 0;
        double gain = 0;
        double agreement = 0;
        int compared = 0;
        try (Arena arena = Arena.ofConfined();
                Side half = new Side(own, KvType.F16, text.length);
                Side eight = new Side(own, KvType.Q8_0, text.length)) {
            Floats out = Floats.allocate(arena, 1, own.model.config().vocabulary());
            for (int from = 0; from + 1 < text.length; from += OwnModel.CHUNK_ROWS) {
                int rows = Math.min(OwnModel.CHUNK_ROWS, text.length - 1 - from);
                List<float[]> p = half.read(text, from, rows, out);
                List<float[]> q = eight.read(text, from, rows, out);
                for (int i = 0; i < p.size(); i++, compared++) {
                    int next = text[from + (i + 1) * STEP];
                    divergence += Logits.klDivergence(p.get(i), q.get(i));
                    gain += Logits.logProbability(p.get(i), next) - Logits.logProbability(q.get(i), next);
                    agreement += Logits.isSameTop(p.get(i), q.get(i)) ? 1 : 0;
                }
            }
        }
        divergences.add(divergence / compared);
        gains.add(gain / compared);
        agreements.add(agreement / compared);
    }
}
