package dev.longhand.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Sha256;
import dev.longhand.kernels.KvType;
import dev.longhand.kernels.Tier;
import dev.longhand.memory.DenseKv;
import dev.longhand.memory.Fingerprint;
import dev.longhand.memory.KvSource;
import dev.longhand.memory.Lookup;
import dev.longhand.memory.LookupSpec;
import dev.longhand.memory.Placement;
import dev.longhand.memory.RecordCache;
import dev.longhand.memory.SealedDocument;
import dev.longhand.memory.Segment;
import dev.longhand.memory.SegmentFolder;
import dev.longhand.memory.SegmentId;
import dev.longhand.memory.SegmentLimits;
import dev.longhand.testkit.RealModels;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Goal: it is known what archiving a document costs. Method: real models read real text, the windows of the parity golden: 64
 * tokens as the prefix, the middle as a document that is written, attached in full and archived; divergence of the predictions of
 * the last 128 tokens. Bounds are twice what was measured.
 */
class ArchivedSegmentTest {
    private static final int PREFIX = 64;
    private static final int LIVE = 128;

    @TempDir
    private Path folder;

    record Case(Path model, double divergenceMax) {}

    static Stream<Case> models() {
        return Stream.of(new Case(RealModels.smolLm2(), 0.0125), new Case(RealModels.gemma3(), 0.007));
    }

    @ParameterizedTest
    @MethodSource("models")
    void changesPredictionsLittle(Case c) throws Exception {
        ParityGolden golden = ParityGolden.ofModel(Sha256.ofFile(c.model));
        double divergence = 0;
        double agreement = 0;
        long full = 0;
        long archived = 0;
        try (LookupRig rig = new LookupRig(new OwnModel(c.model, Tier.NATIVE, 2));
                Lookup all = rig.lookup(LookupMode.BIT4, new BitSet(), new LookupSpec(512, 512))) {
            for (int window = 0; window < golden.windows(); window++) {
                int[] text = Arrays.copyOf(golden.tokens(window), golden.positions());
                int[] live = Arrays.copyOfRange(text, text.length - LIVE, text.length);
                int[] document = Arrays.copyOfRange(text, PREFIX, text.length - LIVE);
                try (DenseKv prefix = rig.dense(PREFIX)) {
                    rig.read(prefix, Arrays.copyOf(text, PREFIX));
                    SegmentFolder segments = SegmentFolder.open(folder.resolve("w" + window), Disk.REAL, Clock.SYSTEM,
                            SegmentLimits.DEFAULT);
                    SegmentId id = publish(segments, rig, prefix, document);
                    float[][] before = logits(segments, id, rig, all, prefix, live);
                    SegmentFolder.Archived done = segments.archive((n, of) -> { });
                    full += done.before();
                    archived += done.after();
                    float[][] after = logits(segments, id, rig, all, prefix, live);
                    for (int i = 0; i < live.length; i++) {
                        divergence += Logits.klDivergence(before[i], after[i]) / live.length / golden.windows();
                        agreement += (Logits.isSameTop(before[i], after[i]) ? 100.0 : 0) / live.length / golden.windows();
                    }
                }
            }
        }
        System.out.printf("archived, %s: KL %.5f, top-1 %.1f %%, %,d of %,d bytes%n", golden.name(), divergence, agreement,
                archived, full);
        assertThat(divergence).isBetween(1e-9, c.divergenceMax);
        assertThat((double) archived / full).isBetween(0.7, 0.85);
    }

    private static Fingerprint print() {
        return new Fingerprint(Sha256.of("m"), "a", KvType.Q8_0, "t", "r", "k", Sha256.of("p"));
    }

    private static SegmentId publish(SegmentFolder segments, LookupRig rig, DenseKv prefix, int[] document) throws Exception {
        SealedDocument read = rig.document("d", prefix, document);
        try {
            return segments.publish(read.content(print(), document, new int[document.length], rig.own.model.windowTokens()));
        } finally {
            read.release();
        }
    }

    private static float[][] logits(SegmentFolder segments, SegmentId id, LookupRig rig, Lookup lookup, DenseKv prefix, int[] live)
            throws Exception {
        Segment segment = ((SegmentFolder.Found.Hit) segments.find(id, print())).segment();
        try (RecordCache cache = new RecordCache(segment.recordBytes(), SegmentLimits.DEFAULT)) {
            lookup.readThrough(cache);
            KvSource source = cache.attach(segment);
            try (DenseKv kv = rig.attached(LIVE, lookup, prefix, List.of(source), Placement.PARALLEL)) {
                return rig.logits(kv, live, 0);
            } finally {
                source.release();
                lookup.readThrough(null);
            }
        }
    }
}
