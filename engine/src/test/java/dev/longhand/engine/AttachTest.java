package dev.longhand.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.lm.Attended;
import dev.longhand.lm.Capability;
import dev.longhand.lm.DocumentMemory;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Message;
import dev.longhand.lm.SegmentRef;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.memory.LookupSpec;
import dev.longhand.memory.Positions;
import dev.longhand.testkit.Gen;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Documents that are read once and attached, on a tiny model. */
class AttachTest {
    private static final SequenceSpec ROOM = new SequenceSpec(512);

    @TempDir
    Path folder;

    private LocalModel open(LookupOptions lookup) throws Problem {
        return TinyLlama.open(folder, EngineOptions.DEFAULT.withKvBytesMax(64 << 20).withLookup(lookup), Clock.SYSTEM);
    }

    private static int[] text(int seed, int length) {
        Gen gen = new Gen(seed);
        return IntStream.generate(() -> gen.between(33, 127)).limit(length).toArray();
    }

    private static DocumentMemory memory(LocalModel model, Path folder) throws Problem {
        return model.memory(folder.resolve("memory"), 1L << 30);
    }

    private static SegmentRef read(DocumentMemory memory, int[] tokens) throws Problem {
        return memory.note(tokens, ROOM, Sink.SILENT).segment();
    }

    @Test
    void answersAsIfTheDocumentStoodInThePrompt() throws Exception {
        try (LocalModel model = open(LookupOptions.DEFAULT); DocumentMemory memory = memory(model, folder)) {
            int[] document = text(1, 256);
            int[] question = text(2, 90);
            SegmentRef ref = read(memory, document);
            int[] whole = IntStream.of(model.documentFront()).toArray();
            int[] prompt = new int[whole.length + document.length + question.length];
            System.arraycopy(whole, 0, prompt, 0, whole.length);
            System.arraycopy(document, 0, prompt, whole.length, document.length);
            System.arraycopy(question, 0, prompt, whole.length + document.length, question.length);
            try (Sequence attached = model.open(ROOM, List.of(ref)); Sequence plain = model.open(new SequenceSpec(1024))) {
                assertThat(attached.generate(question, GenerationSpec.greedy(40), Sink.SILENT).tokens())
                        .isEqualTo(plain.generate(prompt, GenerationSpec.greedy(40), Sink.SILENT).tokens());
            }
            model.checkIntegrity();
        }
    }

    @Test
    void forksShareWhatIsAttachedAndGoOnAlone() throws Exception {
        try (LocalModel model = open(LookupOptions.DEFAULT); DocumentMemory memory = memory(model, folder)) {
            List<SegmentRef> refs = List.of(read(memory, text(1, 300)), read(memory, text(2, 77)), read(memory, text(3, 64)));
            int[] question = text(4, 50);
            try (Sequence first = model.open(ROOM, refs)) {
                int[] alone = first.generate(question, GenerationSpec.greedy(30), Sink.SILENT).tokens();
                try (Sequence fork = first.fork(); Sequence other = model.open(ROOM, refs)) {
                    first.close();
                    assertThat(fork.generate(question, GenerationSpec.greedy(30), Sink.SILENT).tokens()).isEqualTo(alone);
                    assertThat(other.generate(question, GenerationSpec.greedy(30), Sink.SILENT).tokens()).isEqualTo(alone);
                }
            }
            model.checkIntegrity();
        }
    }

    @Test
    void aDocumentIsReadOnceAndForgottenWhenAsked() throws Exception {
        try (LocalModel model = open(LookupOptions.DEFAULT); DocumentMemory memory = memory(model, folder)) {
            DocumentMemory.Reading first = memory.note(text(1, 100), ROOM, Sink.SILENT);
            assertThat(first.usage().readTokens()).isEqualTo(100);
            DocumentMemory.Reading again = memory.note(text(1, 100), ROOM, Sink.SILENT);
            assertThat(again.usage().readTokens()).isZero();
            assertThat(again.segment().id()).isEqualTo(first.segment().id());
            memory.forget(first.segment());
            assertThat(memory.find(text(1, 100))).isEmpty();
        }
    }

