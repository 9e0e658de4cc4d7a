package dev.longhand.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Problem;
import dev.longhand.engine.Stitching;
import dev.longhand.formats.ModelFile;
import dev.longhand.kernels.Tier;
import dev.longhand.memory.Context;
import dev.longhand.memory.DenseKv;
import dev.longhand.memory.KvSource;
import dev.longhand.memory.Lookup;
import dev.longhand.memory.LookupSpec;
import dev.longhand.memory.Placement;
import dev.longhand.memory.Positions;
import dev.longhand.memory.SealedDocument;
import dev.longhand.testkit.RealModels;
import dev.longhand.testkit.SourcePackages;
import dev.longhand.text.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Goal: attached documents of real text give what reading them would, nearer with seams, and beyond the trained length too. Method:
 * SmolLM2 over the documentation of a foreign project, cut into documents; no chance in it.
 */
class PlacementTest {
    private static final int PREFIX = 64;
    private static final int WINDOW = 512;
    private static final int BLOCK = 64;
    /** Tokens of a document, and how many of them stand before a question at most. */
    private static final int DOCUMENT = 640;
    private static final int DOCUMENTS = 19;

    private LookupRig rig;
    private Tokenizer tokenizer;
    private DenseKv prefix;
    private Lookup all;
    private Lookup some;
    private final List<SealedDocument> read = new ArrayList<>();

    @BeforeEach
    void open() throws Exception {
        Path file = RealModels.smolLm2();
        try (ModelFile source = ModelFile.open(file)) {
            tokenizer = Tokenizer.from(source);
        }
        rig = new LookupRig(new OwnModel(file, Tier.NATIVE, 2));
        prefix = rig.dense(PREFIX);
        String front = "Some documents follow, then a question about them. ".repeat(20);
        rig.read(prefix, Arrays.copyOf(tokenizer.encode(front, false), PREFIX));
        all = rig.lookup(LookupMode.BIT4, new BitSet(), new LookupSpec(1000, WINDOW));
        some = rig.lookup(LookupMode.BIT4, new BitSet(), new LookupSpec(32, WINDOW));
    }

    @AfterEach
    void close() {
        read.forEach(SealedDocument::release);
        prefix.close();
        assertThat(rig.pool.blocksLent()).isZero();
        all.close();
        some.close();
        rig.close();
    }

    /** Tokens of each text of a project that has so many. */
    private List<int[]> texts(SourcePackages project, int tokensMin) throws Exception {
        try (Stream<Path> files = Files.walk(project.folder().resolve("docs"))) {
            List<int[]> texts = new ArrayList<>();
            for (Path file : files.filter(f -> f.toString().endsWith(".rst")).sorted().toList()) {
                int[] tokens = tokenizer.encode(Files.readString(file), false);
                if (tokens.length >= tokensMin) {
                    texts.add(tokens);
                }
            }
            return texts;
        }
    }

    private SealedDocument document(int[] tokens) throws Problem {
        SealedDocument document = rig.document("%03d".formatted(read.size()), prefix, tokens);
        read.add(document);
        return document;
    }

    private float[][] inPlace(int[] context, int[] live) throws Problem {
        try (DenseKv kv = rig.dense(PREFIX + context.length + live.length + BLOCK)) {
            prefix.copyTo(kv);
            rig.read(kv, context);
            return rig.logits(kv, live, 0);
        }
    }

