package dev.longhand.upkeep;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Folders as wholes: forced, measured, removed. Links are never followed. */
final class Tree {
    private Tree() {}

    /** Everything below {@code folder}, folders before what is in them, without {@code folder} itself. */
    static List<Path> below(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(each -> !each.equals(folder)).sorted().toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** Bytes of all files below {@code folder}; 0 where there is none. What vanishes meanwhile does not count. */
    static long bytes(Path folder) throws IOException {
        long[] bytes = {0};
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                bytes[0] += attributes.isRegularFile() ? attributes.size() : 0;
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
                return unlessGone(failure);
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, IOException failure) throws IOException {
                return unlessGone(failure);
            }
        });
        return bytes[0];
    }

    private static FileVisitResult unlessGone(IOException failure) throws IOException {
        if (failure != null && !(failure instanceof NoSuchFileException)) {
            throw failure;
        }
        return FileVisitResult.CONTINUE;
    }

    static long sizeOrNone(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            return 0;
        }
    }

    /** Makes the names in {@code folder} and in all folders below durable; the files themselves were forced before. */
    static void force(Path folder) throws IOException {
        for (Path each : below(folder)) {
            if (Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS)) {
                forceOne(each);
            }
        }
        forceOne(folder);
    }

    static void forceOne(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    static void delete(Path folder) throws IOException {
        if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        for (Path each : below(folder).stream().sorted(Comparator.reverseOrder()).toList()) {
            Files.deleteIfExists(each);
        }
        Files.deleteIfExists(folder);
    }

    /** Removes what a failure leaves; the failure itself is the one to report. */
    static void deleteQuietly(Path folder) {
        try {
            delete(folder);
        } catch (IOException e) {
            // The next run into the same place removes it.
        }
    }

    /** Refuses where {@code bytes} more in {@code folder} would leave too little. */
    static void requireSpace(Path folder, long bytes, Limits limits) throws Problem {
        try {
            FileStore store = Files.getFileStore(folder);
            long usable = store.getUsableSpace();
            if (usable - limits.freeBytesMin() < bytes) {
                String why = "%s needs about %s, and %s are free there; nothing was written; free some space";
                throw new Problem(Problem.Kind.DISK, why.formatted(folder, Units.bytes(bytes), Units.bytes(usable)));
            }
        } catch (IOException e) {
            throw Disk.problem("asking for the free space of", folder, e);
        }
    }
}