    /** Goal: cold, warm, from disk and after a restart give the same bits. Method: tokens and scores of each. */
    @Test
    void answersTheSameFromMemoryFromDiskAndAfterARestart() throws Exception {
        int[][] documents = {text(1, 300), text(2, 77), text(3, 64)};
        int[] question = text(4, 50);
        List<float[]> scores = new ArrayList<>();
        for (int run = 0; run < 4; run++) { // noted, read, read in the same process, after a restart
            try (LocalModel model = open(LookupOptions.DEFAULT); DocumentMemory memory = memory(model, folder)) {
                for (int again = 0; again < (run == 1 ? 2 : 1); again++) {
                    List<SegmentRef> refs = new ArrayList<>();
                    for (int[] each : documents) {
                        DocumentMemory.Reading reading = run == 0
                                ? memory.note(each, ROOM, Sink.SILENT)
                                : memory.read(each, new int[each.length], ROOM, Sink.SILENT);
                        assertThat(reading.usage().readTokens()).isEqualTo(run > 1 || again > 0 ? 0 : each.length);
                        refs.add(reading.segment());
                    }
                    try (Sequence sequence = model.open(ROOM, refs)) {
                        scores.add(sequence.score(question));
                    }
                }
                model.checkIntegrity();
            }
        }
        assertThat(scores).hasSize(5).allSatisfy(each -> assertThat(each).isEqualTo(scores.getFirst()));
    }