    /** Goal: first blocks that are read again bring predictions nearer. Method: two halves of a text attached, its end is live. */
    @Test
    void seamsBringPredictionsNearerToReadingInPlace() throws Exception {
        int half = 5 * BLOCK;
        int live = 48;
        double plain = 0;
        double seamed = 0;
        List<int[]> texts = texts(SourcePackages.CLICK, 2 * half + live).subList(0, 8);
        for (int[] text : texts) {
            int[] question = Arrays.copyOfRange(text, 2 * half, 2 * half + live);
            float[][] sequential = inPlace(Arrays.copyOf(text, 2 * half), question);
            List<KvSource> documents = List.of(document(Arrays.copyOfRange(text, half, 2 * half)),
                    document(Arrays.copyOf(text, half)));
            for (Stitching stitching : Stitching.values()) {
                try (DenseKv kv = rig.attached(live, all, prefix, documents, Placement.TRUE, stitching)) {
                    float[][] logits = rig.logits(kv, question, 0);
                    double divergence = 0;
                    for (int i = 0; i < live; i++) {
                        divergence += Logits.klDivergence(sequential[i], logits[i]) / live / texts.size();
                    }
                    plain += stitching == Stitching.NONE ? divergence : 0;
                    seamed += stitching == Stitching.SEAMS ? divergence : 0;
                }
            }
        }
        assertThat(seamed).as("divergence from reading in place, without seams %s", plain).isLessThan(0.95 * plain);
        assertThat(plain).isBetween(1e-4, 0.5);
    }

    /**
     * Goal: a quote from the document next to the question is found behind far more text than the model was trained for. Method:
     * mean loss of passages whose beginning stands in the question, at each kind of positions.
     */
    @Test
    void quotesBehindMoreThanTheTrainedLength() throws Exception {
        List<int[]> texts = new ArrayList<>();
        for (SourcePackages project : List.of(SourcePackages.URLLIB3, SourcePackages.CLICK)) {
            for (int[] text : texts(project, DOCUMENT)) {
                for (int from = 0; from + DOCUMENT <= text.length && texts.size() < DOCUMENTS; from += DOCUMENT) {
                    texts.add(Arrays.copyOfRange(text, from, from + DOCUMENT));
                }
            }
        }
        List<KvSource> documents = new ArrayList<>();
        for (int[] text : texts) {
            documents.add(document(text));
        }
        int trained = rig.own.model.config().contextTokens();
        assertThat(DOCUMENTS * DOCUMENT).isGreaterThan(trained * 5 / 4);
        Map<Positions, double[]> losses = new EnumMap<>(Positions.class); // of the best document, of the sixth
        for (Positions positions : Positions.values()) {
            Placement placement = Placement.of(positions, WINDOW, trained * 2 / 3 - PREFIX - 100);
            losses.put(positions, new double[] {quoted(documents, texts.get(0), placement),
                    quoted(documents, texts.get(5), placement)});
        }
        double[] grouped = losses.get(Positions.GROUPED);
        assertThat(Context.tokens(prefix, documents, Placement.of(Positions.GROUPED, WINDOW, trained * 2 / 3))).isLessThan(trained);
        String all = losses.entrySet().stream().map(e -> e.getKey() + " " + Arrays.toString(e.getValue())).toList().toString();
        double[] inARow = losses.get(Positions.TRUE);
        double[] sideBySide = losses.get(Positions.PARALLEL);
        assertThat(grouped[0]).as(all).isLessThan(inARow[0] - 1).isLessThan(sideBySide[0] - 0.3);
        assertThat(grouped[1]).as(all).isLessThan(inARow[1] - 1).isLessThan(sideBySide[1] + 0.1);
        assertThat(losses.get(Positions.CONST)[0]).as(all).isLessThan(inARow[0] - 1);
    }

    /** Mean loss, in nats, of passages of {@code text} that are begun in the question; all of it is finite or it throws. */
    private double quoted(List<KvSource> documents, int[] text, Placement placement) throws Problem {
        int begun = 12;
        int asked = 24;
        int[] before = tokenizer.encode("\n\nThis passage stands above:\n", false);
        double loss = 0;
        int quotes = 0;
        for (int from = 60; from + begun + asked < text.length; from += 140, quotes++) {
            int[] live = LookupText.concat(List.of(before, Arrays.copyOfRange(text, from, from + begun + asked)));
            try (DenseKv kv = rig.attached(live.length, some, prefix, documents, placement)) {
                float[][] logits = rig.logits(kv, live, 0);
                for (int i = live.length - asked; i < live.length; i++) {
                    loss -= Logits.logProbability(logits[i - 1], live[i]) / asked;
                }
            }
        }
        return loss / quotes;
    }
}
