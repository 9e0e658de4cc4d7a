package dev.longhand.formats;

import dev.longhand.base.ElementType;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the header of a GGUF file, version 2 or 3, little endian ({@code docs/formats/gguf.md}).
 *
 * <p>Values become Long, Double, Boolean, String, {@link Strings}, long[] (integers and booleans), float[], double[] or Object[] (nested).
 */
final class GgufParser {
    private static final int MAGIC = 0x46554747; // "GGUF"
    private static final int NAME_BYTES_MAX = 256;
    private static final int DIMENSIONS_MAX = 4;
    private static final long ALIGNMENT_DEFAULT = 32;
    private static final long ALIGNMENT_MAX = 1 << 20;

    /** What a header says. */
    record Header(Map<String, Object> metadata, Map<String, Tensor> tensors) {}

    private final Path file;
    private final FileChannel channel;
    private final Limits limits;
    private final HeaderReader in;

    GgufParser(Path file, FileChannel channel, Limits limits) throws IOException {
        this.file = file;
        this.channel = channel;
        this.limits = limits;
        this.in = new HeaderReader(file, channel, limits);
    }

    Header parse() throws Problem, IOException {
        magicAndVersion();
        int tensorCount = in.count("tensor count", 8 + 4 + 8 + 4 + 8, limits.tensorsMax());
        int keyCount = in.count("key count", 8 + 4 + 1, limits.keysMax());
        Map<String, Object> metadata = new LinkedHashMap<>();
        for (int i = 0; i < keyCount; i++) {
            long at = in.position();
            String key = in.utf8("key " + i, limits.keyBytesMax());
            if (metadata.put(key, value(key)) != null) {
                throw in.malformed(at, "key \"" + key + "\" appears twice");
            }
        }
        return new Header(metadata, tensors(tensorCount, alignment(metadata)));
    }

    private void magicAndVersion() throws Problem {
        int magic = in.i32("magic");
        if (magic != MAGIC) {
            throw in.malformed(0, "the file begins with %08x, a GGUF file begins with \"GGUF\" (%08x); it is another format or damaged"
                    .formatted(Integer.reverseBytes(magic), Integer.reverseBytes(MAGIC)));
        }
        int version = in.i32("version");
        if (version == Integer.reverseBytes(2) || version == Integer.reverseBytes(3)) {
            throw new Problem(Problem.Kind.UNSUPPORTED, file + ": a big-endian GGUF file is not supported; fetch the little-endian one");
        }
        if (version != 2 && version != 3) {
            throw new Problem(Problem.Kind.UNSUPPORTED,
                    "%s: GGUF version %s is not supported; supported are 2 and 3".formatted(file, Integer.toUnsignedString(version)));
        }
    }

    private Object value(String key) throws Problem {
        long at = in.position();
        int type = in.i32(key);
        return type == 9 ? array(key, 1) : scalar(type, key, at);
    }

    private Object scalar(int type, String key, long at) throws Problem {
        return switch (type) {
            case 0 -> (long) in.u8(key);
            case 1 -> (long) (byte) in.u8(key);
            case 2 -> in.i16(key) & 0xFFFFL;
            case 3 -> (long) in.i16(key);
            case 4 -> in.i32(key) & 0xFFFF_FFFFL;
            case 5 -> (long) in.i32(key);
            case 6 -> (double) Float.intBitsToFloat(in.i32(key));
            case 7 -> flag(key) == 1;
            case 8 -> in.utf8(key, limits.stringBytesMax());
            case 10 -> unsigned64(key);
            case 11 -> in.i64(key);
            case 12 -> Double.longBitsToDouble(in.i64(key));
            default -> throw in.malformed(at, "%s has value type %s; types are 0 to 12".formatted(key, Integer.toUnsignedString(type)));
        };
    }

    private long flag(String key) throws Problem {
        long at = in.position();
        int value = in.u8(key);
        if (value > 1) {
            throw in.malformed(at, key + " is a boolean with value " + value + "; it must be 0 or 1");
        }
        return value;
    }

    private long unsigned64(String key) throws Problem {
        long at = in.position();
        long value = in.i64(key);
        if (value < 0) {
            throw in.malformed(at, "%s is %s; numbers above 2^63 are not supported".formatted(key, Long.toUnsignedString(value)));
        }
        return value;
    }

