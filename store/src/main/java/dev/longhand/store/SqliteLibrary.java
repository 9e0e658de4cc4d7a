package dev.longhand.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.sqlite.SQLiteJDBCLoader;

/**
 * Loads SQLite's own library without leaving it behind. The driver copies it out of its jar into the folder of temporary files and
 * deletes it when the JVM ends in order, which a killed or halted one never does. So it gets a folder of its own, which is deleted
 * as soon as the library is loaded: a loaded library needs its file no longer.
 */
final class SqliteLibrary {
    private static final String FOLDER = "org.sqlite.tmpdir";
    private static final String INSTALLED = "org.sqlite.lib.path";
    private static boolean isLoaded; // with the class's lock

    private SqliteLibrary() {}

    /** Once per process. What fails here is tried again by the driver, which says why. */
    static synchronized void load() {
        if (isLoaded || System.getProperty(FOLDER) != null || System.getProperty(INSTALLED) != null) {
            return; // or somebody has said where it is
        }
        isLoaded = true;
        try {
            Path folder = Files.createTempDirectory("longhand-sqlite-");
            System.setProperty(FOLDER, folder.toString());
            try {
                SQLiteJDBCLoader.initialize();
            } finally {
                System.clearProperty(FOLDER);
                remove(folder);
            }
        } catch (Exception e) {
            // Opening the database says what is wrong.
        }
    }

    private static void remove(Path folder) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.list(folder)) {
            files = all.toList();
        }
        for (Path each : files) {
            Files.deleteIfExists(each);
        }
        Files.deleteIfExists(folder);
    }
}
