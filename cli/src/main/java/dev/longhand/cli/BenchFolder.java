package dev.longhand.cli;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A folder of the data directory, so on its disk, that is gone afterwards. */
record BenchFolder(Path path) implements AutoCloseable {
    static BenchFolder make(World world) throws Problem {
        Path root = world.home().root().toAbsolutePath();
        try {
            Disk.REAL.createFolders(root);
            return new BenchFolder(Files.createTempDirectory(root, "bench-"));
        } catch (IOException e) {
            throw Disk.problem("making a folder in", root, e);
        }
    }

    @Override
    public void close() throws Problem {
        try (Stream<Path> found = Files.walk(path)) {
            List<Path> all = found.sorted(Comparator.reverseOrder()).toList();
            for (Path each : all) {
                Files.delete(each);
            }
        } catch (IOException e) {
            throw Disk.problem("deleting", path, e);
        }
    }
}
