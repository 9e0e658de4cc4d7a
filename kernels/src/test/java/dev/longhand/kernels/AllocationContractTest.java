package dev.longhand.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.longhand.base.ElementType;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** No operation of {@link Kernels} allocates on the heap once its code is compiled, on every tier of this machine. */
@ParameterizedClass(name = "{0}")
@MethodSource("dev.longhand.kernels.Tiers#all")
class AllocationContractTest {
    private static final int ROUNDS_MAX = 1_500;
    private static final int CALLS = 50;

    @Parameter
    Ops ops;

    /**
     * Goal: a token costs no garbage. Method: one layer's operations again and again by one thread, until the compiler is done
     * and three rounds in a row have allocated nothing on it; bounded rounds.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 9})
    void allocatesNothingPerCall(int rows) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long me = Thread.currentThread().threadId();
        try (Workpiece work = new Workpiece(ops, 1, 1)) {
            Layer layer = new Layer(work, rows);
            assertAllocatesNothing(threads, me, layer::run);
        }
    }

    /** Goal: looking blocks up and attending to them costs no garbage. Method: as above; lists with turns, both kinds of scan. */
    @ParameterizedTest
    @ValueSource(ints = {1, 9})
    void lookingUpAllocatesNothingPerCall(int rows) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long me = Thread.currentThread().threadId();
        try (Workpiece work = new Workpiece(ops, 1, 1)) {
            Lookup lookup = new Lookup(work, rows);
            assertAllocatesNothing(threads, me, lookup::run);
        }
    }

    private static void assertAllocatesNothing(ThreadMXBean threads, long me, Runnable call) {
        int quiet = 0;
        long least = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS_MAX && quiet < 3; round++) {
            long before = threads.getThreadAllocatedBytes(me);
            for (int i = 0; i < CALLS; i++) {
                call.run();
            }
            long allocated = threads.getThreadAllocatedBytes(me) - before;
            least = Math.min(least, allocated);
            quiet = allocated == 0 ? quiet + 1 : 0;
            if (quiet == 0) {
                LockSupport.parkNanos(20_000_000); // the compiler has a share of the same cores
            }
        }
        assertThat(quiet).as("rounds in a row without allocation; the least of any round of %d calls was %d bytes", CALLS, least)
                .isEqualTo(3);
    }

    /** Every operation that a token passes through, small. */
    private static final class Layer {
        private static final int DIM = 256;
        private final KvShape shape = new KvShape(1, 1, 64);
        private final Attention attention = new Attention(0, 2, 0.1f, 300);
        private final Kernels kernels;
        private final int rows;
        private final Matrix[] ws;
        private final Floats[] ys;
        private final Matrix table;
        private final int[] tokens;
        private final Floats x;
        private final Floats weight;
        private final Floats headWeight;
        private final Floats q;
        private final Floats k;
        private final Floats v;
        private final Floats angles;
        private final KvTable kv;
        private final Activations in;
        private final Activations attended;
        private final Activations gated;
        private final Router router = new Router(4, 2, true, true, 1);
        private final ExpertPlan plan;
        private final Floats logits;
        private final Matrix[] experts = new Matrix[4];
        private final Floats made;

        Layer(Workpiece work, int rows) {
            this.kernels = work.kernels;
            this.rows = rows;
            ElementType[] types = {ElementType.Q4_0, ElementType.Q5_0, ElementType.Q8_0, ElementType.Q4_K, ElementType.Q6_K,
                ElementType.F16};
            ws = new Matrix[types.length];
            ys = new Floats[types.length];
            for (int i = 0; i < types.length; i++) {
                ws[i] = work.randomMatrix(types[i], 64, DIM);
                ys[i] = work.zeros(rows, 64);
            }
            table = work.randomMatrix(ElementType.Q8_0, 32, DIM);
            tokens = new int[rows];
            x = work.floats(rows, DIM);
            weight = work.floats(1, DIM);
            headWeight = work.floats(1, 64);
            q = work.floats(rows, 128);
            k = work.floats(rows, 64);
            v = work.floats(rows, 64);
            angles = work.floats(rows, 64);
            kv = work.table(shape, 320);
            in = kernels.activations(work.arena, rows, DIM);
            attended = kernels.activations(work.arena, rows, 128);
            gated = kernels.activations(work.arena, rows, DIM);
            plan = new ExpertPlan(work.arena, rows, router);
            logits = work.floats(rows, 4);
            Arrays.setAll(experts, e -> work.randomMatrix(ElementType.Q4_K, DIM, DIM));
            made = work.zeros(2 * rows, DIM);
            Floats stored = work.floats(310, 64);
            kernels.storeKv(stored, stored, 310, shape, 0, kv, 0);
        }

        void run() {
            kernels.embed(table, tokens, 0, rows, 1, x);
            kernels.rmsNorm(x, rows, weight, 1e-5f, in);
            kernels.matmul(ws, in, rows, ys);
            kernels.headNorm(k, rows, 1, 64, headWeight, 1e-6f);
            kernels.rope(q, rows, 2, 64, angles, Kernels.Pairing.HALVES);
            kernels.rope(k, rows, 1, 64, angles, Kernels.Pairing.ADJACENT);
            kernels.storeKv(k, v, rows, shape, 0, kv, 300);
            kernels.attention(q, rows, shape, attention, kv, 300, attended);
            kernels.gate(Kernels.Gate.SILU, x, x, rows, gated);
            kernels.gate(Kernels.Gate.GELU_TANH, x, x, rows, gated);
            kernels.route(logits, rows, router, plan);
            kernels.matmulExperts(experts, in, Kernels.XRows.TOKENS, plan, made);
            kernels.combine(made, plan, rows, x);
            kernels.rmsNormAdd(x, rows, weight, 1e-5f, x);
            kernels.add(x, x, 1);
            kernels.addBias(x, weight, rows);
            kernels.copyRow(gated, 0, in, 0);
            kernels.argmax(x, 0);
        }
    }

    /** Looking blocks up, attending to a list of them, and summarising, small. */
    private static final class Lookup {
        private final Kernels kernels;
        private final int rows;
        private final ListedBlocks listed;
        private final KvParts parts = new KvParts(1);
        private final Activations out;
        private final ScanContractTest.Region[] regions = new ScanContractTest.Region[2]; // without planes, with them
        private final KvScan[] scans = {new KvScan(1), new KvScan(1)};
        private final int[] seen;
        private final Floats scores;
        private final Attention attention;

        Lookup(Workpiece work, int rows) {
            this.kernels = work.kernels;
            this.rows = rows;
            listed = new ListedBlocks(work, 1, 2, 64, 6, rows, ListedBlocks.Form.PARTLY_FULL);
            attention = listed.attention(300);
            parts.add(0, rows, listed.blocks * KvShape.BLOCK_TOKENS, listed.table, listed.turned, 0, rows);
            out = kernels.activations(work.arena, rows, 128);
            for (int i = 0; i < 2; i++) {
                regions[i] = new ScanContractTest.Region(work, 1, 64, new int[] {64, 64, 64, 9}, i == 1);
                scans[i].add(regions[i].summaries, regions[i].address, 4, 9, 1);
            }
            seen = new int[rows];
            Arrays.fill(seen, 4);
            scores = work.zeros(rows, 20);
        }

        void run() {
            kernels.attention(listed.q, parts, listed.shape, attention, out);
            for (int i = 0; i < 2; i++) {
                kernels.scan(listed.q, listed.turned, seen, rows, scans[i], regions[i].summaries, attention, scores);
            }
            kernels.summarise(regions[1].summaries, 0, regions[1].stored(3), 9, regions[1].single[3]);
        }
    }
}
