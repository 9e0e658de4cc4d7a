package dev.longhand.formats;

import dev.longhand.base.ElementType;
import dev.longhand.base.Problem;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The header of one safetensors file: which tensors lie where. Byte table: {@code docs/formats/safetensors.md}.
 *
 * <p>Checked against the file: the data is exactly the tensors, without overlaps, holes or a rest. Knows no names. Immutable.
 */
final class SafetensorsHeader {
    private static final int LENGTH_BYTES = 8;
    private static final int DIMENSIONS_MAX = 8;
    private static final String RULE = "the download is probably cut short";

    /** Bytes of an element, by the format's names; those that are no {@link ElementType} are read by nobody. */
    private static final Map<String, Integer> DTYPE_BYTES = Map.ofEntries(Map.entry("F32", 4), Map.entry("F16", 2),
            Map.entry("BF16", 2),
            Map.entry("F64", 8), Map.entry("I64", 8), Map.entry("U64", 8), Map.entry("I32", 4), Map.entry("U32", 4),
                    Map.entry("I16", 2),
            Map.entry("U16", 2), Map.entry("I8", 1), Map.entry("U8", 1), Map.entry("BOOL", 1), Map.entry("F8_E4M3", 1),
            Map.entry("F8_E5M2", 1));

    /**
     * A tensor.
     *
     * @param shape  elements per dimension, the contiguous one last
     * @param offset first byte in the file
     */
    record Entry(String name, String dtype, long[] shape, long offset, long bytes) {
        /** What it is as weights; empty for integers and 8-bit floats. */
        Optional<ElementType> type() {
            return switch (dtype) {
                case "F32" -> Optional.of(ElementType.F32);
                case "F16" -> Optional.of(ElementType.F16);
                case "BF16" -> Optional.of(ElementType.BF16);
                default -> Optional.empty();
            };
        }
    }

    private final Path file;
    private final FolderLimits limits;
    private final JsonReader json;
    private final long dataStart;
    private final long dataBytes;

    private SafetensorsHeader(Path file, JsonReader json, long dataStart, long dataBytes, FolderLimits limits) {
        this.file = file;
        this.json = json;
        this.dataStart = dataStart;
        this.dataBytes = dataBytes;
        this.limits = limits;
    }

    /** The tensors of the file, in the header's order. */
    static List<Entry> read(Path file, FileChannel channel, FolderLimits limits) throws Problem, IOException {
        long size = channel.size();
        if (size < LENGTH_BYTES + 2) {
            throw new MalformedModelException(file, 0, "the file has %d bytes, less than a header; %s".formatted(size, RULE));
        }
        long declared = ByteBuffer.wrap(bytes(channel, 0, LENGTH_BYTES)).order(ByteOrder.LITTLE_ENDIAN).getLong();
        if (declared < 2 || declared > limits.headerBytesMax() || declared > size - LENGTH_BYTES) {
            throw new MalformedModelException(file, 0,
                    "the header declares %s bytes; limit %d, and the file has %d; it is no safetensors file, or %s"
                    .formatted(Long.toUnsignedString(declared), limits.headerBytesMax(), size, RULE));
        }
        JsonReader json = new JsonReader(file, bytes(channel, LENGTH_BYTES, (int) declared), LENGTH_BYTES, limits);
        long dataStart = LENGTH_BYTES + declared;
        SafetensorsHeader header = new SafetensorsHeader(file, json, dataStart, size - dataStart, limits);
        List<Entry> entries = header.entries();
        header.checkTiling(entries);
        return entries;
    }

