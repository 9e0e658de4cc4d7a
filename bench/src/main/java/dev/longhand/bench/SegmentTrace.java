package dev.longhand.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * What is known of a segment's file from outside.
 *
 * @param nanos  when it was written, of the wall clock
 * @param tokens as its header says
 */
record SegmentTrace(String name, long nanos, long bytes, int tokens) {
    static final Comparator<SegmentTrace> BY_TIME = Comparator.comparingLong(SegmentTrace::nanos);
    private static final int TOKENS_AT = 36;

    /** Of a folder, which need not exist; those of {@code known} that are still the same file are not opened. */
    static Map<String, SegmentTrace> allOf(Path folder, Map<String, SegmentTrace> known) throws IOException {
        Map<String, SegmentTrace> all = new TreeMap<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.segment")) {
            for (Path file : files) {
                SegmentTrace found = of(file, known.get(file.getFileName().toString()));
                all.put(found.name, found);
            }
        } catch (NoSuchFileException e) {
            return all;
        }
        return all;
    }

    private static SegmentTrace of(Path file, SegmentTrace known) throws IOException {
        BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
        String name = file.getFileName().toString();
        long nanos = now.lastModifiedTime().to(TimeUnit.NANOSECONDS);
        if (known != null && known.nanos == nanos && known.bytes == now.size()) {
            return known;
        }
        ByteBuffer tokens = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        try (FileChannel channel = FileChannel.open(file)) {
            while (tokens.hasRemaining() && channel.read(tokens, TOKENS_AT + tokens.position()) >= 0) {
                // reads on
            }
        }
        return new SegmentTrace(name, nanos, now.size(), tokens.hasRemaining() ? 0 : tokens.getInt(0));
    }

    boolean isWithin(long startMs, long endMs) {
        return nanos / 1_000_000 >= startMs && nanos / 1_000_000 <= endMs;
    }

    String line() {
        return "%s\t%d\t%d\t%d\n".formatted(name, nanos, bytes, tokens);
    }

    static SegmentTrace ofLine(String line) {
        String[] row = line.split("\t");
        return new SegmentTrace(row[0], Long.parseLong(row[1]), Long.parseLong(row[2]), Integer.parseInt(row[3]));
    }
}