    private static int elementBytesMin(int type) {
        return switch (type) {
            case 0, 1, 7 -> 1;
            case 2, 3 -> 2;
            case 4, 5, 6 -> 4;
            case 8, 10, 11, 12 -> 8;
            case 9 -> 12;
            default -> 0;
        };
    }

    private Object array(String key, int depth) throws Problem {
        long at = in.position();
        int type = in.i32(key);
        int bytesMin = elementBytesMin(type);
        if (bytesMin == 0) {
            throw in.malformed(at, "%s has element type %s; types are 0 to 12".formatted(key, Integer.toUnsignedString(type)));
        }
        if (type == 9 && depth >= limits.nestingMax()) {
            throw in.malformed(at, "%s nests arrays deeper than %d".formatted(key, limits.nestingMax()));
        }
        int count = in.count(depth == 1 ? "elements of " + key : key, bytesMin, limits.arrayElementsMax());
        in.reserve(key, count, type == 10 || type == 11 || type == 12 || type == 4 ? 8 : 4);
        return switch (type) {
            case 6 -> floats(key, count);
            case 8 -> strings(key, count);
            case 9 -> nested(key, count, depth);
            case 12 -> doubles(key, count);
            default -> integers(key, type, count);
        };
    }

    private float[] floats(String key, int count) throws Problem {
        float[] values = new float[count];
        for (int done = 0; done < count; ) {
            ByteBuffer some = in.some(count - done, 4, key);
            int n = some.remaining() / 4;
            some.asFloatBuffer().get(values, done, n);
            done += n;
        }
        return values;
    }

