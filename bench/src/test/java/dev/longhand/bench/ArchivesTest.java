package dev.longhand.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Problem;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.Seed;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Goal: an archive of strangers does no harm. Method: archives made here, sound ones and hostile ones. */
class ArchivesTest {
    private static final String LONG_NAME = "p-1/" + "deep/".repeat(30) + "long.md";

    @TempDir
    private Path folder;

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private Path zip(Map<String, byte[]> files) throws IOException {
        Path file = folder.resolve("a-sources.jar");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(file))) {
            for (Map.Entry<String, byte[]> each : files.entrySet()) {
                out.putNextEntry(new ZipEntry(each.getKey()));
                out.write(each.getValue());
                out.closeEntry();
            }
        }
        return file;
    }

    /** Entries of one tar, type '0' a file; ended as tar says. */
    private static final class Tar {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Tar add(char type, String name, byte[] content) {
            byte[] header = new byte[512];
            put(header, 0, name.substring(0, Math.min(100, name.length())));
            put(header, 124, "%011o".formatted(content.length));
            header[156] = (byte) type;
            put(header, 257, "ustar");
            out.writeBytes(header);
            out.writeBytes(Arrays.copyOf(content, (content.length + 511) / 512 * 512));
            return this;
        }

        private static void put(byte[] header, int at, String text) {
            System.arraycopy(bytes(text), 0, header, at, text.length());
        }

        byte[] end() {
            out.writeBytes(new byte[1024]);
            return out.toByteArray();
        }
    }

    private Path gz(byte[] tar) throws IOException {
        Path file = folder.resolve("a.tar.gz");
        try (GZIPOutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write(tar);
        }
        return file;
    }

    private static Map<String, byte[]> read(Path file) throws Problem {
        return Archives.read(file, new Archives.Limits(50, 4_000, 100_000), path -> path.endsWith(".md"));
    }

    private static byte[] sound() {
        String record = " path=" + LONG_NAME.replace("long", "pax") + "\n";
        String pax = record.length() + 3 + record;
        return new Tar().add('5', "p-1/", new byte[0]).add('0', "p-1/a.md", bytes("one")).add('0', "p-1/b.bin", new byte[700])
                .add('2', "p-1/link.md", new byte[0]).add('L', "././@LongLink", bytes(LONG_NAME + "\0"))
                .add('0', "cut", bytes("two")).add('x', "PaxHeader", bytes(pax)).add('0', "cut", bytes("three"))
                .add('0', "p-1/big.md", new byte[4_001])
                .add('0', "p-1/z.md", bytes("last")).end();
    }

    @Test
    void readsWantedFilesOfBothFormats() throws Exception {
        Map<String, byte[]> tar = read(gz(sound()));
        assertThat(tar.keySet()).containsExactlyInAnyOrder("p-1/a.md", LONG_NAME, LONG_NAME.replace("long", "pax"), "p-1/z.md");
        assertThat(tar.get(LONG_NAME)).isEqualTo(bytes("two"));
        assertThat(tar.get("p-1/z.md")).isEqualTo(bytes("last"));
        Map<String, byte[]> zip =
                read(zip(new TreeMap<>(Map.of("a.md", bytes("one"), "b.bin", new byte[9], "big.md", new byte[4_001]))));
        assertThat(zip).containsOnlyKeys("a.md");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../x.md", "/x.md", "a/../../x.md", "a\\x.md", "c:x.md", "a//x.md", "./x.md", "a\nb.md"})
    void refusesPathsThatReachOutside(String path) throws IOException {
        Path zip = zip(Map.of(path, bytes("x")));
        assertThatThrownBy(() -> read(zip)).isInstanceOf(Problem.class).hasMessageContaining("reaches outside");
        Path tar = gz(new Tar().add('0', path, bytes("x")).end());
        assertThatThrownBy(() -> read(tar)).isInstanceOf(Problem.class).hasMessageContaining("reaches outside");
    }

    @Test
    void refusesMoreThanTheLimits() throws IOException {
        Path bomb = zip(Map.of("zeros.bin", new byte[200_000]));
        assertThatThrownBy(() -> read(bomb)).isInstanceOf(Problem.class).hasMessageContaining("more than 100000 bytes");
        Path big = gz(new Tar().add('0', "zeros.bin", new byte[200_000]).end());
        assertThatThrownBy(() -> read(big)).isInstanceOf(Problem.class).hasMessageContaining("more than 100000 bytes");
        Map<String, byte[]> many = new TreeMap<>();
        for (int i = 0; i < 51; i++) {
            many.put(i + ".md", new byte[1]);
        }
        Path crowd = zip(many);
        assertThatThrownBy(() -> read(crowd)).isInstanceOf(Problem.class).hasMessageContaining("more than 50 entries");
    }

    /** Goal: damage is a message, never a crash or a hang. Method: 400 archives with a changed byte or a cut end. */
    @Test
    void refusesDamageWithAMessage() throws IOException {
        Seed seed = Seed.of("bench", ArchivesTest.class, 20261128);
        Gen gen = seed.gen();
        byte[] tar = sound();
        int refused = 0;
        for (int i = 0; i < 400; i++) {
            byte[] damaged = gen.chance(0.3) ? Arrays.copyOf(tar, gen.between(1, tar.length)) : tar.clone();
            damaged[gen.between(0, Math.min(damaged.length, 4096))] = (byte) gen.between(0, 256);
            try {
                read(gz(damaged)).keySet().forEach(path -> assertThat(Archives.isSafe(path)).as(seed.toString()).isTrue());
            } catch (Problem p) {
                refused++;
                assertThat(p.getMessage()).as(seed.toString()).contains("a.tar.gz");
            } catch (RuntimeException e) {
                throw new AssertionError(seed.toString(), e);
            }
        }
        assertThat(refused).as(seed.toString()).isPositive();
    }
}
