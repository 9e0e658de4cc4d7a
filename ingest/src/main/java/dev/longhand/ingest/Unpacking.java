package dev.longhand.ingest;

import dev.longhand.base.Units;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;

/**
 * What one outermost archive and all in it have unpacked so far, against their limits. Every unpacked byte passes through one of
 * its streams, also those that are only passed over, so that no stream can be endless. Not thread-safe.
 *
 * <p>The unpacking library's unchecked exceptions, which a broken archive can raise, come out of these streams as
 * {@link IOException}.
 */
final class Unpacking {
    private final ArchiveLimits limits;
    private final long bytesMax;
    private long bytes;
    private int entries;
    private long headerBytesLeft = Long.MAX_VALUE;
    private String over = "";

    /** @param archiveBytes length of the outermost archive */
    Unpacking(ArchiveLimits limits, long archiveBytes) {
        this.limits = limits;
        long ratioBytes = ArchiveLimits.RATIO_FREE_BYTES + limits.ratioMax() * archiveBytes;
        this.bytesMax = Math.min(limits.bytesMax(), ratioBytes);
    }

    /** "" or which limit was hit; nothing more is to be unpacked then. */
    String over() {
        return over;
    }

    void countEntry() throws IOException {
        if (++entries > limits.entriesMax()) {
            throw over("more than %s entries".formatted(Units.count(limits.entriesMax())));
        }
    }

    /** Until {@link #content} at most this many bytes pass: they are headers, which the library holds in memory. */
    void headers(long bytesMax) {
        headerBytesLeft = bytesMax;
    }

    void content() {
        headerBytesLeft = Long.MAX_VALUE;
    }

    private void count(long n) throws IOException {
        bytes += n;
        headerBytesLeft -= n;
        if (bytes > bytesMax) {
            throw over(bytesMax == limits.bytesMax() ? "it unpacks to more than " + Units.bytes(bytesMax)
                    : "it unpacks to more than %s, %d times its size".formatted(Units.bytes(bytesMax), limits.ratioMax()));
        }
        if (headerBytesLeft < 0) {
            throw over("the headers of an entry are longer than " + Units.bytes(limits.headerBytesMax()));
        }
        if (Thread.currentThread().isInterrupted()) {
            throw new InterruptedIOException("reading was stopped");
        }
    }

    /** Notes that a limit was hit; what the caller throws. */
    IOException over(String why) {
        over = why;
        return new IOException(why);
    }

    /** A step of the library. */
    @FunctionalInterface
    interface Step<T> {
        T run() throws IOException;
    }

    static <T> T guarded(Step<T> step) throws IOException {
        try {
            return step.run();
        } catch (RuntimeException e) {
            throw new IOException("it is not sound: " + e, e);
        }
    }

    /** Counts what is read of a stream that unpacks. Closing closes it. */
    InputStream metered(InputStream unpacks) {
        return new Metered(unpacks);
    }

    private final class Metered extends InputStream {
        private final InputStream in;

        Metered(InputStream in) {
            this.in = in;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int from, int length) throws IOException {
            int n = guarded(() -> in.read(into, from, length));
            count(Math.max(n, 0));
            return n;
        }

        @Override
        public int available() throws IOException {
            return in.available();
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
