package dev.longhand.base;

import java.nio.file.Path;
import java.util.Map;

/**
 * The data directory: {@code $LONGHAND_HOME}, default {@code ~/.longhand}. Knows where things lie, not what is in them.
 *
 * @param root absolute path; need not exist
 */
public record Home(Path root) {
    public Home {
        Check.argument(root.isAbsolute(), "the data directory must be absolute, not %s", root);
    }

    public static Home from(Map<String, String> environment) {
        String set = environment.get("LONGHAND_HOME");
        Path root = set == null || set.isBlank()
                ? Path.of(System.getProperty("user.home"), ".longhand")
                : Path.of(set);
        return new Home(root.toAbsolutePath().normalize());
    }

    public Path models() {
        return root.resolve("models");
    }

    public Path desks() {
        return root.resolve("desks");
    }

    /** The database of books and jobs, where no other is set. */
    public Path database() {
        return root.resolve("longhand.db");
    }

    /** Says which process serves this directory, and where. */
    public Path serverLock() {
        return root.resolve("server.lock");
    }

    public Path logs() {
        return root.resolve("logs");
    }
}
