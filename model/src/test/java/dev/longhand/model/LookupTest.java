package dev.longhand.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Problem;
import dev.longhand.formats.ModelFile;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KernelsFactory;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvSummaries;
import dev.longhand.kernels.KvType;
import dev.longhand.kernels.Tier;
import dev.longhand.memory.Context;
import dev.longhand.memory.DenseKv;
import dev.longhand.memory.KvBatch;
import dev.longhand.memory.KvPool;
import dev.longhand.memory.KvSource;
import dev.longhand.memory.Limits;
import dev.longhand.memory.Lookup;
import dev.longhand.memory.LookupSpec;
import dev.longhand.memory.Placement;
import dev.longhand.memory.SealedDocument;
import dev.longhand.memory.Seam;
import dev.longhand.testkit.RandomModel;
import dev.longhand.testkit.RandomModel.Weights;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Goal: attached documents and lookups change where memory lies, never what an answer is. Method: small random models with and
 * without layers that see a window, on every tier; bits and logits against reading everything in one sequence.
 */
class LookupTest {
    private static final int VOCABULARY = 2048;
    private static final int ROWS_MAX = 256;
    private static final int PREFIX = 64;
    /** Enough for all. */
    private static final LookupSpec ALL = new LookupSpec(1000, 64);

    @TempDir
    static Path folder;

    static Stream<Object[]> all() {
        return Stream.of(RandomModel.LLAMA, RandomModel.GEMMA3).flatMap(shape -> Arrays.stream(Tier.values())
                .filter(tier -> KernelsFactory.isAvailable(tier) && (tier != Tier.SCALAR || shape == RandomModel.GEMMA3))
                .map(tier -> new Object[] {shape, tier}));
    }

