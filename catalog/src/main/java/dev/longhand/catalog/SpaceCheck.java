package dev.longhand.catalog;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Asks before a download whether the disk has room for it. */
@FunctionalInterface
interface SpaceCheck {
    SpaceCheck REAL = folder -> {
        try {
            return Files.getFileStore(folder).getUsableSpace();
        } catch (IOException e) {
            throw Disk.problem("asking for the free space of", folder, e);
        }
    };

    /** Bytes that may still be written below {@code folder}. */
    long usableBytes(Path folder) throws Problem;

    /** Refuses where {@code bytes} more beside {@code file} would leave too little. */
    default void require(Path file, long bytes) throws Problem {
        long usable = usableBytes(file.getParent());
        if (bytes > 0 && usable - Limits.FREE_BYTES_MIN < bytes) {
            throw new Problem(Problem.Kind.DISK,
                    "%s needs %s more, and %s are free; free some space, or set LONGHAND_HOME to another disk"
                    .formatted(file.getParent(), Units.bytes(bytes), Units.bytes(usable)));
        }
    }
}
