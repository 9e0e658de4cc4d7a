package dev.longhand.store;

import dev.longhand.base.Clock;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.tukaani.xz.XZInputStream;

/**
 * A real PostgreSQL server for tests: one per test JVM, on a free port of this machine, with fsync on, gone when the JVM ends.
 *
 * <p>Its programs come from a jar on the class path. PostgreSQL refuses to run as root, so root runs it as nobody. Thread-safe.
 */
public final class PostgresServer {
    /** Every character that a setting must escape. */
    static final String PASSWORD = "pa:ss/w@rd %+?";
    private static final String USER = "longhand";
    private static final String ARCHIVE = "/postgres-linux-x86_64.txz";
    private static final int START_TRIES_MAX = 600;
    private static final AtomicInteger DATABASES = new AtomicInteger();
    private static PostgresServer shared;

    private final int port;

    private PostgresServer(int port) {
        this.port = port;
    }

    /** Started at the first call. */
    public static synchronized PostgresServer shared() {
        if (shared == null) {
            try {
                shared = start();
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException("PostgreSQL did not start: " + e.getMessage(), e);
            }
        }
        return shared;
    }

    /** A new empty database. */
    public StoreSetting.Postgres freshDatabase() {
        String name = "t" + DATABASES.incrementAndGet();
        try (Connection connection = connect("postgres"); Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return new StoreSetting.Postgres("127.0.0.1", port, name, USER, PASSWORD, Map.of());
    }

    /** A connection of somebody else. */
    public Connection connect(String database) throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/" + database, USER, PASSWORD);
    }

    private static PostgresServer start() throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("longhand-postgres");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        unpack(folder);
        Path data = Files.createDirectory(folder.resolve("data"));
        Path password = Files.writeString(folder.resolve("password"), PASSWORD);
        if (isRoot()) {
            run(List.of("chown", "-R", "65534:65534", data.toString(), password.toString()), folder);
        }
        run(asOwner(folder.resolve("bin/initdb"), "-D", data.toString(), "-U", USER, "-A", "scram-sha-256", "--pwfile",
                password.toString(), "-E", "UTF8", "--locale=C", "--no-sync"), folder);
        int port = freePort();
        List<String> command = asOwner(folder.resolve("bin/postgres"), "-D", data.toString(), "-p", String.valueOf(port),
                "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=on");
        Path log = folder.resolve("log");
        Process process = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true)
                .redirectOutput(log.toFile()).start();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(process, folder)));
        PostgresServer server = new PostgresServer(port);
        for (int tries = 0; !server.answers(); tries++) {
            if (!process.isAlive() || tries >= START_TRIES_MAX) {
                throw new IOException("it does not answer: " + Files.readString(log));
            }
            Clock.SYSTEM.sleep(50_000_000);
        }
        return server;
    }

    private boolean answers() {
        try (Connection connection = connect("postgres")) {
            return connection.isValid(1);
        } catch (SQLException e) {
            return false;
        }
    }

    private static boolean isRoot() {
        return System.getProperty("user.name").equals("root");
    }

    private static List<String> asOwner(Path program, String... arguments) {
        List<String> command = new ArrayList<>();
        if (isRoot()) {
            command.addAll(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"));
        }
        command.add(program.toString());
        command.addAll(List.of(arguments));
        return command;
    }

    private static void unpack(Path folder) throws IOException, InterruptedException {
        Process tar = new ProcessBuilder("tar", "-x", "-C", folder.toString()).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.to(folder.resolve("tar.log").toFile())).start();
        try (InputStream archive = PostgresServer.class.getResourceAsStream(ARCHIVE)) {
            if (archive == null) {
                throw new IOException("the binaries are not on the class path: " + ARCHIVE);
            }
            try (OutputStream out = tar.getOutputStream()) {
                new XZInputStream(archive).transferTo(out);
            }
        }
        if (tar.waitFor() != 0) {
            throw new IOException("tar failed: " + Files.readString(folder.resolve("tar.log")));
        }
    }

    private static void run(List<String> command, Path folder) throws IOException, InterruptedException {
        File log = folder.resolve("run.log").toFile();
        int code = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).redirectOutput(log).start()
                .waitFor();
        if (code != 0) {
            throw new IOException(command + " ended with " + code + ": " + Files.readString(log.toPath()));
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static void end(Process process, Path folder) {
        try {
            // Its "fast" way: open connections are cut.
            new ProcessBuilder("kill", "-INT", String.valueOf(process.pid())).start().waitFor();
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(each);
                }
            }
        } catch (IOException | InterruptedException e) {
            System.err.println("left behind: " + folder);
        }
    }
}
