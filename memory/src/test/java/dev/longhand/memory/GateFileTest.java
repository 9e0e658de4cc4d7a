package dev.longhand.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.Seed;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Goal: a gate is read as it was written, or refused with a message. Method: a small one, every byte damaged, cut anywhere. */
class GateFileTest {
    private static final Seed SEED = Seed.of("memory", GateFileTest.class, 4);
    private static final long HEAP_BYTES_MAX = 1 << 20;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @TempDir
    private Path folder;

    private static Gate gate() {
        Gen gen = SEED.gen();
        Gate.Shape shape = new Gate.Shape(3, 2, 2, 4, 2, 10_000, 1e-6f);
        return new Gate("sha-of-a-model", shape, Map.of(1, head(gen, shape), 4, head(gen, shape)));
    }

    private static Gate.Head head(Gen gen, Gate.Shape shape) {
        return new Gate.Head(GateWork.gaussian(gen, shape.rank() * shape.queryCols()),
                GateWork.gaussian(gen, shape.rank() * shape.keyCols()), GateWork.gaussian(gen, shape.rank()),
                GateWork.gaussian(gen, shape.rank()));
    }

    private Gate read(byte[] bytes) throws Exception {
        return GateFile.read(Files.write(folder.resolve("model.gguf.gate"), bytes), "sha-of-a-model").orElseThrow();
    }

    private void refuses(byte[] bytes, String as) throws Exception {
        Path file = Files.write(folder.resolve("model.gguf.gate"), bytes);
        long before = THREADS.getCurrentThreadAllocatedBytes();
        assertThatThrownBy(() -> GateFile.read(file, "sha-of-a-model")).as(as).isInstanceOfSatisfying(Problem.class,
                        e -> assertThat(e.kind()).isIn(Problem.Kind.MALFORMED, Problem.Kind.UNSUPPORTED))
                .hasMessageContaining(file.toString()).hasMessageContaining("remove it, or train it anew");
        assertThat(THREADS.getCurrentThreadAllocatedBytes() - before).as("bytes of heap").isLessThan(HEAP_BYTES_MAX);
    }

    private static byte[] signed(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, bytes.length - 4);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(bytes.length - 4, (int) crc.getValue());
        return bytes;
    }

    @Test
    void readsBackWhatWasWritten() throws Exception {
        Path file = GateFile.of(folder.resolve("model.gguf"));
        assertThat(file).hasFileName("model.gguf.gate");
        assertThat(GateFile.read(file, "sha-of-a-model")).isEmpty();
        Gate gate = gate();
        GateFile.write(file, gate, Disk.REAL);
        Gate back = GateFile.read(file, "sha-of-a-model").orElseThrow();
        assertThat(back.shape()).isEqualTo(gate.shape());
        assertThat(back.heads().keySet()).containsExactly(1, 4);
        assertThat(back.heads().get(4).wk()).isEqualTo(gate.heads().get(4).wk());
        assertThat(GateFile.encoded(back)).isEqualTo(Files.readAllBytes(file))
                .hasSize(64 + 14 + 2 * (4 + 4 * 2 * (8 + 12 + 2)) + 4);
    }

    @Test
    void refusesAForeignOneAndOtherVersions() throws Exception {
        byte[] bytes = GateFile.encoded(gate());
        Path file = Files.write(folder.resolve("x"), bytes);
        assertThatThrownBy(() -> GateFile.read(file, "another")).isInstanceOfSatisfying(Problem.class,
                e -> assertThat(e.kind()).isEqualTo(Problem.Kind.UNSUPPORTED)).hasMessageContaining("another model");
        bytes[8] = 2;
        assertThatThrownBy(() -> read(signed(bytes))).isInstanceOfSatisfying(Problem.class,
                e -> assertThat(e.kind()).isEqualTo(Problem.Kind.UNSUPPORTED)).hasMessageContaining("version 2");
    }

    @Test
    void refusesEveryPrefixAndEveryOtherByte() throws Exception {
        byte[] bytes = GateFile.encoded(gate());
        for (int size = 0; size < bytes.length; size++) {
            refuses(Arrays.copyOf(bytes, size), "cut to " + size);
        }
        for (int at = 0; at < bytes.length; at++) {
            for (int value : new int[] {0, 1, 0x7f, 0x80, 0xff}) {
                byte[] bad = bytes.clone();
                bad[at] = (byte) value;
                if (bad[at] != bytes[at]) {
                    refuses(bad, "byte %d is %02x".formatted(at, value));
                }
            }
        }
        refuses(Arrays.copyOf(bytes, bytes.length + 1), "one byte more");
    }

    /** Goal: numbers that lie allocate nothing; what is signed is read as it stands. Method: each number of the header, signed. */
    @Test
    void refusesNumbersThatLie() throws Exception {
        byte[] bytes = GateFile.encoded(gate());
        for (int at = 8; at < 64; at += at == 20 ? 12 : 4) { // the model's layers and KV heads size nothing
            boolean isAFloat = at == 44 || at == 48;
            for (int value : new int[] {0, 1, 3, 5, 1 << 10, 1 << 14, 1 << 20, Integer.MAX_VALUE, Integer.MIN_VALUE, -1}) {
                ByteBuffer lying = ByteBuffer.wrap(bytes.clone()).order(ByteOrder.LITTLE_ENDIAN);
                if (lying.getInt(at) != value && !(isAFloat && Math.abs(Float.intBitsToFloat(value)) < Float.POSITIVE_INFINITY)) {
                    refuses(signed(lying.putInt(at, value).array()), value + " at byte " + at);
                }
            }
        }
        ByteBuffer noNumber = ByteBuffer.wrap(bytes.clone()).order(ByteOrder.LITTLE_ENDIAN);
        refuses(signed(noNumber.putFloat(64 + 14 + 4, Float.NaN).array()), "a weight that is no number");
    }

    @Test
    void refusesAHugeFileOfHolesUnread() throws Exception {
        Path file = folder.resolve("huge");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(1), GateFile.BYTES_MAX);
        }
        long before = THREADS.getCurrentThreadAllocatedBytes();
        assertThatThrownBy(() -> GateFile.read(file, "m")).isInstanceOf(Problem.class).hasMessageContaining("at most");
        assertThat(THREADS.getCurrentThreadAllocatedBytes() - before).isLessThan(HEAP_BYTES_MAX);
    }
}
