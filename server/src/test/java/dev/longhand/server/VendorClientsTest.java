package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Problem;
import dev.longhand.engine.EngineOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Goal: programs that are written for the vendors' servers work with ours by a base URL. Method: the vendors' own clients, for
 * Python and for JavaScript, fetched by pip and npm as they are set up here, in the versions of
 * {@code src/test/python/requirements.txt} and {@code src/test/javascript/package.json}, run the scripts beside these files
 * against a real server with SmolLM2. Part of the profile {@code full}; it needs node 20 and fails without a package index.
 */
@Tag("full")
class VendorClientsTest {
    private static final Path SCRIPTS = Path.of("src/test/python").toAbsolutePath();
    private static final Path JAVASCRIPT = Path.of("src/test/javascript").toAbsolutePath();
    private static final Path NODE = Path.of("target/vendors-node").toAbsolutePath();
    private static final Path ENVIRONMENT = Path.of("target/vendors").toAbsolutePath();
    private static final Duration TIME_MAX = Duration.ofMinutes(5); // each takes seconds on two cores

    @TempDir
    private static Path temp;
    private static Served served;
    private static Served busy;

    @BeforeAll
    static void start() throws Problem, IOException, InterruptedException {
        install();
        installNode();
        served = Served.smolLm2(Files.createDirectory(temp.resolve("served")));
        busy = Served.smolLm2(Files.createDirectory(temp.resolve("busy")), EngineOptions.DEFAULT.withLimits(
                new dev.longhand.engine.Limits(1, 1, 1, 1000, Duration.ofSeconds(60), Duration.ofSeconds(60))));
    }

    @AfterAll
    static void stop() throws Problem {
        for (Served each : List.of(served, busy)) {
            each.server.close();
            each.model.checkIntegrity();
            assertThat(each.books.ledger().check().findings()).isEmpty();
            each.close();
        }
    }

    /** Done once for these versions: the list of them is copied into the folder when all is there. */
    private static void install() throws IOException, InterruptedException {
        Path wanted = SCRIPTS.resolve("requirements.txt");
        Path installed = ENVIRONMENT.resolve("installed.txt");
        if (Files.exists(installed) && Files.mismatch(wanted, installed) < 0) {
            return;
        }
        run(Map.of(), "python3", "-m", "venv", "--clear", ENVIRONMENT.toString());
        run(Map.of(), python(), "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", wanted.toString());
        Files.copy(wanted, installed);
    }

    /** As above: the scripts stand beside the packages, where node looks for these. */
    private static void installNode() throws IOException, InterruptedException {
        Files.createDirectories(NODE);
        Path wanted = JAVASCRIPT.resolve("package.json");
        Path installed = NODE.resolve("installed.json");
        if (!Files.exists(installed) || Files.mismatch(wanted, installed) >= 0) {
            Files.copy(wanted, NODE.resolve("package.json"), StandardCopyOption.REPLACE_EXISTING);
            run(Map.of(), "npm", "install", "--prefix", NODE.toString(), "--no-package-lock", "--ignore-scripts", "--no-audit",
                    "--no-fund", "--silent");
            Files.copy(wanted, installed, StandardCopyOption.REPLACE_EXISTING);
        }
        for (String each : List.of("openai.js", "anthropic.js")) {
            Files.copy(JAVASCRIPT.resolve(each), NODE.resolve(each), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static String python() {
        return ENVIRONMENT.resolve("bin/python").toString();
    }

    private static void run(Map<String, String> environment, String... command) throws IOException, InterruptedException {
        Path output = Files.createTempFile(temp, "output", ".txt");
        ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(List.of(command))).redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        boolean isOver = process.waitFor(TIME_MAX.toSeconds(), TimeUnit.SECONDS);
        if (!isOver) {
            process.toHandle().destroyForcibly();
        }
        assertThat(isOver && process.exitValue() == 0).as("%s %s:%n%s", String.join(" ", command), isOver ? "exited "
                + process.exitValue() : "did not end in " + TIME_MAX, Files.readString(output)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"anthropic_messages", "openai_chat", "openai_completions", "openai_embeddings", "openai_errors",
        "openai_models", "openai_tools", "openai_responses"})
    void worksUnmodified(String script) throws IOException, InterruptedException {
        run(servers(), python(), SCRIPTS.resolve(script + ".py").toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"anthropic", "openai"})
    void worksUnmodifiedInJavaScript(String script) throws IOException, InterruptedException {
        run(servers(), "node", NODE.resolve(script + ".js").toString());
    }

    private static Map<String, String> servers() {
        return Map.of("OPENAI_BASE_URL", served.server.address() + "/v1", "OPENAI_API_KEY", "none",
                "ANTHROPIC_BASE_URL", served.server.address(), "ANTHROPIC_API_KEY", "none",
                "LONGHAND_BUSY_URL", busy.server.address() + "/v1", "NO_PROXY", "127.0.0.1", "PYTHONDONTWRITEBYTECODE", "1",
                "PYTHONOPTIMIZE", "");
    }
}
