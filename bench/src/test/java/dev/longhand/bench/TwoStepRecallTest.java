package dev.longhand.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import dev.longhand.base.Sha256;
import dev.longhand.engine.EngineOptions;
import dev.longhand.engine.LocalModel;
import dev.longhand.engine.LookupOptions;
import dev.longhand.lm.DocumentMemory;
import dev.longhand.lm.SegmentRef;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.memory.LookupSpec;
import dev.longhand.memory.Positions;
import dev.longhand.testkit.RealModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Goal: looking twice finds nine tenths of what a full scan would. Method: real models, the real text of the parity golden as many
 * small documents: each is a superblock of its own, so that a head must leave out some; a lower threshold than in use.
 */
@Tag("full")
class TwoStepRecallTest {
    private static final int DOCUMENT = 32;
    private static final int SUPERBLOCKS_KEPT = 64;

    @TempDir
    private Path folder;

    record Case(Path model, int heads) {}

    static Stream<Case> models() {
        return Stream.of(new Case(RealModels.smolLm2(), 90), new Case(RealModels.gemma3(), 18));
    }

    @ParameterizedTest
    @MethodSource("models")
    void findsNineTenthsOfWhatAFullScanWould(Case c) throws Exception {
        Sha256 digest = Sha256.ofFile(c.model);
        BitSet all = new BitSet();
        all.set(0, c.heads);
        ParityGolden golden = ParityGolden.ofModel(digest);
        LookupOptions lookup = LookupOptions.DEFAULT.withPositions(Positions.PARALLEL).withSensitive(all)
                .withSpec(new LookupSpec(8, 64).withTwiceFromTokens(4096));
        try (LocalModel model = LocalModel.open(c.model, golden.name(), digest.hex(),
                EngineOptions.DEFAULT.withThreads(2).withLookup(lookup), Clock.SYSTEM);
                DocumentMemory memory = model.memory(folder, 1L << 32)) {
            List<SegmentRef> refs = new ArrayList<>();
            for (int window = 0; window < golden.windows(); window++) {
                int[] text = golden.tokens(window);
                for (int from = 0; from + DOCUMENT <= golden.positions(); from += DOCUMENT) {
                    refs.add(memory.read(Arrays.copyOfRange(text, from, from + DOCUMENT), new int[DOCUMENT],
                            new SequenceSpec(DOCUMENT), Sink.SILENT).segment());
                }
            }
            assertThat(refs.size()).isGreaterThanOrEqualTo(2 * SUPERBLOCKS_KEPT);
            Measure recall = TwoStepRecall.of("test", model, refs, List.of("What is this text about?",
                    "Which function reads a file line by line, and what does it return?",
                    "Say in one sentence who wrote the letter and where he was born."));
            System.out.println(recall);
            assertThat(recall.figure()).isBetween(90.0, 100.0001);
        }
    }
}
