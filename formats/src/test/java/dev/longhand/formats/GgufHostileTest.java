package dev.longhand.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import dev.longhand.base.Clock;
import dev.longhand.base.ElementType;
import dev.longhand.base.Problem;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.GgufWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: no file makes the reader do anything but open or throw one {@link Problem} that names the file, in bounded memory and time.
 *
 * <p>Method: a table of hand-made bad files with a word of the verdict each; every prefix and every byte of a small sound file
 * changed; a seeded structure-aware mutation fuzz ({@code -Dlonghand.fuzz.rounds=N} for the long form). This module's tests run with
 * a heap of 256 MB, so an allocation from a declared length shows as an OutOfMemoryError.
 */
class GgufHostileTest {
    private static final long U64_MAX = -1;
    private static final int ROUNDS = Integer.getInteger("longhand.fuzz.rounds", 6_000);
    private static final double SECONDS_MAX = 2;
    private static final long HEAP_GROWTH_MAX = 64_000_000;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @TempDir
    Path folder;

    /** A bad file and what its message must say. */
    private record Bad(String name, byte[] file, String verdict) {}

    /** Little-endian bytes, written by hand. */
    private static final class Raw {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();

        static Raw header(long tensors, long keys) {
            return new Raw().u32(0x46554747).u32(3).u64(tensors).u64(keys);
        }

        Raw u8(int v) {
            out.write(v);
            return this;
        }

        Raw u32(long v) {
            out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt((int) v).array());
            return this;
        }

