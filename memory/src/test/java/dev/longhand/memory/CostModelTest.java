package dev.longhand.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.longhand.base.Problem;
import dev.longhand.kernels.Activations;
import dev.longhand.kernels.Attention;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KernelsFactory;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvSummaries;
import dev.longhand.kernels.KvType;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.Seed;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Goal: a decoded token touches the bytes that the formula says, within a tenth. Method: the shapes of SmolLM2 and Gemma 3 270M,
 * keys by seed; one token decoded with everything listed, looking up, and looking twice; counters beside {@link CostModel}.
 */
class CostModelTest {
    private static final Seed SEED = Seed.of("memory", CostModelTest.class, 8);
    private static final int PREFIX = 128;
    private static final int ROWS = 64;
    private static final int WINDOW = 512;

    /** Layers of a model, of which every {@code memoryEvery}-th is a memory layer. */
    record Of(String name, int layers, int memoryEvery, int kvHeads, int heads, int headDim, int sensitive) {}

    static Stream<Of> models() {
        return Stream.of(new Of("SmolLM2 135M", 30, 1, 3, 9, 64, 15), new Of("SmolLM2 135M by means", 30, 1, 3, 9, 64, 0),
                new Of("Gemma 3 270M", 18, 6, 1, 4, 256, 3), new Of("Gemma 3 270M, one head", 18, 6, 1, 4, 256, 1));
    }

    /** One model's memory, filled without the model. */
    private static final class Rig implements AutoCloseable {
        final Of of;
        final KvShape shape;
        final KvSummaries summaries;
        final Kernels kernels = KernelsFactory.open(null, 2).kernels();
        final KvPool pool;
        final Arena arena = Arena.ofShared();
        final Floats kv;
        final DenseKv prefix;
        private final List<SealedDocument> read = new ArrayList<>();

        Rig(Of of) throws Problem {
            this.of = of;
            shape = new KvShape(of.layers, of.kvHeads, of.headDim, KvType.Q8_0);
            BitSet memory = new BitSet();
            BitSet sensitive = new BitSet();
            for (int l = of.memoryEvery - 1; l < of.layers; l += of.memoryEvery) {
                memory.set(l);
                for (int h = 0; h < of.kvHeads && sensitive.cardinality() < of.sensitive; h++) {
                    sensitive.set(l * of.kvHeads + h);
                }
            }
            summaries = new KvSummaries(shape, memory, sensitive);
            pool = new KvPool(shape, Optional.of(summaries), new Limits(1L << 30));
            kv = Floats.allocate(arena, ROWS, of.kvHeads * of.headDim);
            Gen gen = SEED.gen();
            for (int i = 0; i < ROWS; i++) {
                for (int c = 0; c < kv.cols(); c++) {
                    kv.set(i, c, (float) gen.gaussian());
                }
            }
            prefix = new DenseKv(kernels, pool, PREFIX);
            fill(prefix, PREFIX);
        }

        void fill(DenseKv view, int tokens) throws Problem {
            for (int done = 0; done < tokens; done += ROWS) {
                view.reserve(ROWS);
                for (int l = 0; l < of.layers; l++) {
                    view.append(l, kv, kv, ROWS);
                }
                view.advance(ROWS);
            }
        }

        RegionSource document(String id, int tokens) throws Problem {
            try (DenseKv view = new DenseKv(kernels, pool, PREFIX + tokens)) {
                prefix.copyTo(view);
                fill(view, tokens);
                read.add(SealedDocument.of(id, view, PREFIX, new int[tokens]));
                return RegionSource.of(id, read.getLast(), arena);
            }
        }

        /** Counters of one more token of all memory layers. */
        LookupCounters decode(DenseKv view, Lookup lookup) throws Problem {
            Floats q = Floats.allocate(arena, 1, of.heads * of.headDim);
            Gen gen = SEED.gen();
            for (int c = 0; c < q.cols(); c++) {
                q.set(0, c, (float) gen.gaussian());
            }
            Activations out = kernels.activations(arena, 1, q.cols());
            LookupCounters before = lookup.counters();
            view.reserve(1);
            for (int l = summaries.memoryLayers().nextSetBit(0); l >= 0; l = summaries.memoryLayers().nextSetBit(l + 1)) {
                view.append(l, kv, kv, 1);
                view.attend(new Attention(l, of.heads, 0.1f, Integer.MAX_VALUE), q, 1, out);
            }
            return lookup.counters().minus(before);
        }

