package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Playwright;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * What tests of the page need from outside, got where it is missing: Node's packages as the page's lock file has them, in a copy of
 * the page's sources; and a Chromium. Who runs the tests as root gets that by apt-get; else it must be there.
 */
final class BrowserTools {
    /** Where the page's sources are. */
    static final Path SOURCES = Path.of("src/main/web").toAbsolutePath();
    private static final Path PACKAGES = SOURCES.resolve("node_modules"); // of who works on the page
    private static final Path COPY = Path.of("target/web").toAbsolutePath();
    private static final Path DRIVER = Path.of("target/driver").toAbsolutePath();
    private static final Duration TIME_MAX = Duration.ofMinutes(5);
    private static final List<String> BROWSERS = List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");

    private BrowserTools() {}

    /** A copy of the page's sources with the packages that they are built with. Test classes run in processes beside each other. */
    static Path sources() throws IOException, InterruptedException {
        Path lock = COPY.resolve("package-lock.json");
        Path installed = COPY.resolve("installed.json");
        Files.createDirectories(COPY);
        try (FileChannel door = FileChannel.open(COPY.resolve("door"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock own = door.lock()) {
            copySources();
            if (!Files.exists(installed) || Files.mismatch(lock, installed) >= 0) {
                run(COPY, program("npm"), "ci", "--no-audit", "--no-fund", "--ignore-scripts");
                Files.copy(lock, installed, StandardCopyOption.REPLACE_EXISTING);
            }
            return COPY;
        }
    }

    private static void copySources() throws IOException {
        try (Stream<Path> files = Files.walk(SOURCES)) {
            for (Path each : files.filter(f -> Files.isRegularFile(f) && !f.startsWith(PACKAGES)).toList()) {
                Path target = COPY.resolve(SOURCES.relativize(each));
                if (!Files.exists(target) || Files.mismatch(each, target) >= 0) {
                    Files.createDirectories(target.getParent());
                    Files.copy(each, target, StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
    }

    /** Playwright with its driver as npm has it: a folder with {@code node} and {@code package} in it. */
    static Playwright playwright() throws IOException, InterruptedException {
        Path packages = sources().resolve("node_modules/playwright-core");
        Files.createDirectories(DRIVER);
        link(DRIVER.resolve("package"), packages);
        link(DRIVER.resolve("node"), Path.of(program("node")));
        System.setProperty("playwright.cli.dir", DRIVER.toString());
        return Playwright.create(new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
    }

    private static void link(Path link, Path target) throws IOException {
        Files.deleteIfExists(link);
        Files.createSymbolicLink(link, target);
    }

    /** The Chromium of this machine. */
    static Path chromium() throws IOException, InterruptedException {
        Optional<Path> found = find(BROWSERS);
        if (found.isEmpty() && find(List.of("apt-get")).isPresent() && "root".equals(System.getProperty("user.name"))) {
            run(COPY, "apt-get", "-qq", "update");
            run(COPY, "apt-get", "-qq", "-y", "--no-install-recommends", "install", "chromium");
            found = find(BROWSERS);
        }
        assertThat(found).as("the tests of the page need one of %s on PATH; install the package chromium", BROWSERS).isPresent();
        return found.orElseThrow();
    }

    static String program(String name) {
        Optional<Path> found = find(List.of(name));
        assertThat(found).as("the tests of the page need Node 20 or later: %s is not on PATH", name).isPresent();
        return found.orElseThrow().toString();
    }

    private static Optional<Path> find(List<String> names) {
        return names.stream().flatMap(name -> Stream.of(System.getenv("PATH").split(":")).map(folder -> Path.of(folder, name)))
                .filter(Files::isExecutable).findFirst();
    }

    /** Ends well, within minutes. */
    static void run(Path folder, String... command) throws IOException, InterruptedException {
        Files.createDirectories(folder);
        Path output = Files.createTempFile("command", ".txt");
        Process process = new ProcessBuilder(new ArrayList<>(List.of(command))).directory(folder.toFile()).redirectErrorStream(true)
                .redirectOutput(output.toFile()).start();
        boolean isOver = process.waitFor(TIME_MAX.toSeconds(), TimeUnit.SECONDS);
        if (!isOver) {
            process.destroyForcibly();
        }
        String said = Files.readString(output);
        Files.delete(output);
        assertThat(isOver && process.exitValue() == 0).as("%s:%n%s", String.join(" ", command), said).isTrue();
    }
}
