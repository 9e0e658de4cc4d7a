package dev.longhand.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.longhand.testkit.Gen;
import dev.longhand.testkit.Seed;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Goal: measures of choices say what they name. Method: small documents, keys by seed; shares and choices worked out anew. */
class LookupMeasuresTest {
    private static final Seed SEED = Seed.of("memory", LookupMeasuresTest.class, 21);
    private static final int BLOCK = 64;

    private final Gen gen = SEED.gen();

    private float[][][] keys(int count) {
        float[][][] keys = new float[count][GateWork.KV_HEADS][];
        for (float[][] each : keys) {
            for (int h = 0; h < each.length; h++) {
                each[h] = GateWork.gaussian(gen, GateWork.HEAD_DIM);
            }
        }
        return keys;
    }

    /** Goal: the mass found is that of the first block, the chosen ones and the window. Method: softmax by hand. */
    @Test
    void theMassFoundIsTheShareOfWhatIsAttendedTo() throws Exception {
        try (GateWork work = new GateWork(1, 0);
                Lookup lookup = new Lookup(work.kernels, GateWork.SUMMARIES, new LookupSpec(3, 64), layer -> work.turner(),
                        GateWork.ROWS_MAX, Budgets.of(3), (c, out) -> {
                            for (int h = 0; h < GateWork.KV_HEADS; h++) {
                                for (int b = 0; b < c.seen()[0]; b++) {
                                    out.set(h, b, b); // the latest
                                }
                            }
                        });
                DenseKv view = new DenseKv(work.kernels, work.pool, 21 * BLOCK, lookup, Context.NONE)) {
            float[][][] keys = keys(20 * BLOCK);
            lookup.measure(true, false);
            work.read(view, keys);
            float[][] queries = keys(1)[0];
            work.attend(view, keys(1)[0], queries);
            double expected = 0;
            for (int h = 0; h < GateWork.KV_HEADS; h++) {
                double all = 0;
                double found = 0;
                for (int t = 0; t < keys.length; t++) {
                    double dot = 0;
                    for (int d = 0; d < GateWork.HEAD_DIM; d++) {
                        dot += queries[h][d] * keys[t][h][d];
                    }
                    double weight = Math.exp(0.2 * dot);
                    all += weight;
                    int block = t / BLOCK;
                    found += block == 0 || block >= 20 - 1 - 3 ? weight : 0; // the first; three chosen and a window of one
                }
                expected += found / all / GateWork.KV_HEADS;
            }
            LookupMeasures measures = lookup.measures().orElseThrow();
            assertThat(measures.massRows()).isEqualTo(GateWork.KV_HEADS);
            assertThat(measures.massFound()).as(SEED.toString()).isEqualTo(expected, within(0.01));
            assertThat(measures.twiceRows()).isZero();
            lookup.measure(false, false);
            assertThat(lookup.measures()).isEmpty();
        }
    }

    /**
     * Goal: the first look keeps the superblocks whose means are best, and what it misses is counted. Method: documents of one key
     * each, some with two blocks so that several turns meet them, a few dozen of them left out; the eight best are known. Then
     * one more whose first block is the very best and whose mean is the worst.
     */
    @Test
    void theFirstLookKeepsWhatItsMeansSay() throws Exception {
        assertThat(sameBlocks(false)).isEqualTo(1);
        assertThat(sameBlocks(true)).isEqualTo(7 / 8.0);
    }