        Lookup lookup(LookupSpec spec) {
            return new Lookup(kernels, summaries, spec, layer -> new Turner() {
                @Override
                public Kernels.Pairing pairing() {
                    return Kernels.Pairing.HALVES;
                }

                @Override
                public int pairs() {
                    return of.headDim / 2;
                }

                @Override
                public void angles(int position, Floats angles, int row) {
                    for (int i = 0; i < pairs(); i++) {
                        angles.set(row, i, 1);
                        angles.set(row, pairs() + i, 0);
                    }
                }
            }, ROWS);
        }

        @Override
        public void close() {
            prefix.close();
            read.forEach(SealedDocument::release);
            pool.close();
            arena.close();
            kernels.close();
        }
    }

    private static Percentage tenth() {
        return Percentage.withPercentage(10);
    }

    @ParameterizedTest
    @MethodSource("models")
    void touchesTheBytesOfTheFormula(Of of) throws Exception {
        try (Rig rig = new Rig(of)) {
            CostModel cost = CostModel.of(rig.summaries);
            assertThat(cost.sensitive()).isEqualTo(of.sensitive);
            RegionSource document = rig.document("d", 1024);
            try (Lookup dense = rig.lookup(new LookupSpec(64, WINDOW)); Lookup some = rig.lookup(new LookupSpec(16, WINDOW));
                    DenseKv view = new DenseKv(rig.kernels, rig.pool, 4096, dense,
                            Context.of(rig.prefix, List.of(document), Placement.PARALLEL))) {
                rig.fill(view, 1024);
                LookupCounters all = rig.decode(view, dense);
                assertThat(all.scannedBytes()).isZero();
                assertThat((double) all.attendedBytes()).isCloseTo(cost.attended(PREFIX + 2048), tenth());
                view.truncate(1024);
                rig.fill(view, 1024);
                try (DenseKv fork = view.fork(some)) {
                    LookupCounters few = rig.decode(fork, some);
                    int seen = PREFIX + 1024 + 2048;
                    assertThat((double) few.scannedBytes()).isCloseTo(cost.scanned(seen), tenth());
                    assertThat((double) few.attendedBytes()).isCloseTo(cost.lookedUp(16, WINDOW, PREFIX), tenth());
                    assertThat((double) few.chosenBlocks()).isEqualTo(16.0 * cost.layers() * cost.kvHeads(), within(0.0));
                }
            }
        }
    }

    /** 80 superblocks, of which a head keeps 64; the formula's kept tokens are those of the heads together. */
    @ParameterizedTest
    @MethodSource("models")
    void touchesTheBytesOfTheFormulaWhenItLooksTwice(Of of) throws Exception {
        try (Rig rig = new Rig(of)) {
            CostModel cost = CostModel.of(rig.summaries);
            RegionSource document = rig.document("a", 1024);
            List<KvSource> documents = new ArrayList<>();
            for (int i = 0; i < 80; i++) { // the same records under other names
                documents.add(document.named("d%02d".formatted(i)));
            }
            LookupSpec spec = new LookupSpec(16, WINDOW).withTwiceFromTokens(80 * 1024);
            try (Lookup twice = rig.lookup(spec); DenseKv view = new DenseKv(rig.kernels, rig.pool, 4096, twice,
                    Context.of(rig.prefix, documents, Placement.PARALLEL))) {
                rig.fill(view, 1024);
                LookupCounters used = rig.decode(view, twice);
                int heads = cost.layers() * cost.kvHeads();
                double perHead = (double) used.scannedBlocks() / heads * 64;
                double kept = perHead - PREFIX - 1024;
                assertThat(kept).isBetween(64 * 1024.0, Math.min(80, 64 * cost.kvHeads()) * 1024.0);
                assertThat((double) used.scannedBytes()).isCloseTo(cost.scannedTwice(80 * 1024, perHead), tenth());
                assertThat((double) used.attendedBytes()).isCloseTo(cost.lookedUp(16, WINDOW, PREFIX), tenth());
            }
        }
    }
}
