package dev.longhand.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Problem;
import dev.longhand.formats.ModelFile;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KernelsFactory;
import dev.longhand.kernels.KvType;
import dev.longhand.kernels.Tier;
import dev.longhand.memory.DenseKv;
import dev.longhand.memory.KvBatch;
import dev.longhand.memory.KvPool;
import dev.longhand.memory.Limits;
import dev.longhand.testkit.RandomModel;
import dev.longhand.testkit.RandomModel.Weights;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: a token's result depends on its own sequence only, whatever else is in the pass. Method: small random models; sequences
 * alone and together, in one pass and in chunks; bits compared.
 */
class BatchTest {
    private static final int VOCABULARY = 2048;
    private static final int ROWS_MAX = 256;

    @TempDir
    Path folder;

    @Test
    void givesEachSequenceInABatchTheBitsItHasAlone() throws Exception {
        for (RandomModel shape : new RandomModel[] {RandomModel.QWEN3, RandomModel.MOE}) {
            Path file = shape.write(folder.resolve("m.gguf"), Weights.Q4_K_M);
            for (Tier tier : Tier.values()) {
                for (KvType type : KvType.values()) {
                    if (KernelsFactory.isAvailable(tier)) {
                        compare(file, tier, type);
                    }
                }
            }
        }
    }

    private static void compare(Path file, Tier tier, KvType type) throws Exception {
        try (Session together = new Session(file, tier, type); Session alone = new Session(file, tier, type)) {
            int[][] prompts = {tokens(70, 1), tokens(1, 2), tokens(129, 3)};
            int[] all = Arrays.stream(prompts).flatMapToInt(Arrays::stream).toArray();
            DenseKv[] views = {together.view(), together.view(), together.view()};
            float[][] first = together.pass(all, views, 70, 1, 129);
            float[][] next = together.pass(new int[] {9, 8, 7}, views, 1, 1, 1);
            for (int i = 0; i < 3; i++) {
                DenseKv[] one = {alone.view()};
                int half = prompts[i].length / 2;
                if (half > 0) {
                    alone.pass(Arrays.copyOf(prompts[i], half), one, half);
                }
                int rest = prompts[i].length - half;
                float[][] lone = alone.pass(Arrays.copyOfRange(prompts[i], half, prompts[i].length), one, rest);
                assertThat(first[i]).as("%s, %s, prompt %d", tier, type, i).containsExactly(lone[0]);
                assertThat(next[i]).as("%s, %s, token after prompt %d", tier, type, i)
                        .containsExactly(alone.pass(new int[] {9 - i}, one, 1)[0]);
            }
        }
    }

    @Test
    void keepsHiddenStatesOfAllRowsInAnyOrder() throws Exception {
        Path file = RandomModel.LLAMA.write(folder.resolve("m.gguf"), Weights.Q8_0);
        try (Session session = new Session(file, null, KvType.F16)) {
            session.pass(tokens(150, 5), new DenseKv[] {session.view()}, 150);
            float[][] ascending = new float[150][256];
            for (int row = 0; row < 150; row++) {
                session.model.hidden(row, ascending[row]);
            }
            float[] again = new float[256];
            for (int row : new int[] {149, 3, 64, 0}) {
                session.model.hidden(row, again);
                assertThat(again).as("row %d", row).containsExactly(ascending[row]);
            }
            assertThat(ascending[149]).isNotEqualTo(ascending[148]);
        }
    }

    @Test
    void readsOnlyTheExpertsThatATokenUses() throws Exception {
        Path file = RandomModel.MOE.write(folder.resolve("m.gguf"), Weights.Q4_0);
        try (Session session = new Session(file, null, KvType.F16)) {
            DenseKv[] views = {session.view()};
            session.pass(new int[] {5}, views, 1);
            long before = session.kernels.weightBytesRead();
            session.pass(new int[] {6}, views, 1);
            long read = session.kernels.weightBytesRead() - before;
            assertThat(read / (double) session.model.activeBytes()).isBetween(0.95, 1.05);
            assertThat(session.model.activeBytes()).isLessThan(session.model.weightBytes() * 2 / 3);
        }
    }

    @Test
    void namesATensorThatItsArchitectureDoesNotUse() {
        Path file = RandomModel.LLAMA.writer(Weights.F32).tensor("blk.0.attn_q.bias", new float[256], 256)
                .write(folder.resolve("b.gguf"));
        assertThatThrownBy(() -> new Session(file, Tier.SCALAR, KvType.F16)).isInstanceOf(Problem.class)
                .hasMessageContaining("blk.0.attn_q.bias").hasMessageContaining("not supported");
    }

    private static int[] tokens(int count, int seed) {
        int[] tokens = new int[count];
        Arrays.setAll(tokens, i -> 3 + (int) ((i + 1000L * seed) * 7919 % (VOCABULARY - 3)));
        return tokens;
    }

    /** A loaded model with a pool. */
    private static final class Session implements AutoCloseable {
        final Kernels kernels;
        final Model model;
        private final Arena arena = Arena.ofShared();
        private final KvPool pool;
        private final KvBatch batch;
        private final Floats out = Floats.allocate(arena, 4, VOCABULARY);

        Session(Path file, Tier tier, KvType type) throws Exception {
            kernels = KernelsFactory.open(tier, 2).kernels();
            try (ModelFile source = ModelFile.open(file)) {
                model = Models.load(source, kernels, ROWS_MAX);
            } catch (Problem e) {
                kernels.close();
                throw e;
            }
            pool = new KvPool(model.kvShape(type), new Limits(1 << 28));
            batch = new KvBatch(kernels, model.kvShape(type), 4);
        }

        DenseKv view() {
            return new DenseKv(kernels, pool, 512);
        }

        /** Logits of each view's last row. */
        float[][] pass(int[] tokens, DenseKv[] views, int... rows) throws Problem {
            batch.clear();
            int[] last = new int[views.length];
            for (int i = 0; i < views.length; i++) {
                batch.add(views[i], rows[i]);
                last[i] = batch.rows() - 1;
            }
            model.forward(tokens, 0, batch);
            model.logits(last, 0, last.length, out);
            float[][] logits = new float[views.length][VOCABULARY];
            for (int i = 0; i < views.length; i++) {
                out.copyRow(i, logits[i]);
            }
            return logits;
        }

        @Override
        public void close() {
            arena.close();
            model.close();
            kernels.close();
        }
    }
}
