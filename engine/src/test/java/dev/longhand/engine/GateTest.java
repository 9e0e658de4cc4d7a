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
import dev.longhand.memory.Gate;
import dev.longhand.memory.GateFile;
import dev.longhand.memory.LookupSpec;
import dev.longhand.testkit.Gen;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Goal: a gate beside a model is used by it, and only one that is its own. Method: a tiny model with a gate by seed. */
class GateTest {
    private static final SequenceSpec ROOM = new SequenceSpec(512);
    private static final Gate.Shape SHAPE = new Gate.Shape(2, 1, 2, 32, 8, 10_000, 1e-6f);

    @TempDir
    private Path folder;
    private Path file;

    @BeforeEach
    void findsThePlace() {
        file = GateFile.of(folder.resolve("tiny.gguf"));
    }

    private static Gate gate(String model, Gate.Shape shape) {
        Gen gen = new Gen(5);
        Gate.Head head = new Gate.Head(gen.gaussians(shape.rank() * shape.group() * shape.headDim()),
                gen.gaussians(shape.rank() * 3 * shape.headDim()), gen.gaussians(shape.rank()), gen.gaussians(shape.rank()));
        return new Gate(model, shape, Map.of(0, head, 1, head));
    }

    /** Head 0 has precise keys. */
    private LocalModel open() throws Problem {
        LookupOptions lookup = LookupOptions.DEFAULT.withSensitive(BitSet.valueOf(new long[] {1})).withSpec(new LookupSpec(2, 64));
        return TinyLlama.open(folder, EngineOptions.DEFAULT.withKvBytesMax(64 << 20).withLookup(lookup), Clock.SYSTEM);
    }

    private static int[] text(int seed, int length) {
        Gen gen = new Gen(seed);
        return IntStream.generate(() -> gen.between(33, 127)).limit(length).toArray();
    }

    private float[] scores(boolean isNoted) throws Problem {
        try (LocalModel model = open(); DocumentMemory memory = model.memory(folder.resolve("memory"), 1L << 30)) {
            assertThat(model.gatedHeads()).isEqualTo(Files.exists(file) ? 1 : 0);
            List<SegmentRef> refs = new ArrayList<>();
            for (int i = 1; i <= 2; i++) {
                int[] document = text(i, 300);
                refs.add((isNoted ? memory.note(document, ROOM, Sink.SILENT)
                        : memory.read(document, new int[document.length], ROOM, Sink.SILENT)).segment());
            }
            try (Sequence sequence = model.open(ROOM, refs)) {
                float[] scores = sequence.score(text(4, 200));
                model.checkIntegrity();
                return scores;
            }
        }
    }

    @Test
    void isUsedInTheHeadsThatHaveNoPreciseKeysAndGivesTheSameFromMemoryAndFromDisk() throws Exception {
        float[] without = scores(true);
        GateFile.write(file, gate("", SHAPE), Disk.REAL);
        float[] noted = scores(true);
        assertThat(noted).isNotEqualTo(without);
        assertThat(scores(false)).isEqualTo(noted);
        assertThat(scores(false)).as("after a restart").isEqualTo(noted);
    }

    @Test
    void isRefusedWhereItIsAnothersOrDamaged() throws Exception {
        GateFile.write(file, gate("another", SHAPE), Disk.REAL);
        assertThatThrownBy(this::open).isInstanceOf(Problem.class).hasMessageContaining(file.toString())
                .hasMessageContaining("another model").hasMessageContaining("remove it");
        GateFile.write(file, gate("", new Gate.Shape(2, 1, 2, 16, 8, 0, 0)), Disk.REAL);
        assertThatThrownBy(this::open).isInstanceOf(Problem.class).hasMessageContaining("of 16 dimensions; the model has");
        GateFile.write(file, gate("", SHAPE), Disk.REAL);
        byte[] bytes = Files.readAllBytes(file);
        bytes[100] ^= 1;
        Files.write(file, bytes);
        assertThatThrownBy(this::open).isInstanceOf(Problem.class).hasMessageContaining("it is damaged");
    }
}