    private double[] doubles(String key, int count) throws Problem {
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            values[i] = Double.longBitsToDouble(in.i64(key));
        }
        return values;
    }

    private int[] integers32(String key, int count) throws Problem {
        int[] values = new int[count];
        for (int done = 0; done < count; ) {
            ByteBuffer some = in.some(count - done, 4, key);
            int n = some.remaining() / 4;
            some.asIntBuffer().get(values, done, n);
            done += n;
        }
        return values;
    }

    private Object integers(String key, int type, int count) throws Problem {
        if (type == 5) {
            return integers32(key, count);
        }
        boolean isNarrow = type != 4 && type != 10 && type != 11;
        int[] narrow = new int[isNarrow ? count : 0];
        long[] wide = new long[isNarrow ? 0 : count];
        for (int i = 0; i < count; i++) {
            switch (type) {
                case 0 -> narrow[i] = in.u8(key);
                case 1 -> narrow[i] = (byte) in.u8(key);
                case 2 -> narrow[i] = in.i16(key) & 0xFFFF;
                case 3 -> narrow[i] = in.i16(key);
                case 7 -> narrow[i] = (int) flag(key);
                case 4 -> wide[i] = in.i32(key) & 0xFFFF_FFFFL;
                case 10 -> wide[i] = unsigned64(key);
                default -> wide[i] = in.i64(key);
            }
        }
        return isNarrow ? narrow : wide;
    }

    private Object[] nested(String key, int count, int depth) throws Problem {
        Object[] values = new Object[count];
        for (int i = 0; i < count; i++) {
            values[i] = array(key, depth + 1);
        }
        return values;
    }

    /** Two passes, lengths first: the memory is exact, and booked before it is taken. */
    private Strings strings(String key, int count) throws Problem {
        long start = in.position();
        int[] ends = new int[count];
        String what = "length of a string of " + key;
        int used = 0;
        for (int i = 0; i < count; i++) {
            int length = in.count(what, 1, limits.stringBytesMax());
            in.skip(length, key);
            used += length;
            ends[i] = used;
        }
        in.reserve(key, used, 1);
        byte[] bytes = new byte[used];
        in.seek(start);
        for (int i = 0; i < count; i++) {
            int begin = i == 0 ? 0 : ends[i - 1];
            int length = in.count(what, 1, limits.stringBytesMax());
            if (length != ends[i] - begin) {
                throw in.malformed(in.position(), key + " changed while it was read");
            }
            in.copy(bytes, begin, length, key);
        }
        return new Strings(bytes, ends);
    }

    private long alignment(Map<String, Object> metadata) throws Problem {
        Object declared = metadata.getOrDefault("general.alignment", ALIGNMENT_DEFAULT);
        if (!(declared instanceof Long alignment) || alignment < 1 || alignment > ALIGNMENT_MAX || Long.bitCount(alignment) != 1) {
            throw in.malformed(in.position(), "general.alignment is %s; it must be a power of two up to %d".formatted(declared, ALIGNMENT_MAX));
        }
        return alignment;
    }

    /** A tensor as declared, its offset relative to the data section. */
    private record Declared(long at, String name, long[] shape, ElementType type, long offset, long bytes) {}

    private Map<String, Tensor> tensors(int count, long alignment) throws Problem, IOException {
        List<Declared> declared = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            declared.add(declared("tensor " + i, alignment));
        }
        long dataStart = Math.ceilDiv(in.position(), alignment) * alignment;
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (Declared d : declared) {
            checkInside(d, dataStart);
            Tensor tensor = new Tensor(d.name, d.shape, d.type, dataStart + d.offset, d.bytes);
            if (tensors.put(d.name, tensor) != null) {
                throw in.malformed(d.at, "tensor " + d.name + " appears twice");
            }
        }
        checkApart(declared);
        return tensors;
    }

    private Declared declared(String what, long alignment) throws Problem {
        long at = in.position();
        String name = in.utf8("name of " + what, NAME_BYTES_MAX);
        int dimensions = in.i32("dimensions of " + name);
        if (dimensions < 1 || dimensions > DIMENSIONS_MAX) {
            throw in.malformed(at, "tensor %s has %s dimensions; it must have 1 to %d"
                    .formatted(name, Integer.toUnsignedString(dimensions), DIMENSIONS_MAX));
        }
        long[] shape = new long[dimensions];
        for (int i = 0; i < dimensions; i++) {
            shape[i] = in.i64("shape of " + name);
        }
        ElementType type = elementType(in.i32("type of " + name), name);
        long bytes = bytes(at, name, shape, type);
        long offset = in.i64("offset of " + name);
        if (offset < 0 || offset % alignment != 0) {
            throw in.malformed(at, "tensor %s has offset %s; it must be a multiple of the alignment, %d"
                    .formatted(name, Long.toUnsignedString(offset), alignment));
        }
        return new Declared(at, name, shape, type, offset, bytes);
    }

    private ElementType elementType(int id, String name) throws Problem {
        for (ElementType type : ElementType.values()) {
            if (type.ggmlId() == id) {
                return type;
            }
        }
        throw new Problem(Problem.Kind.UNSUPPORTED, "%s: tensor %s has ggml type %s, which is not supported; supported are %s. Fetch another quantisation, such as Q4_K_M"
                .formatted(file, name, Integer.toUnsignedString(id), java.util.Arrays.toString(ElementType.values())));
    }

    private long bytes(long at, String name, long[] shape, ElementType type) throws Problem {
        try {
            long elements = 1;
            for (long n : shape) {
                if (n < 1) {
                    throw in.malformed(at, "tensor %s has the shape %s; each dimension must be 1 or more"
                            .formatted(name, java.util.Arrays.toString(shape)));
                }
                elements = Math.multiplyExact(elements, n);
            }
            if (shape[0] % type.blockElements() != 0) {
                throw in.malformed(at, "tensor %s has rows of %d elements; %s stores blocks of %d"
                        .formatted(name, shape[0], type, type.blockElements()));
            }
            return Math.multiplyExact(type.rowBytes(shape[0]), elements / shape[0]);
        } catch (ArithmeticException e) {
            throw new MalformedModelException(file, at, "tensor %s has the shape %s, more elements than 2^63"
                    .formatted(name, java.util.Arrays.toString(shape)), e);
        }
    }

    private void checkInside(Declared d, long dataStart) throws Problem, IOException {
        long size = channel.size();
        if (d.offset > size - dataStart || d.bytes > size - dataStart - d.offset) {
            throw in.malformed(d.at, "tensor %s ends %d bytes behind the data at byte %d, but the file has %d bytes; the download is probably cut short"
                    .formatted(d.name, d.offset + Math.min(d.bytes, Long.MAX_VALUE - d.offset), dataStart, size));
        }
    }

    private void checkApart(List<Declared> declared) throws Problem {
        List<Declared> sorted = new ArrayList<>(declared);
        sorted.sort(Comparator.comparingLong(Declared::offset));
        for (int i = 1; i < sorted.size(); i++) {
            Declared before = sorted.get(i - 1);
            Declared after = sorted.get(i);
            if (before.offset + before.bytes > after.offset) {
                throw in.malformed(after.at, "tensors %s and %s overlap".formatted(before.name, after.name));
            }
        }
    }
}
