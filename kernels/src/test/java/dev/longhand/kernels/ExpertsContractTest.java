package dev.longhand.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.longhand.base.ElementType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract of routing and of products by expert on every tier of this machine. */
@ParameterizedClass(name = "{0}")
@MethodSource("dev.longhand.kernels.Tiers#all")
class ExpertsContractTest {
    private static final Router QWEN = new Router(16, 3, true, true, 1);
    private static final Router MIXTRAL = new Router(16, 3, false, true, 1);
    private static final Router OLMOE = new Router(16, 3, true, false, 1);

    @Parameter
    Ops ops;

    /**
     * Goal: every model card's router chooses the experts and weights of its formula.
     * Method: random logits; choices by a sort, weights in double.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 5, 300})
    void routesByTheFormula(int rows) {
        for (Router router : List.of(QWEN, MIXTRAL, OLMOE, new Router(64, 8, true, true, 2.5f), new Router(1, 1, false, true, 1))) {
            try (Workpiece work = new Workpiece(ops, 2, 17)) {
                Floats logits = work.floats(rows, router.experts());
                ExpertPlan plan = new ExpertPlan(work.arena, rows, router);
                work.kernels.route(logits, rows, router, plan);
                assertThat(plan.slots()).isEqualTo(rows * router.used());
                for (int row = 0; row < rows; row++) {
                    checkRow(router, Workpiece.row(logits, row), plan, row);
                }
                checkPlaces(plan, rows);
            }
        }
    }

    private static void checkRow(Router router, float[] logits, ExpertPlan plan, int row) {
        List<Integer> order = new ArrayList<>();
        double all = 0;
        for (int e = 0; e < logits.length; e++) {
            order.add(e);
            all += Math.exp(logits[e]);
        }
        order.sort(Comparator.<Integer>comparingDouble(e -> -logits[e]).thenComparing(e -> e));
        double chosen = 0;
        for (int j = 0; j < router.used(); j++) {
            chosen += Math.exp(logits[order.get(j)]);
        }
        double sum = router.softmaxBeforeTopK() && !router.renormalise() ? all : chosen;
        for (int j = 0; j < router.used(); j++) {
            assertThat(plan.expert(row, j)).as("%s row %d choice %d", router, row, j).isEqualTo(order.get(j));
            double expected = router.scale() * Math.exp(logits[order.get(j)]) / sum;
            assertThat((double) plan.weight(row, j)).isCloseTo(expected, offset(1e-6 * expected));
        }
    }

    /** Places: a permutation, by expert, rows of an expert in ascending order. */
    private static void checkPlaces(ExpertPlan plan, int rows) {
        int[] slotAt = new int[plan.slots()];
        Arrays.fill(slotAt, -1);
        int used = plan.router().used();
        int[] uses = new int[plan.router().experts()];
        for (int row = 0; row < rows; row++) {
            for (int j = 0; j < used; j++) {
                assertThat(slotAt[plan.place(row, j)]).isEqualTo(-1);
                slotAt[plan.place(row, j)] = row * used + j;
                uses[plan.expert(row, j)]++;
            }
        }
        for (int place = 1; place < slotAt.length; place++) {
            int before = slotAt[place - 1];
            int here = slotAt[place];
            int order = Integer.compare(plan.expert(before / used, before % used), plan.expert(here / used, here % used));
            assertThat(order < 0 || order == 0 && before / used < here / used).as("place %d", place).isTrue();
        }
        for (int e = 0; e < uses.length; e++) {
            assertThat(plan.slotsOf(e)).as("expert %d", e).isEqualTo(uses[e]);
        }
    }

    /** Goal: among equal logits the lower index is chosen. Method: all equal; then two groups of equals. */
    @Test
    void choosesTheLowerIndexAmongEquals() {
        try (Workpiece work = new Workpiece(ops, 1, 1)) {
            Floats logits = work.zeros(2, 16);
            for (int e = 0; e < 16; e++) {
                logits.set(1, e, e % 4 == 3 ? 1 : 0);
            }
            ExpertPlan plan = new ExpertPlan(work.arena, 2, QWEN);
            work.kernels.route(logits, 2, QWEN, plan);
            for (int j = 0; j < 3; j++) {
                assertThat(plan.expert(0, j)).isEqualTo(j);
                assertThat(plan.expert(1, j)).isEqualTo(4 * j + 3);
            }
        }
    }

