package dev.longhand.bench;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** How long the disk takes for a sync: a file of the same folder is appended to and forced, one after the other. */
final class SyncFile implements AutoCloseable {
    private static final int PAGE_BYTES = 4096;
    private static final int PAGES_MAX = 64;

    private final Clock clock;
    private final Path file;
    private final FileChannel channel;
    private final ByteBuffer bytes = ByteBuffer.allocateDirect(PAGES_MAX * PAGE_BYTES);

    SyncFile(Clock clock, Path folder) throws Problem {
        this.clock = clock;
        this.file = folder.resolve("sync");
        try {
            this.channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw Disk.problem("opening", file, e);
        }
    }

    /** Nanoseconds of one, of a page. */
    long sync() throws Problem {
        return sync(1);
    }

    /** Nanoseconds of one, of so many pages. */
    long sync(int pages) throws Problem {
        long start = clock.nanos();
        try {
            channel.write(bytes.clear().limit(pages * PAGE_BYTES));
            channel.force(false);
        } catch (IOException e) {
            throw Disk.problem("writing", file, e);
        }
        return clock.nanos() - start;
    }

    /** Seconds of so many. */
    double seconds(int syncs) throws Problem {
        long nanos = 0;
        for (int i = 0; i < syncs; i++) {
            nanos += sync();
        }
        return nanos / 1e9;
    }

    @Override
    public void close() throws Problem {
        try {
            channel.close();
        } catch (IOException e) {
            throw Disk.problem("closing", file, e);
        }
    }
}
