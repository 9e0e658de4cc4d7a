package dev.longhand.memory;

import dev.longhand.base.Check;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Positional reads of one file by many threads. An interrupt of a reader closes its channel, for everybody; so a read puts the
 * interrupt off, and one that finds the channel closed opens the file again. Whoever reads checks what it read, so that it does not
 * matter if the file was replaced meanwhile. Thread-safe.
 */
final class SegmentFile implements AutoCloseable {
    /** Opens the file; a seam for disks that fail. */
    @FunctionalInterface
    interface Opener {
        FileChannel open() throws IOException;
    }

    private static final int ATTEMPTS_MAX = 4; // on the channel that all share
    private static final long PIECE_BYTES = 1 << 26;

    private final Opener opener;
    private FileChannel channel; // guarded by this object
    private boolean isClosed; // guarded by this object

    SegmentFile(Opener opener) throws IOException {
        this.opener = opener;
        this.channel = opener.open();
    }

    long bytes() throws IOException {
        return channel().size();
    }

    private synchronized FileChannel channel() throws IOException {
        if (!channel.isOpen() && !isClosed) {
            channel = opener.open();
        }
        return channel;
    }

    private synchronized boolean isClosed() {
        return isClosed;
    }

    /** Fills {@code into} from byte {@code at} on; {@link EOFException} where the file ends before. */
    void read(MemorySegment into, long at) throws IOException {
        boolean wasInterrupted = Thread.interrupted();
        int attempts = 0;
        try {
            while (true) {
                try {
                    fill(into, at, channel());
                    return;
                } catch (ClosedChannelException e) {
                    wasInterrupted |= Thread.interrupted();
                    if (isClosed()) {
                        throw e;
                    }
                    if (++attempts == ATTEMPTS_MAX) {
                        wasInterrupted |= readApart(into, at);
                        return;
                    }
                }
            }
        } finally {
            if (wasInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void fill(MemorySegment into, long at, FileChannel channel) throws IOException {
        for (long done = 0; done < into.byteSize(); ) {
            ByteBuffer piece = into.asSlice(done, Math.min(PIECE_BYTES, into.byteSize() - done)).asByteBuffer();
            int n = channel.read(piece, at + done);
            if (n < 0) {
                throw new EOFException("the file ends before byte %,d".formatted(at + into.byteSize()));
            }
            done += n;
        }
    }

    /**
     * As {@link #read}, by a thread that nobody knows to interrupt, on a channel that nobody else can close: ends even where
     * interrupts come faster than reads.
     *
     * @return whether this thread was interrupted meanwhile
     */
    private boolean readApart(MemorySegment into, long at) throws IOException {
        try (Arena arena = Arena.ofShared()) { // the caller's may be of one thread
            MemorySegment read = arena.allocate(into.byteSize(), Long.BYTES);
            FutureTask<Void> reading = new FutureTask<>(() -> {
                try (FileChannel own = opener.open()) {
                    fill(read, at, own);
                }
                return null;
            });
            Thread.ofPlatform().daemon().name("longhand-read").start(reading);
            boolean wasInterrupted = awaited(reading);
            into.copyFrom(read);
            return wasInterrupted;
        }
    }

    /** Waits whatever happens; returns whether this thread was interrupted meanwhile. */
    private static boolean awaited(FutureTask<Void> reading) throws IOException {
        boolean wasInterrupted = false;
        while (true) {
            try {
                reading.get();
                return wasInterrupted;
            } catch (InterruptedException e) {
                wasInterrupted = true;
            } catch (ExecutionException e) {
                if (wasInterrupted) {
                    Thread.currentThread().interrupt();
                }
                throw e.getCause() instanceof IOException failed ? failed : new IOException(e.getCause());
            }
        }
    }

    /** Readers must be done. */
    @Override
    public synchronized void close() {
        Check.invariant(!isClosed, "a segment's file is closed twice");
        isClosed = true;
        try {
            channel.close();
        } catch (IOException e) {
            // It was only read.
        }
    }
}