    @ParameterizedTest
    @MethodSource("all")
    void givesTheBitsOfReadingInPlaceWithOneDocument(RandomModel shape, Tier tier) throws Exception {
        try (Session session = new Session(shape, tier, ALL)) {
            int[] document = tokens(192, 1);
            int[] question = tokens(150, 2);
            float[] inPlace = session.plain(concat(session.prefixTokens, document, question));
            try (DenseKv attached = session.attached(Placement.PARALLEL, session.read(document))) {
                assertThat(session.read(attached, question, 150)).isEqualTo(inPlace);
            }
            try (DenseKv attached = session.attached(Placement.TRUE, session.read(document))) {
                assertThat(session.read(attached, question, 7)).isEqualTo(inPlace);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void doesNotDependOnTheOrderOfParallelDocuments(RandomModel shape, Tier tier) throws Exception {
        try (Session session = new Session(shape, tier, new LookupSpec(4, 64))) {
            List<KvSource> documents = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                documents.add(session.read(tokens(100 + 37 * i, i)));
            }
            int[] question = tokens(30, 9);
            float[] one;
            try (DenseKv attached = session.attached(Placement.PARALLEL, documents.toArray(KvSource[]::new))) {
                one = session.read(attached, question, 30);
            }
            KvSource best = documents.removeFirst();
            Collections.reverse(documents);
            documents.addFirst(best);
            try (DenseKv attached = session.attached(Placement.PARALLEL, documents.toArray(KvSource[]::new))) {
                assertThat(session.read(attached, question, 4)).isEqualTo(one);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void choosesTheSameHoweverRowsAreGrouped(RandomModel shape, Tier tier) throws Exception {
        try (Session session = new Session(shape, tier, new LookupSpec(2, 64))) {
            int[] text = tokens(tier == Tier.SCALAR ? 400 : 900, 3);
            float[] together = session.lookedUp(text, 256);
            assertThat(session.lookedUp(text, 100)).isEqualTo(together);
            assertThat(session.lookup.counters().rows()).isPositive();
            assertThat(session.plain(text)).isNotEqualTo(together);
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void forgetsWhatWasCutOff(RandomModel shape, Tier tier) throws Exception {
        try (Session session = new Session(shape, tier, new LookupSpec(2, 64))) {
            int half = tier == Tier.SCALAR ? 192 : 448;
            int[] before = tokens(half, 3);
            int[] after = tokens(half, 6);
            float[] straight = session.lookedUp(concat(before, after), 256);
            try (DenseKv kv = new DenseKv(session.kernels, session.pool, 1024, session.lookup, Context.NONE)) {
                session.read(kv, before, 256);
                session.read(kv, tokens(half + 30, 8), 100);
                assertThat(kv.truncate(half)).isEqualTo(half);
                assertThat(session.read(kv, after, 100)).isEqualTo(straight);
                try (DenseKv fork = kv.fork()) {
                    float[] next = session.read(fork, tokens(70, 1), 70);
                    assertThat(session.read(kv, tokens(70, 1), 9)).isEqualTo(next);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void isPlainAttentionWhileAllBlocksAreChosen(RandomModel shape, Tier tier) throws Exception {
        try (Session session = new Session(shape, tier, new LookupSpec(14, 64))) {
            int[] text = tokens(tier == Tier.SCALAR ? 400 : 900, 4);
            assertThat(session.lookedUp(text, 256)).isEqualTo(session.plain(text));
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void forksShareWhatIsAttached(RandomModel shape, Tier tier) throws Exception {
        try (Session session = new Session(shape, tier, ALL)) {
            int[] question = tokens(40, 2);
            DenseKv attached = session.attached(Placement.PARALLEL, session.read(tokens(130, 1)), session.read(tokens(70, 5)));
            session.read(attached, question, 40);
            DenseKv fork = attached.fork();
            float[] first = session.read(attached, new int[] {5, 6, 7}, 3);
            attached.close();
            assertThat(session.read(fork, new int[] {5, 6, 7}, 1)).isEqualTo(first);
            fork.close();
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void groupsNothingWhileAllIsWithinReach(RandomModel shape, Tier tier) throws Exception {
        try (Session session = new Session(shape, tier, new LookupSpec(4, 64))) {
            KvSource[] documents = session.several();
            float[] inARow = session.asked(Placement.TRUE, 20, documents);
            assertThat(session.asked(Placement.grouped(64, 1000), 20, documents)).isEqualTo(inARow);
            assertThat(session.asked(Placement.grouped(64, 128), 20, documents)).isNotEqualTo(inARow);
        }
    }

    /**
     * Goal: turned queries are of the context at hand, whatever was asked before. Method: two contexts with as many shifts of other
     * sizes, in turn with one lookup and each with a new one.
     */
    @ParameterizedTest
    @MethodSource("all")
    void turnsQueriesByTheShiftsOfTheContextAtHand(RandomModel shape, Tier tier) throws Exception {
        int[] sizes = {128, 192};
        float[][] alone = new float[2][];
        for (int i = 0; i < 2; i++) {
            try (Session session = new Session(shape, tier, ALL)) {
                alone[i] = session.besideALongOne(sizes[i]);
            }
        }
        try (Session session = new Session(shape, tier, ALL)) {
            for (int i : new int[] {0, 1, 0}) {
                assertThat(session.besideALongOne(sizes[i])).as("a document of %d tokens", sizes[i]).isEqualTo(alone[i]);
            }
        }
    }

    /**
     * Goal: constant distances are those of the other rules where they must be. Method: documents within the window are in a row;
     * with a window of one token, documents of one block each end where the text begins.
     */
    @ParameterizedTest
    @MethodSource("all")
    void keepsConstantDistances(RandomModel shape, Tier tier) throws Exception {
        try (Session session = new Session(shape, tier, ALL)) {
            KvSource[] documents = session.several();
            float[] inARow = session.asked(Placement.TRUE, 20, documents);
            assertThat(session.asked(Placement.constant(1000), 20, documents)).isEqualTo(inARow);
            assertThat(session.asked(Placement.constant(100), 20, documents)).isNotEqualTo(inARow);
            KvSource[] small = {session.read(tokens(64, 7)), session.read(tokens(64, 8))};
            KvSource[] inOrderOfIds = {small[1], small[0]}; // the last of a row is the best, the first of the list
            assertThat(session.asked(Placement.constant(1), 20, inOrderOfIds))
                    .isEqualTo(session.asked(Placement.PARALLEL, 20, inOrderOfIds));
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void choosesTheSameAtAnyDistancesHoweverRowsAreGrouped(RandomModel shape, Tier tier) throws Exception {
        try (Session session = new Session(shape, tier, new LookupSpec(2, 64))) {
            KvSource[] documents = session.several();
            for (Placement each : List.of(Placement.grouped(64, 128), Placement.constant(64))) {
                assertThat(session.asked(each, 4, documents)).isEqualTo(session.asked(each, 30, documents));
            }
        }
    }

    /**
     * Goal: a seam is what reading in place would have left. Method: the seam of a first document is its own first block; where
     * documents are one block each, seams make all of it reading in place.
     */
    @ParameterizedTest
    @MethodSource("all")
    void seamsAreReadAsInPlace(RandomModel shape, Tier tier) throws Exception {
        try (Session session = new Session(shape, tier, ALL)) {
            KvSource first = session.read(tokens(64, 1));
            KvSource second = session.read(tokens(64, 2));
            KvSource third = session.read(tokens(130, 3));
            int[] question = tokens(20, 4);
            Optional<Seam> none = Optional.empty();
            Seam ofFirst = session.seam(first, List.of(), List.of());
            try (DenseKv plain = session.attached(Placement.TRUE, first);
                    DenseKv seamed = session.seamed(List.of(first), ofFirst)) {
                assertThat(session.read(seamed, question, 20)).isEqualTo(session.read(plain, question, 20));
            }
            Seam ofSecond = session.seam(second, List.of(first), List.of(none));
            Seam ofThird = session.seam(third, List.of(second, first), List.of(Optional.of(ofSecond), none));
            try (DenseKv plain = session.attached(Placement.TRUE, second, first);
                    DenseKv seamed = session.seamed(List.of(second, first), ofSecond, null)) {
                float[] inPlace = session.plain(concat(session.prefixTokens, tokens(64, 1), tokens(64, 2), question));
                float[] bySeams = session.read(seamed, question, 7);
                assertThat(session.read(plain, question, 20)).isNotEqualTo(inPlace);
                if (shape == RandomModel.LLAMA) { // layers with a window see one document as if it stood alone
                    assertThat(bySeams).isEqualTo(inPlace);
                }
            }
            DenseKv all = session.seamed(List.of(third, second, first), ofThird, ofSecond, null);
            session.read(all, question, 20);
            DenseKv fork = all.fork();
            float[] before = session.read(all, new int[] {5, 6}, 2);
            all.close();
            assertThat(session.read(fork, new int[] {5, 6}, 1)).isEqualTo(before);
            fork.close();
        }
    }

    private static int[] tokens(int count, int seed) {
        int[] tokens = new int[count];
        Arrays.setAll(tokens, i -> 3 + (int) ((i + 1000L * seed) * 7919 % (VOCABULARY - 3)));
        return tokens;
    }

    private static int[] concat(int[]... parts) {
        return Arrays.stream(parts).flatMapToInt(Arrays::stream).toArray();
    }

    /** A loaded model with a pool whose blocks are summarised, and a prefix. */
    private static final class Session implements AutoCloseable {
        final int[] prefixTokens = tokens(PREFIX, 99);
        final Lookup lookup;
        private final Kernels kernels;
        private final Model model;
        private final Arena arena = Arena.ofShared();
        private final KvPool pool;
        private final KvBatch batch;
        private final DenseKv prefix;
        private final Floats out = Floats.allocate(arena, 1, VOCABULARY);
        private final List<SealedDocument> documents = new ArrayList<>();

        Session(RandomModel shape, Tier tier, LookupSpec spec) throws Exception {
            kernels = KernelsFactory.open(tier, 2).kernels();
            try (ModelFile source = ModelFile.open(shape.write(folder.resolve(shape.name() + ".gguf"), Weights.Q8_0))) {
                model = Models.load(source, kernels, ROWS_MAX);
            }
            KvShape kv = model.kvShape(KvType.Q8_0);
            BitSet sensitive = new BitSet();
            sensitive.set(0, kv.layers() * kv.kvHeads(), true);
            sensitive.clear(3);
            KvSummaries summaries = new KvSummaries(kv, model.memoryLayers(), sensitive);
            pool = new KvPool(kv, Optional.of(summaries), new Limits(1 << 28));
            lookup = new Lookup(kernels, summaries, spec, model::turner, ROWS_MAX);
            batch = new KvBatch(kernels, kv, 1);
            prefix = new DenseKv(kernels, pool, PREFIX);
            read(prefix, prefixTokens, PREFIX);
        }

        /** The last row's logits. */
        float[] read(DenseKv view, int[] tokens, int chunk) throws Problem {
            for (int from = 0; from < tokens.length; from += chunk) {
                int rows = Math.min(chunk, tokens.length - from);
                batch.clear();
                batch.add(view, rows);
                model.forward(tokens, from, batch);
                batch.clear();
                model.logits(new int[] {rows - 1}, 0, 1, out);
            }
            float[] logits = new float[VOCABULARY];
            out.copyRow(0, logits);
            return logits;
        }

        float[] plain(int[] tokens) throws Problem {
            try (DenseKv view = new DenseKv(kernels, pool, 1024)) {
                return read(view, tokens, 256);
            }
        }

        float[] lookedUp(int[] tokens, int chunk) throws Problem {
            try (DenseKv view = new DenseKv(kernels, pool, 1024, lookup, Context.NONE)) {
                return read(view, tokens, chunk);
            }
        }

        SealedDocument read(int[] document) throws Problem {
            try (DenseKv view = new DenseKv(kernels, pool, 1024)) {
                read(view, concat(prefixTokens, document), 256);
                view.sealTail();
                SealedDocument sealed = SealedDocument.of("" + documents.size(), view, PREFIX, document);
                documents.add(sealed);
                return sealed;
            }
        }

        DenseKv attached(Placement placement, KvSource... sources) {
            return new DenseKv(kernels, pool, 1024, lookup, Context.of(prefix, List.of(sources), placement));
        }

        /** Documents of different lengths, three and more blocks. */
        KvSource[] several() throws Problem {
            return new KvSource[] {read(tokens(137, 1)), read(tokens(70, 5)), read(tokens(200, 6))};
        }

        /** The last row's logits of one question. */
        float[] asked(Placement placement, int chunk, KvSource... sources) throws Problem {
            try (DenseKv view = attached(placement, sources)) {
                return read(view, tokens(60, 9), chunk);
            }
        }

        /** The last row's logits of one question about a document that stands side by side with one of 320 tokens. */
        float[] besideALongOne(int tokens) throws Problem {
            return asked(Placement.PARALLEL, 60, read(tokens(tokens, tokens)), read(tokens(320, 4)));
        }

        /** The first block of {@code of} behind {@code before}, the nearest first. */
        Seam seam(KvSource of, List<KvSource> before, List<Optional<Seam>> seams) throws Problem {
            Context context = Context.of(prefix, before, Placement.TRUE, seams);
            try (DenseKv view = new DenseKv(kernels, pool, 64, lookup, context)) {
                read(view, of.firstIds(), 64);
                view.sealTail();
                SealedDocument block = SealedDocument.of("seam", view, 0, of.firstIds());
                documents.add(block);
                return new Seam(block, context.tokens());
            }
        }

        /** @param seams null for none */
        DenseKv seamed(List<KvSource> sources, Seam... seams) {
            List<Optional<Seam>> all = Arrays.stream(seams).map(Optional::ofNullable).toList();
            return new DenseKv(kernels, pool, 1024, lookup, Context.of(prefix, sources, Placement.TRUE, all));
        }

        @Override
        public void close() {
            prefix.close();
            documents.forEach(SealedDocument::release);
            assertThat(pool.blocksLent()).isZero();
            lookup.close();
            pool.close();
            arena.close();
            model.close();
            kernels.close();
        }
    }
}
