package dev.longhand.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: a pull that is stopped at any moment leaves only what the next continues, and processes wait for each other.
 * Method: child JVMs pull from a loopback server that holds the second half back.
 */
@Timeout(60)
class KilledPullTest {
    private static final byte[] CONTENT = Fixture.model(400_000, 9);
    private static final int HALF = 200_000;
    private static final String REFERENCE = "hf.co/owner/repo:tiny.gguf";

    @TempDir
    Path home;

    private final AtomicBoolean holdsBack = new AtomicBoolean(true);
    private final CountDownLatch isHalfSent = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final FileHandler file = new FileHandler(CONTENT);
    private LoopbackServer server;

    @BeforeEach
    void setUp() throws IOException {
        server = new LoopbackServer((request, answer) -> {
            if (!holdsBack.compareAndSet(true, false)) {
                file.answer(request, answer);
                return;
            }
            answer.head(200, Map.of("Content-Length", Integer.toString(CONTENT.length), "ETag", file.etag));
            answer.part(CONTENT, 0, HALF);
            isHalfSent.countDown();
            goOn.await();
            answer.part(CONTENT, HALF, CONTENT.length - HALF);
        });
    }

    @AfterEach
    void tearDown() throws IOException {
        goOn.countDown();
        server.close();
    }

    private Process child() throws IOException {
        ProcessBuilder builder = new ProcessBuilder(ProcessHandle.current().info().command().orElseThrow(), "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"), PullInChild.class.getName(), REFERENCE);
        builder.environment().put("LONGHAND_HOME", home.toString());
        builder.environment().put("HF_ENDPOINT", server.uri().toString());
        builder.environment().remove("HF_TOKEN");
        builder.environment().remove("HF_HUB_OFFLINE");
        return builder.redirectErrorStream(true).start();
    }

    private Fixture fixture() {
        Fixture fixture = new Fixture(home).offering(CONTENT, Fixture.hub());
        fixture.endpoint = server.uri();
        return fixture;
    }

    private void waitForHalf(Fixture fixture) throws Exception {
        isHalfSent.await();
        while (fixture.models().partials().stream().noneMatch(p -> p.doneBytes() == HALF)) {
            Thread.sleep(20);
        }
    }

    @Test
    void leavesOnlyThePartAndTheNextPullCompletesIt() throws Exception {
        Fixture fixture = fixture();
        Process child = child();
        waitForHalf(fixture);
        // As Ctrl-C, which a test run in the background would ignore; a kill -9 leaves no less.
        new ProcessBuilder("kill", "-TERM", Long.toString(child.pid())).start().waitFor();
        assertThat(child.waitFor(120, TimeUnit.SECONDS)).isTrue();
        assertThat(child.exitValue()).isEqualTo(143);
        assertThat(fixture.files()).hasSize(2).allMatch(f -> f.endsWith(".part") || f.endsWith(".part.info"));
        assertThat(fixture.models().list()).isEmpty();
        assertThat(fixture.models().partials().getFirst().name()).isEqualTo("hf.co/owner/repo/tiny.gguf");

        InstalledModel model = fixture.pull(REFERENCE);
        assertThat(Files.readAllBytes(model.file())).isEqualTo(CONTENT);
        assertThat(server.requests().getLast().header("range")).isEqualTo("bytes=" + HALF + "-");
        assertThat(file.bytesSent).hasValue(CONTENT.length - HALF);
        assertThat(fixture.files()).containsExactlyInAnyOrder(Sha256.of(CONTENT) + ".gguf", "models.toml");
    }

    @Test
    void waitsForTheOtherProcessAndNamesIt() throws Exception {
        Fixture fixture = fixture();
        Process first = child();
        waitForHalf(fixture);
        Process second = child();
        try (var lines = second.inputReader(StandardCharsets.UTF_8)) {
            assertThat(lines.readLine()).contains("(pid " + first.pid() + ")").contains("waiting for it");
            goOn.countDown();
            assertThat(lines.readLine()).isEqualTo(Sha256.of(CONTENT).hex());
        }
        assertThat(first.waitFor()).isZero();
        assertThat(second.waitFor()).isZero();
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void removesAnInterruptedDownloadByName() throws Exception {
        Fixture fixture = fixture();
        Process child = child();
        waitForHalf(fixture);
        child.destroyForcibly().waitFor();
        assertThat(fixture.models().remove(ModelReference.parse(REFERENCE))).isEqualTo(HALF);
        assertThat(fixture.files()).isEmpty();
    }
}
