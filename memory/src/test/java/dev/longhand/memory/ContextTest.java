package dev.longhand.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.kernels.Attention;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KernelsFactory;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvSummaries;
import dev.longhand.kernels.KvType;
import dev.longhand.kernels.Tier;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.Seed;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Goal: every attached block is seen at the distance that the rule says. Method: from a block's shift follows its distance from
 * the first live token, which is compared with the rule's formula; made-up documents.
 */
class ContextTest {
    private static final Seed SEED = Seed.of("memory", ContextTest.class, 20261128);
    private static final int BLOCK = KvShape.BLOCK_TOKENS;
    private static final int LAYERS = 2;
    private static final int KV_HEADS = 2;
    private static final int HEAD_DIM = 32;

    private final Arena arena = Arena.ofShared();
    private final Gen gen = SEED.gen();
    private Kernels kernels;
    private KvSummaries summaries;
    private KvPool pool;
    private DenseKv prefix; // of no tokens

    @BeforeEach
    void open() throws Exception {
        kernels = KernelsFactory.open(Tier.SCALAR, 1).kernels();
        KvShape shape = new KvShape(LAYERS, KV_HEADS, HEAD_DIM, KvType.Q8_0);
        BitSet memory = new BitSet();
        memory.set(0, LAYERS);
        BitSet sensitive = new BitSet();
        sensitive.set(1);
        sensitive.set(2);
        summaries = new KvSummaries(shape, memory, sensitive);
        pool = new KvPool(shape, Optional.of(summaries), new Limits(1 << 22));
        prefix = new DenseKv(kernels, pool, BLOCK);
    }

    @AfterEach
    void close() {
        prefix.close();
        pool.close();
        kernels.close();
        arena.close();
    }

    private List<KvSource> documents(int... tokens) {
        List<KvSource> documents = new ArrayList<>();
        for (int each : tokens) {
            documents.add(RegionSource.made("%04d".formatted(documents.size()), each, summaries, arena, gen));
        }
        return documents;
    }

    /** Of block {@code i}'s last token, from the first live one. */
    private static int distance(Context context, int document, int block) {
        int key = block * BLOCK + context.documents().get(document).tokens(block) - 1;
        return context.tokens() + context.blockShift(context.blockFrom(document) + block) - key;
    }

    private interface Rule {
        /** Distance of a block's last token, from that in a row and that from the document's own end. */
        int of(int inARow, int fromEnd);
    }

    /** At most {@code beyond} tokens farther away than the rule says, never nearer. */
    private static void check(Context context, Rule rule, int beyond) {
        int sum = context.documents().stream().mapToInt(KvSource::tokens).sum();
        int before = 0;
        for (int d = 0; d < context.documents().size(); d++) {
            KvSource document = context.documents().get(d);
            for (int b = 0; b < document.blocks(); b++) {
                int key = b * BLOCK + document.tokens(b) - 1;
                int wanted = rule.of(sum - before - key, document.tokens() - key);
                assertThat(distance(context, d, b)).as("%s: document %d, block %d", SEED, d, b).isBetween(wanted, wanted + beyond);
                int turn = context.blockTurn(context.blockFrom(d) + b);
                assertThat(turn == 0 ? 0 : context.turnShifts()[turn - 1]).isEqualTo(context.blockShift(context.blockFrom(d) + b));
            }
            before += document.tokens();
        }
        assertThat(context.turnShifts()).hasSizeLessThanOrEqualTo(Context.TURNS_MAX);
    }

    @Test
    void placesDocumentsByEachRule() {
        List<KvSource> documents = documents(300, 77, 64, 1000, 200);
        check(Context.of(prefix, documents, Placement.TRUE), (row, end) -> row, 0);
        check(Context.of(prefix, documents, Placement.PARALLEL), (row, end) -> end, 0);
        check(Context.of(prefix, documents, Placement.constant(128)), (row, end) -> Math.min(row, 128), 0);
        // 1641 tokens: (1641 - 128) / (600 - 128) is a little more than 3
        check(Context.of(prefix, documents, Placement.grouped(128, 600)),
                (row, end) -> row <= 128 ? row : 128 + (row - 128) / 4, 0);
        assertThat(Context.of(prefix, documents, Placement.grouped(128, 600)).tokens()).isBetween(500, 600 + BLOCK);
        assertThat(Context.of(prefix, documents, Placement.constant(128)).tokens()).isBetween(128, 128 + BLOCK);
        assertThat(Context.of(prefix, documents, Placement.grouped(128, 1641)).turnShifts())
                .isEqualTo(Context.of(prefix, documents, Placement.TRUE).turnShifts());
    }

