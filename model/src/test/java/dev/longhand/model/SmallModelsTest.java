package dev.longhand.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Problem;
import dev.longhand.formats.ModelFile;
import dev.longhand.kernels.ExpertPlan;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KernelsFactory;
import dev.longhand.kernels.Tier;
import dev.longhand.memory.DenseKv;
import dev.longhand.memory.KvBatch;
import dev.longhand.memory.KvPool;
import dev.longhand.memory.Limits;
import dev.longhand.testkit.RandomModel;
import dev.longhand.testkit.RandomModel.Weights;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Goal: every architecture, dense and mixture of experts, predicts what llama.cpp predicts, in f32 and quantised, over more than
 * 1,024 positions, and chooses the same experts.
 *
 * <p>Method: models of random weights made here and by {@code src/test/goldens/small_models.py}, which stored llama.cpp's most
 * probable token of each position, tokens drawn from its distribution with their probabilities, and the chosen experts. Divergence
 * is estimated from the drawn tokens ({@link SmallGolden}). Where rounding decides between two experts, models part for good: f32
 * mixtures are compared up to there, quantised ones where each layer's choice was clear.
 */
class SmallModelsTest {
    private static final int CHUNK_ROWS = 512;
    private static final int VOCABULARY = 2048;
    private static final int POSITIONS_MIN = 1024;
    /** Lead of a router's last choice over the next expert that is beyond rounding with f32 weights. */
    private static final double MARGIN_F32 = 1e-3;
    /** Lead in nats of the most probable token that is beyond rounding with f32 weights. */
    private static final double GAP_F32 = 1e-3;
    /** Lead of a router's last choice with quantised weights. */
    private static final double MARGIN_QUANTISED = 0.05;
    /** Lead in nats of the most probable token that is beyond rounding with quantised weights. */
    private static final double GAP = 0.2;

    @TempDir
    Path folder;

    private static final List<RandomModel> MODELS = List.of(RandomModel.LLAMA, RandomModel.QWEN2, RandomModel.QWEN3,
            RandomModel.MOE, RandomModel.MIXTRAL, RandomModel.OLMOE);

    static Stream<RandomModel> models() {
        return MODELS.stream();
    }

