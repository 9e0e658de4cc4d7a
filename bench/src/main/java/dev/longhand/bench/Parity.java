package dev.longhand.bench;

import dev.longhand.base.Check;
import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.formats.ModelFile;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KernelsFactory;
import dev.longhand.kernels.Tier;
import dev.longhand.memory.DenseKv;
import dev.longhand.memory.KvPool;
import dev.longhand.memory.Limits;
import dev.longhand.model.Model;
import dev.longhand.model.Models;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Compares our forward pass with llama.cpp's over a fixed text: divergence of the predictions, agreement of the most probable
 * token, perplexity. Knows goldens, models and kernels; knows no tokenizer. Used by one thread.
 */
public final class Parity {
    /** Mean divergence allowed, in nats. */
    public static final double DIVERGENCE_MEAN_MAX = 0.01;
    /** Part of the positions where the most probable token must be the same. */
    public static final double AGREEMENT_MIN = 0.98;
    /** How far the perplexity over 1,024 tokens and more may be off, as a part of llama.cpp's. */
    public static final double PERPLEXITY_OFF_MAX = 0.005;

    private static final int CHUNK_ROWS = 512;
    private static final int LOGIT_ROWS = 16;

    private Parity() {}

    /**
     * How much to compare.
     *
     * @param positions positions of the first window whose predictions are compared
     * @param windows   windows over which the perplexity is taken; with fewer positions than a window has, 1
     */
    public record Work(int positions, int windows) {
        public Work {
            Check.argument(positions >= 1 && windows >= 1,
                    "%d positions and %d windows; both must be at least 1", positions, windows);
        }
    }

    /** {@code done} of {@code total} tokens are read. */
    public interface Progress {
        Progress SILENT = (done, total) -> {};

        void at(int done, int total);
    }

    /**
     * One comparison.
     *
     * @param golden           name of the golden
     * @param positions        positions compared
     * @param divergenceMean   nats
     * @param divergence99     nats; 99 of 100 positions are below
     * @param divergenceMax    nats
     * @param agreement        part of the positions where the most probable token is the same
     * @param tokens           targets of the perplexity
     * @param perplexity       ours
     * @param perplexityGolden llama.cpp's
     */
    public record Result(
            String golden, Tier tier, String instructionSet, int positions, double divergenceMean, double divergence99,
            double divergenceMax, double agreement, int tokens, double perplexity, double perplexityGolden, double seconds) {
        /** How far the perplexity is off, as a part of llama.cpp's. */
        public double perplexityOff() {
            return Math.abs(perplexity / perplexityGolden - 1);
        }

        /** The bound over 1,024 tokens; over fewer, wider as the noise of a mean is. */
        public double perplexityOffMax() {
            return PERPLEXITY_OFF_MAX * Math.sqrt(Math.max(1, 1024.0 / tokens));
        }

        public boolean isWithinBounds() {
            return divergenceMean <= DIVERGENCE_MEAN_MAX && agreement >= AGREEMENT_MIN && perplexityOff() <= perplexityOffMax();
        }
    }

    /** Compares the model file with the golden that was made with it, on {@code tier}; null: the one that would be chosen. */
    public static Result run(Path modelFile, Tier tier, int threads, Work work, Progress progress) throws Problem, IOException {
        ParityGolden golden = ParityGolden.ofModel(Sha256.ofFile(modelFile));
        Check.argument(work.positions <= golden.positions() && work.windows <= golden.windows(),
                "the golden has %d positions and %d windows", golden.positions(), golden.windows());
        Check.argument(work.windows == 1 || work.positions == golden.positions(), "several windows are read whole");
        try (Kernels kernels = KernelsFactory.open(tier, threads).kernels();
                Model model = load(modelFile, kernels)) {
            Check.invariant(model.config().vocabulary() == golden.vocabulary(), "vocabularies of golden and model file differ");
            return new Comparison(golden, kernels, model, progress).over(work);
        }
    }

    private static Model load(Path modelFile, Kernels kernels) throws Problem {
        try (ModelFile file = ModelFile.open(modelFile)) {
            return Models.load(file, kernels, CHUNK_ROWS);
        }
    }

    /** The state of one comparison. */
    private static final class Comparison {
        private final ParityGolden golden;
        private final Kernels kernels;
        private final Model model;
        private final Progress progress;
        private final float[] logits;
        private double[] divergences;
        private int agreements;
        private double targetSum;
        private int done;
        private int total;

        Comparison(ParityGolden golden, Kernels kernels, Model model, Progress progress) {
            this.golden = golden;
            this.kernels = kernels;
            this.model = model;
            this.progress = progress;
            this.logits = new float[golden.vocabulary()];
        }

        Result over(Work work) throws Problem {
            long start = Clock.SYSTEM.nanos();
            divergences = new double[work.positions];
            total = work.positions * work.windows;
            try (Arena arena = Arena.ofShared();
                    KvPool pool = new KvPool(model.kvShape(), new Limits(1L << 34))) {
                Floats out = Floats.allocate(arena, LOGIT_ROWS, golden.vocabulary());
                for (int window = 0; window < work.windows; window++) {
                    window(window, work.positions, pool, out);
                }
            }
            boolean isWhole = work.windows == golden.windows() && work.positions == golden.positions();
            double goldenSum = isWhole ? golden.targetSum() : golden.targetSum(work.positions);
            return result(goldenSum, (Clock.SYSTEM.nanos() - start) / 1e9);
        }

        private Result result(double goldenSum, double seconds) {
            int positions = divergences.length;
            Arrays.sort(divergences);
            return new Result(golden.name(), kernels.tier(), kernels.instructionSet(), positions,
                    Arrays.stream(divergences).average().orElseThrow(), divergences[(positions - 1) * 99 / 100],
                    divergences[positions - 1], agreements / (double) positions, total, Math.exp(-targetSum / total),
                    Math.exp(-goldenSum / total), seconds);
        }

        private void window(int window, int positions, KvPool pool, Floats out) throws Problem {
            int[] tokens = golden.tokens(window);
            try (DenseKv kv = new DenseKv(kernels, pool, positions)) {
                for (int from = 0; from < positions; from += CHUNK_ROWS) {
                    int count = Math.min(CHUNK_ROWS, positions - from);
                    model.forward(tokens, from, count, kv);
                    predictions(window, from, count, out);
                }
            }
        }

        private void predictions(int window, int from, int count, Floats out) throws Problem {
            for (int row = 0; row < count; row += LOGIT_ROWS) {
                int rows = Math.min(LOGIT_ROWS, count - row);
                model.logits(row, rows, out);
                for (int i = 0; i < rows; i++) {
                    out.copyRow(i, logits);
                    position(window, from + row + i);
                }
                done += rows;
                progress.at(done, total);
            }
        }

        private void position(int window, int position) {
            int best = 0;
            for (int i = 1; i < logits.length; i++) {
                best = logits[i] > logits[best] ? i : best;
            }
            double sum = 0;
            for (float logit : logits) {
                sum += Math.exp(logit - logits[best]);
            }
            double normaliser = logits[best] + Math.log(sum);
            Check.invariant(Double.isFinite(normaliser),
                    "position %d of window %d has logits that are no numbers", position, window);
            targetSum += logits[golden.target(window, position)] - normaliser;
            if (window == 0) {
                divergences[position] = golden.divergence(position, token -> logits[token] - normaliser);
                agreements += best == golden.best(position) ? 1 : 0;
            }
        }
    }
}