    /**
     * Goal: a NaN from the router shows in the result and breaks nothing. Method: NaN among the logits, all NaN, infinities;
     * experts distinct and in range, weights NaN.
     */
    @Test
    void notANumberShows() {
        for (Router router : List.of(QWEN, MIXTRAL, OLMOE)) {
            try (Workpiece work = new Workpiece(ops, 1, 1)) {
                Floats logits = work.floats(4, 16);
                logits.set(0, 2, Float.NaN);
                for (int e = 0; e < 16; e++) {
                    logits.set(1, e, Float.NaN);
                    logits.set(2, e, Float.NEGATIVE_INFINITY);
                }
                logits.set(3, 5, Float.POSITIVE_INFINITY);
                ExpertPlan plan = new ExpertPlan(work.arena, 4, router);
                work.kernels.route(logits, 4, router, plan);
                checkPlaces(plan, 4);
                for (int row = 0; row < 4; row++) {
                    assertThat(plan.weight(row, 0)).as("%s row %d", router, row).isNaN();
                    assertThat(plan.expert(row, 0)).isNotEqualTo(plan.expert(row, 1)).isNotEqualTo(plan.expert(row, 2))
                            .isBetween(0, 15);
                }
            }
        }
    }

    /**
     * Goal: a slot's product has the bits of the plain product of its row, whatever the batch and the threads, for inputs by token
     * and by slot, and only experts in use are read.
     * Method: 33 tokens over 16 experts of 70 x cols in batches by 1 and 3 threads beside {@link Kernels#matmul} row by row.
     */
    @ParameterizedTest
    @EnumSource(value = ElementType.class, names = {"F32", "F16", "Q4_0", "Q5_1", "Q8_0", "Q4_K", "Q6_K"})
    void multipliesEachRowByItsExperts(ElementType type) {
        int cols = type.blockElements() == 256 ? 512 : 352;
        for (int threads : new int[] {1, 3}) {
            try (Workpiece work = new Workpiece(ops, threads, 23)) {
                Matrix[][] sets = {experts(work, type, 70, cols), experts(work, type, 48, cols)};
                Floats x = work.floats(33, cols);
                Floats logits = work.floats(33, 16);
                for (int batch : new int[] {1, 2, 7, 33}) {
                    checkProducts(work, sets, x, logits, batch);
                }
            }
        }
    }

    private static Matrix[] experts(Workpiece work, ElementType type, int rows, int cols) {
        Matrix[] experts = new Matrix[16];
        for (int e = 0; e < experts.length; e++) {
            experts[e] = work.randomMatrix(type, rows, cols);
        }
        return experts;
    }

    private static void checkProducts(Workpiece work, Matrix[][] sets, Floats allX, Floats allLogits, int batch) {
        Activations x = work.activations(allX, 0, batch);
        Floats logits = work.zeros(batch, 16);
        logits.memory().copyFrom(allLogits.memory().asSlice(0, logits.memory().byteSize()));
        ExpertPlan plan = new ExpertPlan(work.arena, 40, QWEN);
        work.kernels.route(logits, batch, QWEN, plan);
        Floats[] ys = {work.zeros(plan.slots(), 70), work.zeros(plan.slots() + 2, 48)};
        long before = work.kernels.weightBytesRead();
        work.kernels.matmulExperts(sets, x, Kernels.XRows.TOKENS, plan, ys);
        assertThat(work.kernels.weightBytesRead() - before).isEqualTo(bytesInUse(sets[0], plan) + bytesInUse(sets[1], plan));
        Floats bySlot = work.zeros(plan.slots(), allX.cols());
        for (int row = 0; row < batch; row++) {
            for (int j = 0; j < 3; j++) {
                int place = plan.place(row, j);
                bySlot.memory().asSlice(4L * place * allX.cols(), 4L * allX.cols())
                        .copyFrom(allX.memory().asSlice(4L * row * allX.cols(), 4L * allX.cols()));
            }
        }
        Floats fromSlots = work.zeros(plan.slots(), 70);
        work.kernels.matmulExperts(sets[0], work.activations(bySlot), Kernels.XRows.SLOTS, plan, fromSlots);
        for (int row = 0; row < batch; row++) {
            Activations one = work.activations(allX, row, 1);
            for (int j = 0; j < 3; j++) {
                for (int i = 0; i < 2; i++) {
                    Floats expected = work.zeros(1, ys[i].cols());
                    work.kernels.matmul(sets[i][plan.expert(row, j)], one, 1, expected);
                    assertThat(Workpiece.row(ys[i], plan.place(row, j))).as("batch %d row %d choice %d", batch, row, j)
                            .isEqualTo(Workpiece.row(expected, 0));
                }
                assertThat(Workpiece.row(fromSlots, plan.place(row, j))).isEqualTo(Workpiece.row(ys[0], plan.place(row, j)));
            }
        }
    }

