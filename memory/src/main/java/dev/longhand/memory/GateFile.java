package dev.longhand.memory;

import dev.longhand.base.Check;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/** A gate as a file beside its model: {@code docs/formats/gate.md}. Stateless. */
public final class GateFile {
    static final int VERSION = 1;
    static final byte[] MAGIC = "LHGATE\r\n".getBytes(StandardCharsets.US_ASCII);
    static final long BYTES_MAX = 1L << 28;

    private static final int FIXED_BYTES = 64;
    private static final int CRC_BYTES = 4;

    private GateFile() {}

    /** Where the gate of a model file is. */
    public static Path of(Path model) {
        return model.resolveSibling(model.getFileName() + ".gate");
    }

    /**
     * The gate in {@code file}, if there is one. A problem says what is wrong with one that is damaged, of another version, or not
     * of the model with this fingerprint.
     */
    public static Optional<Gate> read(Path file, String model) throws Problem {
        try {
            long bytes = Files.size(file);
            if (bytes > BYTES_MAX) {
                throw unusable(file, "it has %,d bytes; at most %,d".formatted(bytes, BYTES_MAX), Problem.Kind.MALFORMED);
            }
            Gate gate = decoded(file, Files.readAllBytes(file));
            if (!gate.model().equals(model)) {
                throw unusable(file, "it belongs to another model: %s, not %s".formatted(gate.model(), model),
                        Problem.Kind.UNSUPPORTED);
            }
            return Optional.of(gate);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw Disk.problem("reading", file, e);
        }
    }

    /** Publishes {@code file}, whole or not at all. */
    public static void write(Path file, Gate gate, Disk disk) throws Problem {
        byte[] bytes = encoded(gate);
        disk.publish(file, out -> out.write(bytes));
    }

    private static Problem unusable(Path file, String why, Problem.Kind kind) {
        return new Problem(kind, "gate %s cannot be used: %s; remove it, or train it anew".formatted(file, why));
    }

    static byte[] encoded(Gate gate) {
        Gate.Shape shape = gate.shape();
        byte[] model = gate.model().getBytes(StandardCharsets.UTF_8);
        long bytes = FIXED_BYTES + model.length + gate.heads().size() * (Integer.BYTES + Float.BYTES * shape.numbers()) + CRC_BYTES;
        Check.argument(bytes <= BYTES_MAX, "a gate of %d bytes; at most %d", bytes, BYTES_MAX);
        ByteBuffer out = ByteBuffer.allocate((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
        out.put(MAGIC).putInt(VERSION).putInt(0).putLong(bytes);
        out.putInt(shape.layers()).putInt(shape.kvHeads()).putInt(shape.group()).putInt(shape.headDim()).putInt(shape.rank());
        out.putFloat(shape.theta()).putFloat(shape.epsilon()).putInt(gate.heads().size()).putInt(model.length).putInt(0);
        out.put(model);
        gate.heads().forEach((number, head) -> {
            out.putInt(number);
            for (float[] each : new float[][] {head.wq(), head.wk(), head.normQ(), head.normK()}) {
                out.asFloatBuffer().put(each);
                out.position(out.position() + Float.BYTES * each.length);
            }
        });
        return out.putInt(crc(out.array())).array();
    }

    private static int crc(byte[] file) {
        CRC32C crc = new CRC32C();
        crc.update(file, 0, file.length - CRC_BYTES);
        return (int) crc.getValue();
    }

    private static Gate decoded(Path file, byte[] bytes) throws Problem {
        if (bytes.length < FIXED_BYTES + CRC_BYTES || !Arrays.equals(bytes, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw unusable(file, "it is no gate", Problem.Kind.MALFORMED);
        }
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (in.getInt(bytes.length - CRC_BYTES) != crc(bytes)) {
            throw unusable(file, "it is damaged: the checksum does not match", Problem.Kind.MALFORMED);
        }
        int version = in.position(MAGIC.length).getInt();
        if (version != VERSION) {
            throw unusable(file, "it has version %s of the format and this program reads %d".formatted(
                    Integer.toUnsignedString(version), VERSION), Problem.Kind.UNSUPPORTED);
        }
        try {
            return decodedBody(in, bytes);
        } catch (IllegalArgumentException e) {
            throw unusable(file, "it is wrong: " + e.getMessage(), Problem.Kind.MALFORMED);
        }
    }

    private static Gate decodedBody(ByteBuffer in, byte[] bytes) {
        in.getInt();
        long declared = in.getLong();
        Gate.Shape shape = new Gate.Shape(in.getInt(), in.getInt(), in.getInt(), in.getInt(), in.getInt(), in.getFloat(),
                in.getFloat());
        int count = in.getInt();
        int modelBytes = in.getInt();
        in.getInt();
        Check.argument(count >= 0 && count <= shape.layers() * shape.kvHeads() && modelBytes >= 0
                && modelBytes <= in.remaining() - CRC_BYTES, "%d heads, a fingerprint of %d bytes", count, modelBytes);
        long expected = FIXED_BYTES + modelBytes + count * (Integer.BYTES + Float.BYTES * shape.numbers()) + CRC_BYTES;
        Check.argument(declared == bytes.length && expected == bytes.length, "it has %d bytes, declares %d and asks for %d",
                bytes.length, declared, expected);
        byte[] model = new byte[modelBytes];
        in.get(model);
        Map<Integer, Gate.Head> heads = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            heads.put(in.getInt(), new Gate.Head(floats(in, shape.rank() * shape.queryCols()),
                    floats(in, shape.rank() * shape.keyCols()), floats(in, shape.rank()), floats(in, shape.rank())));
        }
        Gate gate = new Gate(new String(model, StandardCharsets.UTF_8), shape, heads);
        Check.argument(Arrays.equals(encoded(gate), bytes), "it is not in its normal form");
        return gate;
    }

    private static float[] floats(ByteBuffer in, int count) {
        float[] numbers = new float[count];
        in.asFloatBuffer().get(numbers);
        in.position(in.position() + Float.BYTES * count);
        return numbers;
    }
}
