package dev.longhand.formats;

import dev.longhand.base.ElementType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;

/**
 * Where the bytes of a folder's tensor come from, and how they are changed on the way. Reads with positional reads, never by a
 * mapping.
 * Immutable and thread-safe.
 */
sealed interface TensorSource {
    /** Fills {@code into} from {@code offset} on; the caller checked the range. */
    void read(long offset, MemorySegment into) throws IOException;

    /** A tensor of one safetensors file. */
    record Part(Path file, FileChannel channel, SafetensorsHeader.Entry entry) {
        void read(long offset, ByteBuffer into) throws IOException {
            long at = entry.offset() + offset;
            long end = at + into.remaining();
            while (into.hasRemaining()) {
                int n = channel.read(into, end - into.remaining());
                if (n < 0) {
                    throw new IOException("the model file %s was cut while it was in use: %s needs byte %d and the file has %d"
                            .formatted(file, entry.name(), end - 1, channel.size()));
                }
            }
        }
    }

    /** Tensors of equal length one after another: one matrix, or the experts of a layer. */
    record Stacked(List<Part> parts, long partBytes) implements TensorSource {
        @Override
        public void read(long offset, MemorySegment into) throws IOException {
            for (long done = 0; done < into.byteSize(); ) {
                long at = offset + done;
                long n = Math.min(into.byteSize() - done, partBytes - at % partBytes);
                parts.get((int) (at / partBytes)).read(at % partBytes, into.asSlice(done, n).asByteBuffer());
                done += n;
            }
        }
    }

    /**
     * Rows of q or k whose heads turn in halves, given so that they turn in neighbours: row {@code 2 j + half} of a head is the
     * stored row {@code half * headRows / 2 + j}.
     */
    record Interleaved(Part part, long rowBytes, long headRows) implements TensorSource {
        @Override
        public void read(long offset, MemorySegment into) throws IOException {
            for (long done = 0; done < into.byteSize(); ) {
                long row = (offset + done) / rowBytes;
                long inRow = (offset + done) % rowBytes;
                long n = Math.min(into.byteSize() - done, rowBytes - inRow);
                long within = row % headRows;
                long stored = row - within + within % 2 * (headRows / 2) + within / 2;
                part.read(stored * rowBytes + inRow, into.asSlice(done, n).asByteBuffer());
                done += n;
            }
        }
    }

    /** A vector as 32-bit floats, with a constant added. */
    record Vector(Part part, ElementType type, float added) implements TensorSource {
        @Override
        public void read(long offset, MemorySegment into) throws IOException {
            int first = (int) (offset / 4);
            int n = (int) ((offset + into.byteSize() + 3) / 4) - first;
            ByteBuffer raw = ByteBuffer.allocate(n * type.blockBytes()).order(ByteOrder.LITTLE_ENDIAN);
            part.read((long) first * type.blockBytes(), raw);
            ByteBuffer floats = ByteBuffer.allocate(4 * n).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < n; i++) {
                floats.putFloat(value(raw, i) + added);
            }
            MemorySegment.copy(floats.array(), (int) (offset - 4L * first), into, ValueLayout.JAVA_BYTE, 0, (int) into.byteSize());
        }

        private float value(ByteBuffer raw, int i) {
            return switch (type) {
                case F32 -> raw.getFloat(4 * i);
                case F16 -> Float.float16ToFloat(raw.getShort(2 * i));
                case BF16 -> Float.intBitsToFloat(raw.getShort(2 * i) << 16);
                default -> throw new IllegalStateException("broken invariant: a vector of " + type);
            };
        }
    }

    /** A vector that no file holds. */
    record Bytes(byte[] bytes) implements TensorSource {
        @Override
        public void read(long offset, MemorySegment into) {
            MemorySegment.copy(bytes, (int) offset, into, ValueLayout.JAVA_BYTE, 0, (int) into.byteSize());
        }
    }
}
