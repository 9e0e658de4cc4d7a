package dev.longhand.testkit;

import dev.longhand.base.ElementType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Writes small GGUF files for tests, well-formed ones by its methods and broken ones by the raw hooks. Not thread-safe. */
public final class GgufWriter {
    private static final int ALIGNMENT = 32;

    private record Entry(String name, long[] shape, int type, byte[] data) {}

    private final ByteArrayOutputStream metadata = new ByteArrayOutputStream();
    private final List<Entry> tensors = new ArrayList<>();
    private int version = 3;
    private int keys;

    public GgufWriter version(int version) {
        this.version = version;
        return this;
    }

    public GgufWriter string(String key, String value) {
        key(key, 8);
        text(metadata, value.getBytes(StandardCharsets.UTF_8));
        return this;
    }

    public GgufWriter u32(String key, int value) {
        key(key, 4);
        return raw(little(4).putInt(value));
    }

    public GgufWriter f32(String key, float value) {
        key(key, 6);
        return raw(little(4).putFloat(value));
    }

    public GgufWriter flag(String key, boolean value) {
        key(key, 7);
        return raw(little(1).put((byte) (value ? 1 : 0)));
    }

    public GgufWriter strings(String key, List<String> values) {
        key(key, 9);
        raw(little(12).putInt(8).putLong(values.size()));
        values.forEach(value -> text(metadata, value.getBytes(StandardCharsets.UTF_8)));
        return this;
    }

    public GgufWriter floats(String key, float... values) {
        key(key, 9);
        ByteBuffer out = little(12 + 4 * values.length).putInt(6).putLong(values.length);
        for (float value : values) {
            out.putFloat(value);
        }
        return raw(out);
    }

    public GgufWriter integers(String key, int... values) {
        key(key, 9);
        ByteBuffer out = little(12 + 4 * values.length).putInt(5).putLong(values.length);
        for (int value : values) {
            out.putInt(value);
        }
        return raw(out);
    }

    /** A key with a value of any type number and any bytes. */
    public GgufWriter key(String key, int type, byte... value) {
        key(key, type);
        metadata.writeBytes(value);
        return this;
    }

    /** An f32 tensor; {@code shape} has the contiguous dimension first. */
    public GgufWriter tensor(String name, float[] values, long... shape) {
        ByteBuffer data = little(4 * values.length);
        for (float value : values) {
            data.putFloat(value);
        }
        return tensor(name, ElementType.F32, data.array(), shape);
    }

    public GgufWriter tensor(String name, ElementType type, byte[] data, long... shape) {
        tensors.add(new Entry(name, shape.clone(), type.ggmlId(), data));
        return this;
    }

    private void key(String key, int type) {
        text(metadata, key.getBytes(StandardCharsets.UTF_8));
        raw(little(4).putInt(type));
        keys++;
    }

    private GgufWriter raw(ByteBuffer bytes) {
        metadata.writeBytes(bytes.array());
        return this;
    }

    private static void text(ByteArrayOutputStream out, byte[] bytes) {
        out.writeBytes(little(8).putLong(bytes.length).array());
        out.writeBytes(bytes);
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    public byte[] bytes() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(little(24).putInt(0x46554747).putInt(version).putLong(tensors.size()).putLong(keys).array());
        out.writeBytes(metadata.toByteArray());
        long offset = 0;
        for (Entry tensor : tensors) {
            text(out, tensor.name.getBytes(StandardCharsets.UTF_8));
            ByteBuffer info = little(4 + 8 * tensor.shape.length + 12).putInt(tensor.shape.length);
            for (long n : tensor.shape) {
                info.putLong(n);
            }
            out.writeBytes(info.putInt(tensor.type).putLong(offset).array());
            offset += padded(tensor.data.length);
        }
        out.writeBytes(new byte[padded(out.size()) - out.size()]);
        for (Entry tensor : tensors) {
            out.writeBytes(tensor.data);
            out.writeBytes(new byte[padded(tensor.data.length) - tensor.data.length]);
        }
        return out.toByteArray();
    }

    public Path write(Path file) {
        try {
            return Files.write(file, bytes());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static int padded(int bytes) {
        return Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
    }
}
