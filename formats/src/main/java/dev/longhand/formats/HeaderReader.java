package dev.longhand.formats;

import dev.longhand.base.Problem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Little-endian reads from the front of a hostile file.
 *
 * <p>Invariant: nothing is allocated for a declared length or count before it was compared with its limit and with the bytes that
 * are left. Not thread-safe.
 */
final class HeaderReader {
    private static final int BUFFER_BYTES = 1 << 18;
    private static final int OBJECT_BYTES = 64; // a map's or list's entry with it

    private final Path file;
    private final FileChannel channel;
    private final long end;
    private final String endName;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN).limit(0);
    private long bufferStart;
    private final long heapBytesMax;
    private long heapBytes;

    HeaderReader(Path file, FileChannel channel, Limits limits) throws IOException {
        this.file = file;
        this.channel = channel;
        this.heapBytesMax = limits.heapBytesMax();
        long size = channel.size();
        this.end = Math.min(size, limits.headerBytesMax());
        this.endName = size <= limits.headerBytesMax() ? "the file ends at byte " + size : "the header limit is " + limits.headerBytesMax() + " bytes";
    }

    long position() {
        return bufferStart + buffer.position();
    }

    long remaining() {
        return end - position();
    }

    MalformedModelException malformed(long at, String what) {
        return new MalformedModelException(file, at, what);
    }

    int u8(String what) throws Problem {
        need(1, what);
        return buffer.get() & 0xFF;
    }

    int i16(String what) throws Problem {
        need(2, what);
        return buffer.getShort();
    }

    int i32(String what) throws Problem {
        need(4, what);
        return buffer.getInt();
    }

    long i64(String what) throws Problem {
        need(8, what);
        return buffer.getLong();
    }

    /** An unsigned 64-bit count of things that take at least {@code bytesMin} bytes each. */
    int count(String what, int bytesMin, int max) throws Problem {
        long at = position();
        long declared = i64(what);
        if (declared < 0 || declared > max || declared > remaining() / bytesMin) {
            throw malformed(at, "%s declares %s; limit %d, and %d bytes remain (%s)"
                    .formatted(what, Long.toUnsignedString(declared), max, remaining(), endName));
        }
        return (int) declared;
    }

    /** Books heap memory before it is taken: {@code count} things of {@code bytesEach}, and an object's header. */
    void reserve(String what, long count, int bytesEach) throws Problem {
        heapBytes += OBJECT_BYTES + count * bytesEach;
        if (heapBytes > heapBytesMax) {
            throw malformed(position(), "%s brings the header's memory to %d bytes; limit %d".formatted(what, heapBytes, heapBytesMax));
        }
    }

    /** Goes back or forward to a byte that was or will be checked by the next read. */
    void seek(long to) {
        bufferStart = to;
        buffer.limit(0);
    }

    void skip(int bytes, String what) throws Problem {
        if (bytes > remaining()) {
            throw tooShort(bytes, what);
        }
        if (bytes <= buffer.remaining()) {
            buffer.position(buffer.position() + bytes);
        } else {
            seek(position() + bytes);
        }
    }

    byte[] bytes(String what, int max) throws Problem {
        int length = count(what + " length", 1, max);
        reserve(what, length, 2); // the bytes and the text
        byte[] bytes = new byte[length];
        copy(bytes, 0, bytes.length, what);
        return bytes;
    }

    /** A string that must be UTF-8. */
    String utf8(String what, int max) throws Problem {
        long at = position();
        byte[] bytes = bytes(what, max);
        if (isAscii(bytes)) {
            return new String(bytes, StandardCharsets.US_ASCII);
        }
        reserve(what, bytes.length, 3);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw new MalformedModelException(file, at, what + " is not UTF-8", e);
        }
    }

    private static boolean isAscii(byte[] bytes) {
        for (byte b : bytes) {
            if (b < 0) {
                return false;
            }
        }
        return true;
    }

    void copy(byte[] to, int offset, int length, String what) throws Problem {
        if (length > remaining()) {
            throw tooShort(length, what);
        }
        for (int done = 0; done < length; ) {
            if (!buffer.hasRemaining()) {
                refill(what);
            }
            int n = Math.min(buffer.remaining(), length - done);
            buffer.get(to, offset + done, n);
            done += n;
        }
    }

    /** The next whole elements, at least one and at most {@code count}: what the buffer holds. */
    ByteBuffer some(int count, int bytesEach, String what) throws Problem {
        need(bytesEach, what);
        int bytes = Math.min(count, buffer.remaining() / bytesEach) * bytesEach;
        ByteBuffer view = buffer.slice(buffer.position(), bytes).order(ByteOrder.LITTLE_ENDIAN);
        buffer.position(buffer.position() + bytes);
        return view;
    }

    private void need(int bytes, String what) throws Problem {
        if (buffer.remaining() < bytes) {
            if (bytes > remaining()) {
                throw tooShort(bytes, what);
            }
            refill(what);
        }
    }

    private MalformedModelException tooShort(int bytes, String what) {
        return malformed(position(), "%s needs %d bytes and %d remain (%s); the download is probably cut short".formatted(what, bytes, remaining(), endName));
    }

    /** Moves what is left to the front and reads on. */
    private void refill(String what) throws Problem {
        bufferStart = position();
        buffer.compact();
        try {
            int want = (int) Math.min(buffer.capacity(), end - bufferStart);
            buffer.limit(want);
            while (buffer.hasRemaining()) {
                if (channel.read(buffer, bufferStart + buffer.position()) < 0) {
                    throw malformed(bufferStart + buffer.position(), what + ": the file was cut while it was read");
                }
            }
        } catch (IOException e) {
            throw new MalformedModelException(file, bufferStart, what + " could not be read: " + e.getMessage(), e);
        }
        buffer.flip();
    }
}