    private static long bytesInUse(Matrix[] experts, ExpertPlan plan) {
        long bytes = 0;
        for (int e = 0; e < experts.length; e++) {
            bytes += plan.slotsOf(e) > 0 ? experts[e].bytes() : 0;
        }
        return bytes;
    }

    /** Goal: results are weighted and added in the order of choice, the same bits in any batch. Method: f64, odd lengths. */
    @ParameterizedTest
    @ValueSource(ints = {16, 64, 77, 1000})
    void combinesByWeight(int cols) {
        try (Workpiece work = new Workpiece(ops, 2, 29)) {
            Floats logits = work.floats(60, 16);
            ExpertPlan plan = new ExpertPlan(work.arena, 60, OLMOE);
            work.kernels.route(logits, 60, OLMOE, plan);
            Floats y = work.floats(plan.slots(), cols);
            Floats out = work.floats(60, cols);
            work.kernels.combine(y, plan, 60, out);
            for (int row = 0; row < 60; row++) {
                for (int c = 0; c < cols; c++) {
                    double sum = 0;
                    double magnitude = 0;
                    for (int j = 0; j < 3; j++) {
                        double term = (double) plan.weight(row, j) * y.get(plan.place(row, j), c);
                        sum += term;
                        magnitude += Math.abs(term);
                    }
                    assertThat((double) out.get(row, c)).isCloseTo(sum, offset(3e-7 * magnitude + 1e-30));
                }
            }
            Floats again = work.floats(60, cols);
            work.kernels.combine(y, plan, 7, again);
            for (int row = 0; row < 7; row++) {
                assertThat(Workpiece.row(again, row)).isEqualTo(Workpiece.row(out, row));
            }
        }
    }

    /** Goal: misuse is refused before a kernel runs. Method: wrong counts, shapes and routers. */
    @Test
    void refusesWhatDoesNotFit() {
        try (Workpiece work = new Workpiece(ops, 1, 3)) {
            Floats logits = work.floats(4, 16);
            ExpertPlan plan = new ExpertPlan(work.arena, 4, QWEN);
            assertThatThrownBy(() -> work.kernels.route(logits, 4, MIXTRAL, plan)).hasMessageContaining("plan for Router[");
            assertThatThrownBy(() -> work.kernels.route(logits, 5, QWEN, plan)).hasMessageContaining("5 rows");
            work.kernels.route(logits, 4, QWEN, plan);
            Matrix[] experts = experts(work, ElementType.Q8_0, 32, 64);
            Activations x = work.activations(work.floats(4, 64));
            Floats y = work.zeros(12, 32);
            assertThatThrownBy(() -> work.kernels.matmulExperts(new Matrix[3], x, Kernels.XRows.TOKENS, plan, y))
                    .hasMessageContaining("3 experts");
            assertThatThrownBy(() -> work.kernels.matmulExperts(experts, x, Kernels.XRows.SLOTS, plan, y))
                    .hasMessageContaining("12 rows");
            assertThatThrownBy(() -> work.kernels.matmulExperts(experts, x, Kernels.XRows.TOKENS, plan, work.zeros(11, 32)))
                    .hasMessageContaining("12 rows");
            assertThatThrownBy(() -> work.kernels.combine(work.zeros(12, 31), plan, 4, work.zeros(4, 32)))
                    .hasMessageContaining("31 columns");
            assertThatThrownBy(() -> new Router(4, 5, true, true, 1)).hasMessageContaining("5 of 4 experts");
        }
    }
}
