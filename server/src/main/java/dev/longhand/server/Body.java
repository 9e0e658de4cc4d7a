package dev.longhand.server;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;

/** The bytes of a request's body, which must come in time, else it is {@link Slow}. Of one thread. */
final class Body extends InputStream {
    /** It did not come in time. */
    static final class Slow extends IOException {
        Slow() {
            super("the body did not come in time");
        }
    }

    private final Request request;
    private final Line line;
    private final long began;
    private final long allowedNanos;
    private Content.Chunk chunk;

    /** @param time for all of it */
    Body(Request request, Line line, Duration time) {
        this.request = request;
        this.line = line;
        this.began = line.nanos();
        this.allowedNanos = time.toNanos();
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int from, int count) throws IOException {
        if (count == 0) {
            return 0;
        }
        while (chunk == null || !chunk.hasRemaining()) {
            if (chunk != null && chunk.isLast()) {
                return -1;
            }
            next();
        }
        ByteBuffer buffer = chunk.getByteBuffer();
        int n = Math.min(count, buffer.remaining());
        buffer.get(into, from, n);
        return n;
    }

    private void next() throws IOException {
        release();
        Content.Chunk read = request.read();
        while (read == null) {
            await();
            read = request.read();
        }
        if (Content.Chunk.isFailure(read)) {
            Throwable failure = read.getFailure();
            throw failure instanceof IOException io ? io : new IOException("the body ended early", failure);
        }
        chunk = read;
    }

    private void await() throws IOException {
        Semaphore isThere = new Semaphore(0);
        request.demand(isThere::release);
        try {
            if (!isThere.tryAcquire(leftNanos(), TimeUnit.NANOSECONDS)) {
                throw new Slow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while a body was read", e);
        }
    }

    private long leftNanos() {
        return Math.max(0, allowedNanos - (line.nanos() - began));
    }

    private void release() {
        if (chunk != null) {
            chunk.release();
            chunk = null;
        }
    }

    @Override
    public void close() {
        boolean isWhole = chunk != null && chunk.isLast();
        release();
        if (isWhole) {
            chunk = Content.Chunk.EOF;
        }
    }
}