    /**
     * Goal: damage is found before use. Method: one byte of each record area; the problem names the document, which is read
     * again.
     */
    @Test
    void findsDamageAndAnswersTheSameWhenTheDocumentIsReadAgain() throws Exception {
        int[] document = text(1, 300);
        int[] question = text(4, 50);
        float[] sound;
        try (LocalModel model = open(LookupOptions.DEFAULT); DocumentMemory memory = memory(model, folder)) {
            try (Sequence sequence = model.open(ROOM, List.of(memory.read(document, new int[300], ROOM, Sink.SILENT).segment()))) {
                sound = sequence.score(question);
            }
        }
        Path file;
        try (Stream<Path> files = Files.list(folder.resolve("memory"))) {
            file = files.findFirst().orElseThrow();
        }
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 3000] ^= 1;
        Files.write(file, bytes);
        try (LocalModel model = open(LookupOptions.DEFAULT); DocumentMemory memory = memory(model, folder)) {
            SegmentRef damaged = memory.find(document).orElseThrow();
            try (Sequence sequence = model.open(ROOM, List.of(damaged))) {
                assertThatThrownBy(() -> sequence.score(question)).isInstanceOf(Problem.class).hasMessageContaining(damaged.id())
                        .hasMessageContaining("read again");
            }
            memory.forget(damaged);
            DocumentMemory.Reading again = memory.read(document, new int[300], ROOM, Sink.SILENT);
            assertThat(again.usage().readTokens()).isEqualTo(300);
            try (Sequence sequence = model.open(ROOM, List.of(again.segment()))) {
                assertThat(sequence.score(question)).isEqualTo(sound);
            }
            model.checkIntegrity();
        }
    }

    @Test
    void doesNotMixTheMemoryOfDifferentDocuments() throws Exception {
        try (LocalModel model = open(LookupOptions.DEFAULT); DocumentMemory memory = memory(model, folder)) {
            int[] question = text(4, 200);
            SegmentRef one = read(memory, text(1, 200));
            SegmentRef two = read(memory, text(2, 200));
            int[] cold;
            try (Sequence sequence = model.open(ROOM, List.of(two))) {
                cold = sequence.generate(question, GenerationSpec.greedy(20), Sink.SILENT).tokens();
            }
            try (Sequence sequence = model.open(ROOM, List.of(one))) {
                sequence.generate(question, GenerationSpec.greedy(20), Sink.SILENT);
            }
            try (Sequence sequence = model.open(ROOM, List.of(two))) {
                assertThat(sequence.generate(question, GenerationSpec.greedy(20), Sink.SILENT).tokens()).isEqualTo(cold);
            }
        }
    }

    @Test
    void refusesWhatDoesNotFitWithTheFigures() throws Exception {
        LookupOptions lookup = LookupOptions.DEFAULT.withPositions(Positions.TRUE).withSpec(new LookupSpec(4, 64));
        try (LocalModel model = open(lookup); DocumentMemory memory = memory(model, folder)) {
            List<SegmentRef> refs = List.of(read(memory, text(1, 1900)), read(memory, text(2, 1900)));
            assertThatThrownBy(() -> model.open(ROOM, refs)).isInstanceOf(Problem.class).hasMessageContaining("4,096");
            assertThatThrownBy(() -> read(memory, text(3, 4000))).isInstanceOf(Problem.class).hasMessageContaining("in parts");
            model.checkIntegrity();
        }
    }

    /**
     * Goal: what is noted is what is attended to. Method: shares add up, go with the block that is copied, and change no answer.
     */
    @Test
    void tellsWhatAnAnswerAttendedTo() throws Exception {
        try (LocalModel model = open(LookupOptions.DEFAULT); DocumentMemory memory = memory(model, folder)) {
            List<SegmentRef> refs = List.of(read(memory, text(1, 300)), read(memory, text(2, 77)));
            int[] question = text(4, 50);
            int[] unwatched;
            try (Sequence sequence = model.open(ROOM, refs)) {
                unwatched = sequence.generate(question, GenerationSpec.greedy(30), Sink.SILENT).tokens();
                assertThat(sequence.attended()).isEqualTo(Attended.NOTHING);
            }
            try (Sequence sequence = model.open(ROOM, refs)) {
                sequence.watch();
                assertThat(sequence.generate(question, GenerationSpec.greedy(30), Sink.SILENT).tokens()).isEqualTo(unwatched);
                Attended attended = sequence.attended();
                assertThat(attended.spans()).hasSize(5 + 2).extracting(s -> s.tokenTo() - s.tokenFrom())
                        .containsExactlyInAnyOrder(64, 64, 64, 64, 44, 64, 13);
                assertThat(attended.shares()).hasNumberOfRows(30);
                for (float[] row : attended.shares()) {
                    double sum = 0;
                    for (float share : row) {
                        assertThat(share).isBetween(0f, 1f);
                        sum += share;
                    }
                    assertThat(sum).isGreaterThan(0).isLessThanOrEqualTo(1.001);
                }
            }
        }
    }

    /** Goal: many documents of different lengths are attended to. Method: more than a turn can tell apart, in two orders. */
    @Test
    void attachesManyDocumentsOfDifferentLengths() throws Exception {
        try (LocalModel model = open(LookupOptions.DEFAULT.withPositions(Positions.PARALLEL));
                DocumentMemory memory = memory(model, folder)) {
            List<SegmentRef> refs = new ArrayList<>();
            for (int i = 0; i < 270; i++) {
                refs.add(read(memory, text(i, 1 + i)));
            }
            int[] question = text(4, 20);
            float[] one;
            try (Sequence sequence = model.open(ROOM, refs)) {
                one = sequence.score(question);
            }
            try (Sequence sequence = model.open(ROOM, refs.reversed())) {
                assertThat(sequence.score(question)).isEqualTo(one);
            }
        }
    }

    @Test
    void saysThatItCannotAttachWithoutLookups() throws Exception {
        try (LocalModel model = TinyLlama.open(folder, EngineOptions.DEFAULT, Clock.SYSTEM)) {
            assertThat(model.capabilities()).doesNotContain(Capability.ATTACH);
            assertThatThrownBy(() -> model.memory(folder, 1)).isInstanceOf(Problem.class).hasMessageContaining("without lookups");
            assertThatThrownBy(() -> model.renderBehind(List.of(Message.user("?")))).isInstanceOf(Problem.class);
        }
    }
}