    private static byte[] bytes(FileChannel channel, long from, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, from + buffer.position()) < 0) {
                throw new EOFException("the file was cut while it was read");
            }
        }
        return buffer.array();
    }

    private List<Entry> entries() throws Problem {
        Map<String, Entry> entries = new LinkedHashMap<>();
        boolean hasMetadata = false;
        for (json.beginObject("the header"); json.hasNext(); ) {
            String name = json.key();
            if (name.equals("__metadata__")) {
                if (hasMetadata) {
                    throw json.malformed("__metadata__ appears twice");
                }
                hasMetadata = true;
                metadata();
                continue;
            }
            if (name.length() > limits.nameBytesMax() || entries.size() == limits.tensorsMax()) {
                throw json.malformed("tensor %d has a name of %d characters; limits are %d tensors and %d characters"
                        .formatted(entries.size(), name.length(), limits.tensorsMax(), limits.nameBytesMax()));
            }
            if (entries.put(name, entry(name)) != null) {
                throw json.malformed("tensor %s appears twice".formatted(name));
            }
        }
        json.end();
        return List.copyOf(entries.values());
    }

    private void metadata() throws Problem {
        for (json.beginObject("__metadata__"); json.hasNext(); ) {
            String key = json.key();
            json.string("__metadata__." + key);
        }
    }

    private Entry entry(String name) throws Problem {
        String dtype = null;
        long[] shape = null;
        long[] offsets = null;
        json.reserve(512);
        for (json.beginObject("tensor " + name); json.hasNext(); ) {
            String key = json.key();
            switch (key) {
                case "dtype" -> dtype = once(dtype, json.string("dtype of " + name), name);
                case "shape" -> shape = once(shape, numbers("shape of " + name, DIMENSIONS_MAX), name);
                case "data_offsets" -> offsets = once(offsets, numbers("data_offsets of " + name, 2), name);
                default -> throw json.malformed("tensor %s has the key %s; a tensor has dtype, shape and data_offsets"
                        .formatted(name, key));
            }
        }
        if (dtype == null || shape == null || offsets == null || offsets.length != 2) {
            throw json.malformed("tensor %s must have dtype, shape and two data_offsets".formatted(name));
        }
        return checked(name, dtype, shape, offsets);
    }

    private <T> T once(T before, T value, String name) throws Problem {
        if (before != null) {
            throw json.malformed("tensor %s has a key twice".formatted(name));
        }
        return value;
    }

    private long[] numbers(String what, int max) throws Problem {
        long[] values = new long[max];
        int n = 0;
        for (json.beginArray(what); json.hasNext(); ) {
            if (n == max) {
                throw json.malformed("%s has more than %d elements".formatted(what, max));
            }
            values[n] = json.integer(what);
            if (values[n++] < 0) {
                throw json.malformed("%s has %d; it must not be negative".formatted(what, values[n - 1]));
            }
        }
        return Arrays.copyOf(values, n);
    }

    private Entry checked(String name, String dtype, long[] shape, long[] offsets) throws Problem {
        Integer elementBytes = DTYPE_BYTES.get(dtype);
        if (elementBytes == null) {
            throw new Problem(Problem.Kind.UNSUPPORTED, "%s: tensor %s has dtype %s; known are %s"
                    .formatted(file, name, dtype, DTYPE_BYTES.keySet().stream().sorted().toList()));
        }
        long bytes = elementBytes;
        try {
            for (long n : shape) {
                bytes = Math.multiplyExact(bytes, n);
            }
        } catch (ArithmeticException e) {
            throw json.malformed("tensor %s has the shape %s, more bytes than 2^63".formatted(name, Arrays.toString(shape)));
        }
        if (offsets[1] < offsets[0] || offsets[1] > dataBytes) {
            throw json.malformed("tensor %s has data_offsets [%d, %d]; they must ascend and the data has %d bytes; %s"
                    .formatted(name, offsets[0], offsets[1], dataBytes, RULE));
        }
        if (offsets[1] - offsets[0] != bytes) {
            throw json.malformed("tensor %s is %s of %s, %d bytes; its data_offsets span %d"
                    .formatted(name, Arrays.toString(shape), dtype, bytes, offsets[1] - offsets[0]));
        }
        if (offsets[0] % elementBytes != 0) {
            throw json.malformed("tensor %s begins at byte %d of the data; %s must begin at a multiple of %d"
                    .formatted(name, offsets[0], dtype, elementBytes));
        }
        return new Entry(name, dtype, shape, dataStart + offsets[0], bytes);
    }

    /** The format demands that tensors fill the data without overlap, hole or rest. */
    private void checkTiling(List<Entry> entries) throws Problem {
        List<Entry> sorted = new ArrayList<>(entries);
        sorted.sort(Comparator.comparingLong(Entry::offset).thenComparingLong(Entry::bytes));
        long end = dataStart;
        for (Entry each : sorted) {
            if (each.offset != end) {
                throw new MalformedModelException(file, Math.min(each.offset, end), each.offset < end
                        ? "tensor %s begins at byte %d and overlaps the one that ends at byte %d".formatted(each.name, each.offset,
                                end)
                        : "%d bytes in front of tensor %s belong to no tensor".formatted(each.offset - end, each.name));
            }
            end = each.offset + each.bytes;
        }
        if (end != dataStart + dataBytes) {
            throw new MalformedModelException(file, end, "%d bytes behind the last tensor belong to no tensor"
                    .formatted(dataStart + dataBytes - end));
        }
    }
}
