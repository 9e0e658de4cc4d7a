package dev.longhand.store;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Where the books are: a file of the data directory, or a PostgreSQL database.
 *
 * <p>{@code toString} is for messages and never holds a password.
 */
public sealed interface StoreSetting {
    /** An SQLite database in one file, with its {@code -wal} and {@code -shm} beside it while it is open. */
    record Sqlite(Path file) implements StoreSetting {
        public Sqlite {
            Check.argument(file.isAbsolute(), "the database's file must be absolute, not %s", file);
        }

        @Override
        public String toString() {
            return file.toString();
        }
    }

    /**
     * A database on a PostgreSQL server.
     *
     * @param user     empty: the operating system's user
     * @param password empty: {@code ~/.pgpass} decides, as for PostgreSQL's own programs
     * @param options  those of the driver that {@link #OPTIONS} allows
     */
    record Postgres(String host, int port, String database, String user, String password, Map<String, String> options)
            implements StoreSetting {
        public Postgres {
            Check.argument(port >= 1 && port <= 65_535, "port is %d; it must lie in [1, 65535]", port);
            Check.argument(OPTIONS.containsAll(options.keySet()), "options are %s; known are %s", options.keySet(), OPTIONS);
            options = Map.copyOf(options);
        }

        @Override
        public String toString() {
            return "postgresql://" + (user.isEmpty() ? "" : user + "@") + host + ":" + port + "/" + database;
        }
    }

    /** What may stand behind the question mark: nothing that names a class or a file to write. */
    Set<String> OPTIONS = Set.of("sslmode", "sslrootcert", "sslcert", "sslkey", "currentSchema");

    int PORT_DEFAULT = 5432;
    int TEXT_MAX = 2048;

    /**
     * Reads the setting {@code store}.
     *
     * @param text        blank, or {@code postgresql://user:password@host:port/database?option=value}
     * @param fileDefault the file that a blank setting means
     */
    static StoreSetting parse(String text, Path fileDefault) throws Problem {
        if (text == null || text.isBlank()) {
            return new Sqlite(fileDefault);
        }
        if (text.length() > TEXT_MAX) {
            throw malformed("it has " + text.length() + " characters; at most " + TEXT_MAX);
        }
        URI uri;
        try {
            uri = new URI(text.strip());
        } catch (URISyntaxException e) {
            // The reason alone: the exception's message repeats the setting, which may hold a password.
            throw malformed(e.getReason() + " at character " + (e.getIndex() + 1));
        }
        if (!"postgresql".equals(uri.getScheme()) && !"postgres".equals(uri.getScheme())) {
            throw malformed(uri.getScheme() == null ? "it has no scheme, such as postgresql:"
                    : "it begins with \"" + uri.getScheme() + "\", which is not a kind of database that Longhand knows");
        }
        return postgres(uri);
    }

    private static Postgres postgres(URI uri) throws Problem {
        if (uri.getHost() == null) {
            throw malformed("it names no host, or one that is not a name or an address");
        }
        int port = uri.getPort() < 0 ? PORT_DEFAULT : uri.getPort();
        if (port < 1 || port > 65_535) {
            throw malformed("its port is " + port + "; ports lie in [1, 65535]");
        }
        String path = uri.getRawPath() == null ? "" : uri.getRawPath();
        if (path.length() < 2 || path.indexOf('/', 1) >= 0) {
            throw malformed("it must name one database behind the host, as in /longhand");
        }
        String[] who = uri.getRawUserInfo() == null ? new String[] {""} : uri.getRawUserInfo().split(":", 2);
        return new Postgres(uri.getHost(), port, decoded(path.substring(1)), decoded(who[0]),
                who.length > 1 ? decoded(who[1]) : "", options(uri.getRawQuery()));
    }

    private static Map<String, String> options(String query) throws Problem {
        Map<String, String> options = new TreeMap<>();
        for (String each : query == null ? new String[0] : query.split("&")) {
            String[] pair = each.split("=", 2);
            if (pair.length != 2 || !OPTIONS.contains(pair[0])) {
                throw malformed("it has an option \"" + pair[0] + "\"; known are " + String.join(", ", OPTIONS.stream().sorted()
                        .toList()) + ", each with a value");
            }
            options.put(pair[0], decoded(pair[1]));
        }
        return options;
    }

    /** A plus sign stays one: this is not a form. URI has already refused broken escapes. */
    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static Problem malformed(String why) {
        return new Problem(Problem.Kind.USAGE, "the setting store is not understood: " + why
                + "; write store = \"postgresql://user:password@host:5432/database\", or leave it out for a file of the data "
                + "directory");
    }
}