        Raw u64(long v) {
            out.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(v).array());
            return this;
        }

        Raw text(String s) {
            byte[] bytes = s.getBytes(StandardCharsets.UTF_8);
            u64(bytes.length);
            out.writeBytes(bytes);
            return this;
        }

        Raw key(String key, int type) {
            return text(key).u32(type);
        }

        Raw tensor(String name, int type, long offset, long... shape) {
            text(name).u32(shape.length);
            for (long n : shape) {
                u64(n);
            }
            return u32(type).u64(offset);
        }

        Raw zeros(int n) {
            out.writeBytes(new byte[n]);
            return this;
        }

        byte[] bytes() {
            return out.toByteArray();
        }
    }

    @Test
    void refusesEachBadFileWithItsVerdict() throws IOException {
        List<Bad> table = new ArrayList<>();
        containers(table);
        counts(table);
        metadata(table);
        shapes(table);
        places(table);
        for (Bad bad : table) {
            String message = verdict(bad.file, bad.name);
            assertThat(message).as(bad.name).isNotNull().contains("hostile.gguf").containsIgnoringCase(bad.verdict);
        }
        assertThat(table).hasSizeGreaterThan(60);
    }

    private static void containers(List<Bad> table) {
        table.add(new Bad("empty", new byte[0], "magic needs 4 bytes and 0 remain"));
        table.add(new Bad("other magic", "PK\3\4 something".getBytes(StandardCharsets.US_ASCII), "begins with 504b0304"));
        table.add(new Bad("version 1", new Raw().u32(0x46554747).u32(1).zeros(64).bytes(), "version 1 is not supported"));
        table.add(new Bad("version 4", new Raw().u32(0x46554747).u32(4).zeros(64).bytes(), "version 4 is not supported"));
        table.add(new Bad("big endian", new Raw().u32(0x46554747).u32(0x03000000).zeros(64).bytes(), "big-endian"));
    }

    private static void counts(List<Bad> table) {
        for (long count : new long[] {1, 1L << 31, 1L << 32, Long.MIN_VALUE, U64_MAX}) {
            table.add(new Bad("tensors " + count, Raw.header(count, 0).bytes(), "tensor count declares"));
            table.add(new Bad("keys " + count, Raw.header(0, count).bytes(), "key count declares"));
            table.add(new Bad("key length " + count, Raw.header(0, 1).u64(count == 1 ? 100 : count).u32(4).u8(0).bytes(), "key 0 length declares"));
            table.add(new Bad("string length " + count, Raw.header(0, 1).key("s", 8).u64(count + 8).bytes(), "length declares"));
            table.add(new Bad("array length " + count, Raw.header(0, 1).key("a", 9).u32(4).u64(count).bytes(), "elements of a declares"));
            table.add(new Bad("array of strings " + count, Raw.header(0, 1).key("a", 9).u32(8).u64(count).bytes(), "elements of a declares"));
            table.add(new Bad("name length " + count, Raw.header(1, 0).u64(count == 1 ? 300 : count).zeros(320).bytes(), "name of tensor 0"));
        }
        table.add(new Bad("key too long", Raw.header(0, 1).text("k".repeat(2000)).u32(4).u32(0).bytes(), "key 0 length declares 2000; limit 1024"));
    }

    private static void metadata(List<Bad> table) {
        table.add(new Bad("value type 13", Raw.header(0, 1).key("k", 13).u32(0).bytes(), "value type 13"));
        table.add(new Bad("element type 13", Raw.header(0, 1).key("k", 9).u32(13).u64(1).u32(0).bytes(), "element type 13"));
        table.add(new Bad("boolean 2", Raw.header(0, 1).key("k", 7).u8(2).bytes(), "must be 0 or 1"));
        table.add(new Bad("key not UTF-8", Raw.header(0, 1).u64(2).u8(0xC3).u8(0x28).u32(4).u32(0).bytes(), "not UTF-8"));
        table.add(new Bad("duplicate key", Raw.header(0, 2).key("k", 4).u32(1).key("k", 4).u32(1).bytes(), "appears twice"));
        table.add(new Bad("u64 above 2^63", Raw.header(0, 1).key("k", 10).u64(U64_MAX).bytes(), "18446744073709551615"));
        Raw nested = Raw.header(0, 1).key("k", 9);
        for (int i = 0; i < 65; i++) {
            nested.u32(9).u64(1);
        }
        table.add(new Bad("65 arrays deep", nested.u32(4).u64(1).u32(0).zeros(64).bytes(), "nests arrays deeper than 4"));
        for (long alignment : new long[] {0, 3, 1L << 31}) {
            table.add(new Bad("alignment " + alignment, Raw.header(0, 1).key("general.alignment", 4).u32(alignment).bytes(), "power of two"));
        }
        table.add(new Bad("alignment a string", Raw.header(0, 1).key("general.alignment", 8).text("32").bytes(), "power of two"));
    }

    private static void shapes(List<Bad> table) {
        table.add(new Bad("no dimensions", Raw.header(1, 0).tensor("w", 0, 0).zeros(64).bytes(), "0 dimensions"));
        table.add(new Bad("5 dimensions", Raw.header(1, 0).tensor("w", 0, 0, 1, 1, 1, 1, 1).zeros(64).bytes(), "5 dimensions"));
        table.add(new Bad("2^32-1 dimensions", Raw.header(1, 0).text("w").u32(0xFFFFFFFFL).zeros(64).bytes(), "4294967295 dimensions"));
        table.add(new Bad("zero dimension", Raw.header(1, 0).tensor("w", 0, 0, 4, 0).zeros(64).bytes(), "each dimension must be 1 or more"));
        table.add(new Bad("negative dimension", Raw.header(1, 0).tensor("w", 0, 0, 4, -4).zeros(64).bytes(), "each dimension must be 1 or more"));
        table.add(new Bad("unknown type", Raw.header(1, 0).tensor("w", 999, 0, 4).zeros(64).bytes(), "ggml type 999"));
        for (ElementType type : ElementType.values()) {
            long wrapping = (1L << 62) - 64;
            table.add(new Bad("wrapping shape " + type, Raw.header(1, 0).tensor("w", type.ggmlId(), 0, wrapping / 256 * 256, 64, 1, 1).zeros(64).bytes(), "w has the shape"));
            table.add(new Bad("bytes past the end " + type, Raw.header(1, 0).tensor("w", type.ggmlId(), 0, 1L << 40).zeros(64).bytes(), "cut short"));
            if (type.blockElements() > 1) {
                table.add(new Bad("part of a block " + type, Raw.header(1, 0).tensor("w", type.ggmlId(), 0, 33).zeros(512).bytes(), "stores blocks of"));
            }
        }
    }

    private static void places(List<Bad> table) {
        table.add(new Bad("offset past the end", Raw.header(1, 0).tensor("w", 0, 1 << 20, 4).zeros(128).bytes(), "cut short"));
        table.add(new Bad("offset 2^63", Raw.header(1, 0).tensor("w", 0, Long.MIN_VALUE, 4).zeros(128).bytes(), "multiple of the alignment"));
        table.add(new Bad("offset near 2^63", Raw.header(1, 0).tensor("w", 0, Long.MAX_VALUE - 31, 4).zeros(128).bytes(), "cut short"));
        table.add(new Bad("unaligned offset", Raw.header(1, 0).tensor("w", 0, 4, 4).zeros(128).bytes(), "multiple of the alignment"));
        table.add(new Bad("overlap", Raw.header(2, 0).tensor("v", 0, 0, 16).tensor("w", 0, 32, 16).zeros(256).bytes(), "overlap"));
        table.add(new Bad("the same place", Raw.header(2, 0).tensor("v", 0, 0, 16).tensor("w", 0, 0, 16).zeros(256).bytes(), "overlap"));
        table.add(new Bad("duplicate tensor", Raw.header(2, 0).tensor("w", 0, 0, 4).tensor("w", 0, 64, 4).zeros(256).bytes(), "appears twice"));
        table.add(new Bad("two that sum past 2^63",
                Raw.header(2, 0).tensor("v", 0, 0, 1L << 60).tensor("w", 0, 1L << 62, 1L << 60).zeros(256).bytes(), "cut short"));
    }

    @Test
    void takesHolesBetweenTensorsAndBytesBehindThem() throws IOException {
        byte[] file = Raw.header(2, 0).tensor("v", 0, 0, 4).tensor("w", 0, 128, 4).zeros(400).bytes();
        assertThat(verdict(file, "holes")).isNull();
    }

    /** Each is as large as it may be and well formed up to the limit that stops it. */
    @Test
    void headersThatFillTheLimitStayInMemoryAndTime() throws IOException {
        Raw nested = Raw.header(0, 1).key("nested", 9).u32(9).u64(3_900_000);
        byte[] emptyArray = new Raw().u32(4).u64(0).bytes();
        for (int i = 0; i < 3_900_000; i++) {
            nested.out.writeBytes(emptyArray);
        }
        assertThat(verdict(nested.bytes(), "nested")).contains("nested brings the header's memory to");
        nested = null;
        Raw keys = Raw.header(0, 40_000);
        for (int i = 0; i < 40_000; i++) {
            keys.key("k".repeat(1000) + i, 0).u8(1);
        }
        assertThat(verdict(keys.bytes(), "keys")).contains("brings the header's memory to");
        keys = null;
        byte[] text = Raw.header(0, 1).key("text", 8).text("\u65e5".repeat(2_600_000)).bytes();
        assertThat(verdict(text, "one text")).isNull();
        assertThat(verdict(Raw.header(0, 1).key("tokens", 9).u32(8).u64(3_900_000).zeros(8 * 3_900_000).bytes(), "empty strings")).isNull();
        assertThat(verdict(Raw.header(0, 1).key("numbers", 9).u32(4).u64(4_000_000).zeros(4 * 4_000_000).bytes(), "numbers")).isNull();
        assertThat(verdict(Raw.header(0, 2).key("a", 9).u32(4).u64(4_000_000).zeros(4 * 4_000_000).key("b", 9).u32(0).u64(9_000_000)
                .zeros(9_000_000).bytes(), "too many")).contains("elements of b declares 9000000; limit 4000000");
    }

    @Test
    void everyPrefixIsRefusedAndNeverMore() throws IOException {
        byte[] sound = sound();
        for (int n = 0; n < sound.length; n++) {
            String message = verdict(java.util.Arrays.copyOf(sound, n), "prefix " + n);
            if (n < sound.length - 32) {
                assertThat(message).as("prefix of %d bytes", n).isNotNull();
            }
        }
    }

    @Test
    void everyByteChangedOpensOrIsRefused() throws IOException {
        byte[] sound = sound();
        for (int i = 0; i < sound.length; i++) {
            for (int value : new int[] {0x00, 0x01, 0x7F, 0x80, 0xFF}) {
                byte[] changed = sound.clone();
                changed[i] = (byte) value;
                verdict(changed, "byte " + i + " = " + value);
            }
        }
    }

    @Test
    void mutationsOpenOrAreRefused() throws IOException {
        Gen gen = new Gen(Long.getLong("longhand.fuzz.seed", 20261123));
        byte[] sound = sound();
        Clock clock = Clock.SYSTEM;
        long start = clock.nanos();
        int opened = 0;
        for (int round = 0; round < ROUNDS && (ROUNDS > 6_000 || clock.secondsSince(start) < 5); round++) {
            byte[] file = mutated(sound, gen);
            opened += verdict(file, "seed " + gen.seed() + " round " + round) == null ? 1 : 0;
        }
        assertThat(opened).as("some mutations touch only texts").isPositive();
    }

    private static byte[] mutated(byte[] sound, Gen gen) {
        byte[] file = sound.clone();
        ByteBuffer view = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = gen.between(1, 4); i > 0; i--) {
            int at = gen.between(8, file.length - 8);
            switch (gen.between(0, 5)) {
                case 0 -> file[at] ^= (byte) (1 << gen.between(0, 8));
                case 1 -> view.putInt(at, gen.oneOf(0, 1, -1, 0x7FFFFFFF, 0x80000000, 9, 8, 13));
                case 2 -> view.putLong(at, gen.oneOf(0L, 1L, -1L, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 31, 1L << 32, (1L << 62) - 64));
                case 3 -> System.arraycopy(sound, gen.between(8, file.length - 8), file, at, 8);
                default -> file = java.util.Arrays.copyOf(file, at + 8);
            }
            view = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
            if (file.length < 32) {
                break;
            }
        }
        return file;
    }

    /** A small file with every kind of value and three tensors. */
    private static byte[] sound() {
        return new GgufWriter().string("general.architecture", "llama").u32("llama.block_count", 2).f32("eps", 1e-5f).flag("f", true)
                .strings("tokens", List.of("a", "b", "cd")).floats("scores", 1, 2, 3).integers("types", 1, 1, 3)
                .key("u8", 0, (byte) 7).key("i64", 11, new byte[8]).key("f64", 12, new byte[8])
                .tensor("token_embd.weight", new float[32], 8, 4).tensor("w", ElementType.Q4_0, new byte[36], 32, 2)
                .tensor("norm", new float[8], 8).bytes();
    }

    /** Null if the file opens, else the message of the problem; anything else fails the test. */
    private String verdict(byte[] bytes, String name) throws IOException {
        Path path = Files.write(folder.resolve("hostile.gguf"), bytes);
        long start = Clock.SYSTEM.nanos();
        long allocated = THREADS.getCurrentThreadAllocatedBytes();
        try (Gguf file = Gguf.open(path)) {
            for (String key : file.keys()) {
                file.display(key);
            }
            return null;
        } catch (Problem e) {
            return e.getMessage();
        } catch (RuntimeException | Error e) {
            return fail(name + " threw " + e, e);
        } finally {
            assertThat(THREADS.getCurrentThreadAllocatedBytes() - allocated).as("%s: bytes allocated in all", name).isLessThan(HEAP_GROWTH_MAX);
            assertThat(Clock.SYSTEM.secondsSince(start)).as(name).isLessThan(SECONDS_MAX);
        }
    }
}