    private double sameBlocks(boolean hidesOne) throws Exception {
        try (GateWork work = new GateWork(1, 0);
                Lookup lookup = new Lookup(work.kernels, GateWork.SUMMARIES,
                        new LookupSpec(8, 64).withTwiceFromTokens(100 * BLOCK), layer -> work.turner(), GateWork.ROWS_MAX)) {
            float[][] unit = keys(1)[0];
            DenseKv front = new DenseKv(work.kernels, work.pool, BLOCK);
            work.read(front, keys(BLOCK));
            List<SealedDocument> read = new ArrayList<>();
            List<KvSource> sources = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                float factor = 0.02f * (i * 37 % 100 - 50); // all different
                float[][][] keys = Arrays.copyOf(scaled(unit, factor), i % 2 == 0 ? BLOCK : 2 * BLOCK);
                add(work, front, keys, read, sources);
            }
            if (hidesOne) {
                float[][][] keys = scaled(unit, -3);
                System.arraycopy(scaled(unit, 2), 0, keys, 0, BLOCK);
                add(work, front, keys, read, sources);
            }
            try (DenseKv view = new DenseKv(work.kernels, work.pool, 1024, lookup,
                    Context.of(front, sources, Placement.PARALLEL))) {
                lookup.measure(false, true);
                work.read(view, keys(BLOCK));
                work.attend(view, keys(1)[0], unit);
                return lookup.measures().orElseThrow().sameBlocks();
            } finally {
                read.forEach(SealedDocument::release);
                front.close();
            }
        }
    }

    /** Four blocks of keys that are all {@code factor * unit}. */
    private static float[][][] scaled(float[][] unit, float factor) {
        float[][][] keys = new float[4 * BLOCK][unit.length][unit[0].length];
        for (float[][] each : keys) {
            for (int h = 0; h < unit.length; h++) {
                for (int d = 0; d < unit[h].length; d++) {
                    each[h][d] = factor * unit[h][d];
                }
            }
        }
        return keys;
    }

    /** Every third document stays in the pool, where each block has summaries of its own. */
    private static void add(GateWork work, DenseKv front, float[][][] keys, List<SealedDocument> read, List<KvSource> sources)
            throws Exception {
        try (DenseKv view = new DenseKv(work.kernels, work.pool, BLOCK + keys.length)) {
            front.copyTo(view);
            work.read(view, keys);
            String id = "d%03d".formatted(sources.size());
            read.add(SealedDocument.of(id, view, BLOCK, new int[keys.length]));
            sources.add(sources.size() % 3 == 0 ? read.getLast() : RegionSource.of(id, read.getLast(), work.arena));
        }
    }

    /** Goal: looking twice is compared with looking once. Method: 100 documents of a block, 64 kept; choices of both by formula. */
    @Test
    void lookingTwiceIsComparedWithAFullScan() throws Exception {
        try (GateWork work = new GateWork(1, 0);
                Lookup lookup = new Lookup(work.kernels, GateWork.SUMMARIES,
                        new LookupSpec(8, 64).withTwiceFromTokens(100 * BLOCK), layer -> work.turner(), GateWork.ROWS_MAX)) {
            DenseKv front = new DenseKv(work.kernels, work.pool, BLOCK);
            work.read(front, keys(BLOCK));
            List<SealedDocument> read = new ArrayList<>();
            List<KvSource> sources = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                try (DenseKv view = new DenseKv(work.kernels, work.pool, 4 * BLOCK)) {
                    front.copyTo(view);
                    work.read(view, keys(i % 2 == 0 ? BLOCK : 2 * BLOCK));
                    read.add(SealedDocument.of("d%03d".formatted(i), view, BLOCK, new int[view.tokens() - BLOCK]));
                    sources.add(RegionSource.of("d%03d".formatted(i), read.getLast(), work.arena));
                }
            }
            try (DenseKv view = new DenseKv(work.kernels, work.pool, 1024, lookup,
                    Context.of(front, sources, Placement.PARALLEL))) {
                lookup.measure(false, true);
                work.read(view, keys(BLOCK));
                work.attend(view, keys(1)[0], keys(1)[0]);
                LookupMeasures measures = lookup.measures().orElseThrow();
                assertThat(measures.twiceRows()).isEqualTo(GateWork.KV_HEADS);
                assertThat(measures.sameBlocks()).isBetween(0.5, 1.0);
                assertThat(measures.twiceMassRows()).as("no head has planes").isZero();
                assertThat(measures.massRows()).isZero();
            }
            read.forEach(SealedDocument::release);
            front.close();
        }
    }
}
