package dev.longhand.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.lm.DocumentMemory;
import dev.longhand.lm.SegmentRef;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.memory.LookupSpec;
import dev.longhand.memory.SegmentFolder;
import dev.longhand.memory.SegmentLimits;
import dev.longhand.testkit.Gen;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: whatever becomes of a segment's file while it is attended to, or of its version, the process lives and answers are as they
 * would be after reading the document again. Method: a tiny model whose cache holds less than the document.
 */
class SegmentInUseTest {
    private static final SequenceSpec ROOM = new SequenceSpec(512);
    private static final int TOKENS = 300;
    /** Less than the 10 records of a document, enough for a layer. */
    private static final long CACHE_BYTES = 6 * 4608;

    @TempDir
    private Path folder;

    private LocalModel open() throws Problem {
        LookupOptions lookup = new LookupOptions(LookupSpec.DEFAULT, Optional.empty(), Optional.empty(), Stitching.NONE,
                CACHE_BYTES);
        return TinyLlama.open(folder, EngineOptions.DEFAULT.withKvBytesMax(64 << 20).withLookup(lookup), Clock.SYSTEM);
    }

    private DocumentMemory memory(LocalModel model) throws Problem {
        return model.memory(folder.resolve("memory"), 1L << 30);
    }

    private static int[] text(int seed, int length) {
        Gen gen = new Gen(seed);
        return IntStream.generate(() -> gen.between(33, 127)).limit(length).toArray();
    }

    private static SegmentRef read(DocumentMemory memory, int expected) throws Problem {
        DocumentMemory.Reading reading = memory.read(text(1, TOKENS), new int[TOKENS], ROOM, Sink.SILENT);
        assertThat(reading.usage().readTokens()).isEqualTo(expected);
        return reading.segment();
    }

    private static float[] scores(LocalModel model, SegmentRef ref) throws Problem {
        try (Sequence sequence = model.open(ROOM, List.of(ref))) {
            return sequence.score(text(4, 50));
        }
    }

    private Path file() throws Exception {
        try (Stream<Path> files = Files.list(folder.resolve("memory"))) {
            return files.findFirst().orElseThrow();
        }
    }

    private void archive() throws Problem {
        SegmentFolder segments = SegmentFolder.open(folder.resolve("memory"), Disk.REAL, Clock.SYSTEM, SegmentLimits.DEFAULT);
        assertThat(segments.archive((done, of) -> { }).segments()).isEqualTo(1);
    }

    @Test
    void aFileThatIsCutWhileItIsAttachedEndsTheAnswerAndNothingElse() throws Exception {
        try (LocalModel model = open(); DocumentMemory memory = memory(model)) {
            SegmentRef ref = read(memory, TOKENS);
            float[] sound = scores(model, ref);
            try (Sequence sequence = model.open(ROOM, List.of(ref))) {
                try (FileChannel channel = FileChannel.open(file(), StandardOpenOption.WRITE)) {
                    channel.truncate(8192);
                }
                assertThatThrownBy(() -> sequence.score(text(4, 50))).isInstanceOf(Problem.class).hasMessageContaining(ref.id())
                        .hasMessageContaining("read again");
            }
            model.checkIntegrity();
            assertThat(memory.find(text(1, TOKENS))).as("a miss").isEmpty();
            assertThat(scores(model, read(memory, TOKENS))).isEqualTo(sound);
        }
    }

    /** Goal: two forms of a document are never mixed. Method: archived while it is attached; attached anew; after a restart. */
    @Test
    void aFileThatIsArchivedWhileItIsAttachedIsReadOnInFullAndNeverMixed() throws Exception {
        float[] archived;
        try (LocalModel model = open(); DocumentMemory memory = memory(model)) {
            SegmentRef ref = read(memory, TOKENS);
            float[] full = scores(model, ref);
            archive();
            assertThat(scores(model, ref)).isEqualTo(full);
            try (DocumentMemory other = memory(model)) {
                archived = scores(model, other.find(text(1, TOKENS)).orElseThrow());
                assertThat(archived).isNotEqualTo(full);
                assertThat(scores(model, ref)).as("the full one, beside it").isEqualTo(full);
            }
            model.checkIntegrity();
        }
        try (LocalModel model = open(); DocumentMemory memory = memory(model)) {
            SegmentRef ref = read(memory, 0);
            assertThat(scores(model, ref)).isEqualTo(archived);
            memory.forget(ref);
            assertThat(scores(model, read(memory, TOKENS))).as("read again, full again").isNotEqualTo(archived);
        }
    }

    /** Goal: a segment of a version to come is no obstacle. Method: its number changed and signed; the document is read again. */
    @Test
    void aSegmentOfANewerVersionIsReadAgain() throws Exception {
        float[] sound;
        try (LocalModel model = open(); DocumentMemory memory = memory(model)) {
            sound = scores(model, read(memory, TOKENS));
        }
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file())).order(ByteOrder.LITTLE_ENDIAN).putInt(8, 3);
        int header = bytes.getInt(12);
        CRC32C crc = new CRC32C();
        crc.update(bytes.array(), 0, header - 4);
        Files.write(file(), bytes.putInt(header - 4, (int) crc.getValue()).array());
        SegmentFolder segments = SegmentFolder.open(folder.resolve("memory"), Disk.REAL, Clock.SYSTEM, SegmentLimits.DEFAULT);
        assertThat(segments.verify().findings()).hasSize(1).first().asString().contains("version 3").contains("newer Longhand");
        try (LocalModel model = open(); DocumentMemory memory = memory(model)) {
            assertThat(memory.find(text(1, TOKENS))).isEmpty();
            assertThat(scores(model, read(memory, TOKENS))).isEqualTo(sound);
        }
        assertThat(segments.verify().findings()).isEmpty();
    }
}
