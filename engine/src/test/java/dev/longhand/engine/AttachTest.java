package dev.longhand.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.lm.Answer;
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
import java.util.Arrays;
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

    /**
     * Goal: memory of live text serves who attaches the same documents with the same one first, whose end layers with a window see,
     * and nobody else. Method: what would be found, in both orders.
     */
    @Test
    void anotherFirstDocumentGetsNoMemoryOfTheOneBefore() throws Exception {
        try (LocalModel model = open(LookupOptions.DEFAULT.withPositions(Positions.PARALLEL));
                DocumentMemory memory = memory(model, folder)) {
            SegmentRef first = read(memory, text(1, 128));
            SegmentRef second = read(memory, text(2, 128));
            int[] question = text(3, 130);
            try (Sequence asked = model.open(ROOM, List.of(first, second))) {
                asked.generate(question, GenerationSpec.greedy(4), Sink.SILENT);
            }
            try (Sequence same = model.open(ROOM, List.of(first, second));
                    Sequence other = model.open(ROOM, List.of(second, first))) {
                assertThat(cached(other, question)).isZero();
                assertThat(cached(same, question)).isEqualTo(128);
            }
        }
    }

    private static long cached(Sequence sequence, int[] question) throws Problem {
        return sequence.generate(question, GenerationSpec.greedy(4), Sink.SILENT).usage().cachedTokens();
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

    /** Goal: where nobody says how, few documents stand in a row, at true distances where these fit well; many side by side. */
    @Test
    void choosesWhereDocumentsStandByNumberAndLength() throws Exception {
        try (LocalModel model = open(LookupOptions.DEFAULT); DocumentMemory memory = memory(model, folder)) {
            List<SegmentRef> refs = new ArrayList<>();
            for (int i = 0; i < 17; i++) {
                refs.add(read(memory, text(i, 100)));
            }
            List<SegmentRef> longOnes = List.of(read(memory, text(18, 1300)), read(memory, text(19, 1300)));
            model.open(ROOM, refs.subList(0, 16)).close();
            assertThat(model.attachCounters()).contains(new AttachCounters(1, 0, 0, 0, 0));
            model.open(ROOM, refs).close();
            assertThat(model.attachCounters()).contains(new AttachCounters(1, 1, 0, 0, 0));
            model.open(ROOM, longOnes).close(); // more than two thirds of 4,096 tokens
            assertThat(model.attachCounters()).contains(new AttachCounters(1, 1, 1, 0, 0));
            List<SegmentRef> two = List.of(read(memory, text(20, 600)), read(memory, text(21, 600)));
            model.open(new SequenceSpec(3200), two).close(); // in a row they fit at no distance
            assertThat(model.attachCounters()).contains(new AttachCounters(1, 2, 1, 0, 0));
        }
    }

    /**
     * Goal: memory of live text serves sequences of another length whose documents stand where they stood, and no others. Method:
     * what is found, and the scores of all tokens against those without such memory.
     */
    @Test
    void sequencesOfOtherLengthsShareMemoryWhereDocumentsStandTheSame() throws Exception {
        int[] question = text(3, 130);
        EngineOptions options = EngineOptions.DEFAULT.withKvBytesMax(64 << 20).withLookup(LookupOptions.DEFAULT);
        Answer alone;
        try (LocalModel model = TinyLlama.open(folder, options.withPrefixBytesMax(0), Clock.SYSTEM);
                DocumentMemory memory = memory(model, folder)) {
            alone = answer(model, 513, List.of(read(memory, text(1, 1300)), read(memory, text(2, 1300))), question);
            assertThat(alone.usage().cachedTokens()).isZero();
        }
        try (LocalModel model = TinyLlama.open(folder, options, Clock.SYSTEM); DocumentMemory memory = memory(model, folder)) {
            List<SegmentRef> refs = List.of(read(memory, text(1, 1300)), read(memory, text(2, 1300)));
            answer(model, 512, refs, question);
            Answer again = answer(model, 513, refs, question);
            assertThat(again.usage().cachedTokens()).isEqualTo(128);
            assertThat(again.logprobs()).usingRecursiveComparison().isEqualTo(alone.logprobs());
            assertThat(answer(model, 1400, refs, question).usage().cachedTokens()).isZero(); // distances grow three times slower
            assertThat(model.attachCounters()).contains(new AttachCounters(0, 0, 3, 0, 0));
        }
    }

    private static Answer answer(LocalModel model, int room, List<SegmentRef> refs, int[] question) throws Problem {
        try (Sequence sequence = model.open(new SequenceSpec(room), refs)) {
            return sequence.generate(question, GenerationSpec.greedy(8).withLogprobs(5), Sink.SILENT);
        }
    }

    @Test
    void attachesMoreThanTheTrainedLengthWhereDistancesAreHeldBack() throws Exception {
        for (Positions positions : List.of(Positions.GROUPED, Positions.CONST)) {
            try (LocalModel model = open(LookupOptions.DEFAULT.withPositions(positions).withSpec(new LookupSpec(8, 128)));
                    DocumentMemory memory = memory(model, folder)) {
                List<SegmentRef> refs = new ArrayList<>();
                for (int i = 0; i < 5; i++) {
                    refs.add(read(memory, text(i, 1700)));
                }
                int[] question = text(9, 40);
                float[] scores;
                try (Sequence sequence = model.open(ROOM, refs)) {
                    scores = sequence.score(question);
                    assertThat(scores).hasSize(39);
                    for (float each : scores) {
                        assertThat(each).isBetween(-1000f, 0f);
                    }
                }
                try (Sequence sequence = model.open(ROOM, refs)) {
                    sequence.read(Arrays.copyOf(question, 11), Sink.SILENT);
                    assertThat(sequence.score(question)).isEqualTo(scores);
                }
                model.checkIntegrity();
            }
        }
    }

    /**
     * Goal: with seams one document is as without, several are not, forks share them, and nothing is left. Method: scores, usage
     * and blocks.
     */
    @Test
    void readsFirstBlocksAgainBehindTheDocumentBefore() throws Exception {
        int[] question = text(4, 50);
        float[][] plain = new float[2][];
        try (LocalModel model = open(LookupOptions.DEFAULT); DocumentMemory memory = memory(model, folder)) {
            List<SegmentRef> refs = List.of(read(memory, text(1, 300)), read(memory, text(2, 40)), read(memory, text(3, 64)));
            for (int i = 0; i < 2; i++) {
                try (Sequence sequence = model.open(ROOM, refs.subList(0, i == 0 ? 1 : 3))) {
                    assertThat(sequence.usage().readTokens()).isZero();
                    plain[i] = sequence.score(question);
                }
            }
        }
        LookupOptions seams = LookupOptions.DEFAULT.withStitching(Stitching.SEAMS);
        try (LocalModel model = open(seams.withPositions(Positions.PARALLEL)); DocumentMemory memory = memory(model, folder);
                Sequence sequence = model.open(ROOM, List.of(read(memory, text(1, 300)), read(memory, text(2, 40))))) {
            assertThat(sequence.usage().readTokens()).isZero(); // side by side none stands before another
        }
        try (LocalModel model = open(seams); DocumentMemory memory = memory(model, folder)) {
            List<SegmentRef> refs = List.of(read(memory, text(1, 300)), read(memory, text(2, 40)), read(memory, text(3, 64)));
            try (Sequence sequence = model.open(ROOM, refs.subList(0, 1))) {
                assertThat(sequence.score(question)).isEqualTo(plain[0]);
            }
            int lent = model.pool().blocksLent();
            try (Sequence sequence = model.open(ROOM, refs)) {
                assertThat(sequence.usage().readTokens()).isEqualTo(64 + 40);
                assertThat(model.attachCounters()).contains(new AttachCounters(2, 0, 0, 0, 104));
                assertThat(model.pool().blocksLent()).isEqualTo(lent + 2);
                try (Sequence fork = sequence.fork(); Sequence again = model.open(ROOM, refs)) {
                    float[] scores = sequence.score(question);
                    assertThat(scores).isNotEqualTo(plain[1]);
                    sequence.close();
                    assertThat(fork.score(question)).isEqualTo(scores);
                    assertThat(again.score(question)).isEqualTo(scores);
                }
            }
            assertThat(model.pool().blocksLent()).isLessThanOrEqualTo(lent + 1); // the prefix cache may keep the question's
            model.checkIntegrity();
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