    @ParameterizedTest
    @MethodSource("models")
    void predictsInF32WhatLlamaCppPredicts(RandomModel model) throws Exception {
        SmallGolden golden = SmallGolden.of(model.name(), Weights.F32.name());
        Path file = model.write(folder.resolve("m.gguf"), Weights.F32);
        assertThat(golden.undisturbed(MARGIN_F32).count()).as("positions compared").isGreaterThanOrEqualTo(POSITIONS_MIN);
        for (Tier tier : tiers()) {
            Pass pass = pass(file, tier, golden);
            assertThat(golden.divergence(pass.logits, golden.undisturbed(MARGIN_F32))).as("%s, divergence", tier)
                    .isLessThanOrEqualTo(1e-5);
            IntStream untied = golden.undisturbed(MARGIN_F32).filter(p -> golden.gap()[p] > GAP_F32);
            assertThat(golden.agreement(pass.logits, untied)).as("%s, same first token", tier).isGreaterThanOrEqualTo(0.999);
            assertThat(golden.otherExperts(pass.experts, golden.undisturbed(MARGIN_F32))).as("%s, other experts", tier).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void predictsQuantisedWhatLlamaCppPredicts(RandomModel model) throws Exception {
        for (Weights weights : List.of(Weights.Q8_0, Weights.Q4_0, Weights.Q4_K_M)) {
            SmallGolden golden = SmallGolden.of(model.name(), weights.name());
            Path file = model.write(folder.resolve(weights + ".gguf"), weights);
            assertThat(golden.clear(GAP, MARGIN_QUANTISED).count()).as("%s, positions compared", weights)
                    .isGreaterThanOrEqualTo(150);
            for (Tier tier : tiers()) {
                if (tier == Tier.SCALAR && weights != Weights.Q4_K_M) {
                    continue; // slow, and it computes what the vector tier computes
                }
                Pass pass = pass(file, tier, golden);
                assertThat(golden.divergence(pass.logits, golden.clear(GAP, MARGIN_QUANTISED)))
                        .as("%s, %s, divergence", weights, tier).isLessThanOrEqualTo(0.005);
                assertThat(golden.agreement(pass.logits, golden.clear(GAP, MARGIN_QUANTISED)))
                        .as("%s, %s, same first token", weights, tier).isGreaterThanOrEqualTo(0.98);
            }
            Files.delete(file);
        }
    }

    private static List<Tier> tiers() {
        return Arrays.stream(Tier.values()).filter(KernelsFactory::isAvailable).toList();
    }

    private record Pass(float[][] logits, List<List<int[]>> experts) {}

    private static int[] tokens(int count) {
        int[] tokens = new int[count];
        Arrays.setAll(tokens, i -> 3 + (int) (i * 7919L % (VOCABULARY - 3)));
        return tokens;
    }

    /** Reads the golden's sequences, short ones several in a batch, long ones in chunks. */
    private static Pass pass(Path file, Tier tier, SmallGolden golden) throws Exception {
        List<List<int[]>> experts = new ArrayList<>();
        float[][] logits = new float[golden.positions()][VOCABULARY];
        try (Kernels kernels = KernelsFactory.open(tier, 2).kernels(); ModelFile source = ModelFile.open(file);
                Model model = Models.load(source, kernels, CHUNK_ROWS,
                        tensors -> new Recorder(ExpertStore.RESIDENT.open(tensors), experts));
                KvPool pool = new KvPool(model.kvShape(), new Limits(1 << 28))) {
            int length = golden.positions() / golden.sequences();
            DenseKv[] views = new DenseKv[golden.sequences()];
            Arrays.setAll(views, i -> new DenseKv(kernels, pool, length));
            read(model, kernels, views, logits);
            for (DenseKv view : views) {
                view.close();
            }
        }
        return new Pass(logits, experts);
    }

    private static void read(Model model, Kernels kernels, DenseKv[] views, float[][] logits) throws Exception {
        int[] tokens = tokens(logits.length);
        int length = logits.length / views.length;
        try (KvBatch batch = new KvBatch(kernels, model.kvShape(), views.length); Arena arena = Arena.ofShared()) {
            Floats out = Floats.allocate(arena, CHUNK_ROWS, VOCABULARY);
            for (int at = 0; at < logits.length; ) {
                batch.clear();
                for (int next = at; next < logits.length && next - at < CHUNK_ROWS; next = at + batch.rows()) {
                    batch.add(views[next / length], Math.min(length - next % length, CHUNK_ROWS - (next - at)));
                }
                model.forward(tokens, at, batch);
                model.logits(0, batch.rows(), out);
                for (int r = 0; r < batch.rows(); r++) {
                    out.copyRow(r, logits[at + r]);
                }
                at += batch.rows();
            }
        }
    }

    /** Notes, per layer and row, which experts a pass chose, in ascending order. */
    private record Recorder(ExpertStore store, List<List<int[]>> experts) implements ExpertStore {
        @Override
        public Weights acquire(int layer, ExpertPlan plan) throws Problem {
            while (experts.size() <= layer) {
                experts.add(new ArrayList<>());
            }
            for (int row = 0; row < plan.rows(); row++) {
                int[] chosen = new int[plan.router().used()];
                for (int j = 0; j < chosen.length; j++) {
                    chosen[j] = plan.expert(row, j);
                }
                Arrays.sort(chosen);
                experts.get(layer).add(chosen);
            }
            return store.acquire(layer, plan);
        }

        @Override
        public long bytes() {
            return store.bytes();
        }

        @Override
        public long residentBytes() {
            return store.residentBytes();
        }

        @Override
        public void close() {
            store.close();
        }
    }
}