    /** Goal: never more turns than a byte tells apart. Method: lengths by chance, up to a million tokens. */
    @Test
    void findsFewTurnsForManyDocuments() {
        for (int round = 0; round < 6; round++) {
            int[] tokens = new int[round < 3 ? 40 : 300];
            for (int i = 0; i < tokens.length; i++) {
                tokens[i] = gen.between(1, 4096);
            }
            List<KvSource> documents = documents(tokens);
            int sum = documents.stream().mapToInt(KvSource::tokens).sum();
            int reach = 5000;
            int group = Math.ceilDiv(sum - 512, reach - 512);
            Context grouped = Context.of(prefix, documents, Placement.grouped(512, reach));
            check(grouped, (row, end) -> row <= 512 ? row : 512 + (row - 512) / group, 127);
            assertThat(grouped.tokens()).isLessThanOrEqualTo(reach + BLOCK);
            check(Context.of(prefix, documents, Placement.constant(512)), (row, end) -> Math.min(row, 512), 127);
            Context parallel = Context.of(prefix, documents, Placement.PARALLEL);
            check(parallel, (row, end) -> end, 63);
            int longest = documents.stream().mapToInt(KvSource::tokens).max().orElseThrow();
            assertThat(parallel.tailShift()).as("a window sees one document at its true distance, however turns are rounded")
                    .isEqualTo(tokens[0] - longest);
        }
    }

    @Test
    void theOrderOfFarDocumentsDoesNotMatterAtConstantDistance() {
        List<KvSource> documents = documents(600, 77, 640, 1000, 200);
        Map<String, Integer> shifts = new HashMap<>();
        for (List<KvSource> order : List.of(documents, List.of(documents.get(0), documents.get(4), documents.get(2),
                documents.get(1), documents.get(3)))) {
            Context context = Context.of(prefix, order, Placement.constant(512));
            for (int d = 0; d < 5; d++) {
                for (int b = 0; b < context.documents().get(d).blocks(); b++) {
                    int shift = context.blockShift(context.blockFrom(d) + b);
                    assertThat(shifts.merge(context.documents().get(d).id() + "/" + b, shift, (old, now) -> old)).isEqualTo(shift);
                }
            }
        }
    }

    @Test
    void holdsDocumentsAndSeamsUntilTheLastHolderIsGone() {
        List<KvSource> documents = documents(100, 200);
        RegionSource block = (RegionSource) documents(64).getFirst();
        Context context = Context.of(prefix, documents, Placement.TRUE,
                List.of(Optional.of(new Seam(block, 200)), Optional.empty()));
        assertThat(context.blockShift(context.blockFrom(1))).isZero(); // read where it stands
        assertThat(context.blockShift(context.blockFrom(1) + 1)).isEqualTo(-200);
        context.retain().retain();
        context.release();
        assertThat(List.of(block.holders, ((RegionSource) documents.get(0)).holders)).containsOnly(1);
        context.release();
        assertThat(List.of(block.holders, ((RegionSource) documents.get(0)).holders)).containsOnly(0);
        List<Optional<Seam>> tooShort = List.of(Optional.empty(), Optional.of(new Seam(documents(63).getFirst(), 0)));
        assertThatThrownBy(() -> Context.of(prefix, documents, Placement.TRUE, tooShort))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("63");
        assertThatThrownBy(() -> Context.of(prefix, documents, Placement.PARALLEL,
                Collections.nCopies(2, Optional.of(new Seam(block, 0))))).isInstanceOf(IllegalArgumentException.class);
    }

    /** Goal: looking twice scores what it keeps as looking once does. Method: few superblocks, all of which are kept; bits. */
    @Test
    void looksTwiceAtBlocksWithTurnsOfTheirOwn() {
        List<KvSource> documents = documents(3000, 77, 1100);
        Seam seam = new Seam(documents(64).getFirst(), 1177);
        for (Placement placement : List.of(Placement.TRUE, Placement.grouped(128, 600), Placement.constant(128))) {
            Context context = Context.of(prefix, documents, placement,
                    List.of(Optional.of(seam), Optional.empty(), Optional.empty()));
            try (Lookup lookup = new Lookup(kernels, summaries, LookupSpec.DEFAULT, layer -> null, 3);
                    DenseKv kv = new DenseKv(kernels, pool, 100, lookup, context)) {
                Floats q = random(3);
                Floats turned = random(3 * context.turnShifts().length);
                Attention attention = new Attention(0, 2 * KV_HEADS, 0.2f, Integer.MAX_VALUE);
                float[][] once = scores(kv, attention, q, turned, Integer.MAX_VALUE);
                assertThat(once[0]).doesNotHaveDuplicates().doesNotContain(Float.NaN).hasSize(47 + 2 + 18);
                assertThat(scores(kv, attention, q, turned, 1)).as("%s %s", SEED, placement).isDeepEqualTo(once);
            }
        }
    }

    private float[][] scores(DenseKv kv, Attention attention, Floats q, Floats turned, int twiceFromBlocks) {
        Scorer scorer = new Scorer(kernels, summaries, (c, out) -> kernels.scan(c.q(), c.turned(), c.seen(), c.rows(), c.scan(),
                summaries, c.attention(), out), 3, arena, twiceFromBlocks);
        scorer.score(kv, attention, q, turned, 3, () -> null, Kernels.Scored.NOTHING);
        float[][] rows = new float[3 * KV_HEADS][kv.context().blocks()];
        for (int r = 0; r < rows.length; r++) {
            for (int b = 0; b < rows[r].length; b++) {
                rows[r][b] = scorer.rows().get(r, b);
            }
        }
        return rows;
    }

    private Floats random(int rows) {
        Floats x = Floats.allocate(arena, rows, 2 * KV_HEADS * HEAD_DIM);
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < x.cols(); c++) {
                x.set(r, c, (float) gen.gaussian());
            }
        }
        return x;
    }
}
