package dev.longhand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.testkit.RealModels;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: a server that is not there, not ours, closed to us, or dies, is told clearly, and commands work by themselves. Method:
 * files that such servers leave, and a real one that needs a key and is killed.
 */
@Timeout(Child.SECONDS_MAX)
class NoServerTest {
    @TempDir
    private Path home;
    @TempDir
    private Path docs;
    private String model;
    private TestWorld world;

    @BeforeEach
    void freshWorld() throws IOException {
        model = RealModels.smolLm2().toString();
        world = new TestWorld(home).with("LONGHAND_MODEL", model);
        Files.writeString(docs.resolve("lamp.md"), "# The lamp\n\nThe lighthouse lamp turns every twelve seconds.\n");
    }

    @Test
    void withoutAServerThatIsSaid() {
        assertThat(world.run("ps")).isZero();
        assertThat(world.out()).startsWith("No server runs on " + home).contains("'longhand serve' starts one", "No job");
        assertThat(home).isEmptyDirectory(); // looking makes nothing
        assertThat(world.run("top")).isEqualTo(3);
        assertThat(world.err()).contains("longhand: no server runs on");
    }

    @Test
    void whatADeadServerLeftIsNotTakenForOne() throws IOException {
        Files.writeString(home.resolve("server.lock"), "999999999\nhttp://127.0.0.1:1\n");
        assertThat(world.run("ps", "--json")).isZero();
        assertThat(world.json().path("state").asString()).isEqualTo("none");
    }

    /** Goal: a process that got the number of a dead server is no server. Method: this one's number, and a port where nobody is. */
    @Test
    void aStrangerIsNotTakenForOne() throws IOException {
        String own = Long.toString(ProcessHandle.current().pid());
        Files.writeString(home.resolve("server.lock"), own + "\n");
        assertThat(world.run("ps")).isZero();
        assertThat(world.out()).startsWith("The server in process " + own + " is just starting.");
        Files.writeString(home.resolve("server.lock"), own + "\nhttp://127.0.0.1:1\n");
        assertThat(world.run("run", model, "Hello", "-n", "2")).isZero();
        assertThat(world.err()).contains("(process " + own + ") does not answer; the model is loaded here");
    }

    /** A {@code top} that has shown the server. */
    private Process look(String key) throws IOException {
        ProcessBuilder top = Child.builder(home, Child.command("top")).redirectError(home.resolve("top.err").toFile());
        top.environment().put("LONGHAND_API_KEY", key);
        Process looking = top.start();
        looking.getInputStream().read();
        return looking;
    }

    /** Goal: a key is asked for and used; a server that dies in an answer is told. Method: one that needs a key, then is killed. */
    @Test
    void aServerThatNeedsAKeyAndDiesIsTold() throws Exception {
        assertThat(world.run("keys", "add", "anna", "--json")).isZero();
        String key = world.json().path("secret").asString();
        try (ServeProgram server = ServeProgram.start(home, model, "--keys")) {
            assertThat(world.run("ask", docs.toString(), "How often does the lamp turn?", "-n", "4")).as(world.err()).isZero();
            assertThat(world.err()).contains("needs a key: put one into LONGHAND_API_KEY", "the model is loaded here");
            assertThat(world.run("keys", "add", "guest", "--role", "read-only", "--json")).isZero();
            world.with("LONGHAND_API_KEY", world.json().path("secret").asString());
            assertThat(world.run("run", model, "Hello", "-n", "2")).as(world.err()).isZero();
            assertThat(world.err()).contains("work for the key in LONGHAND_API_KEY, which may only look; the model is loaded here");
            world.with("LONGHAND_API_KEY", key);
            assertThat(world.run("ask", docs.toString(), "How often does the lamp turn?", "-n", "4")).as(world.err()).isZero();
            assertThat(world.err()).contains("in the server at " + server.address);
            ProcessBuilder ask = Child.builder(home, Child.command("ask", docs.toString(), "How often does the lamp turn?", "-m",
                    model, "-n", "3000", "--temp", "1.6"));
            ask.environment().put("LONGHAND_API_KEY", key);
            Process looking = look(key);
            Process asking = ask.start();
            try (BufferedReader out = new BufferedReader(new InputStreamReader(asking.getInputStream(), StandardCharsets.UTF_8))) {
                assertThat(out.readLine()).contains("lamp.md");
                server.kill();
                assertThat(looking.waitFor(30, TimeUnit.SECONDS)).isTrue();
                assertThat(looking.exitValue()).isEqualTo(4);
                assertThat(Files.readString(home.resolve("top.err"))).endsWith(
                        "longhand: the server at %s has ended or does not answer any more\n".formatted(server.address));
                assertThat(asking.waitFor(30, TimeUnit.SECONDS)).isTrue();
            }
            assertThat(asking.exitValue()).isEqualTo(4);
            assertThat(new String(asking.getErrorStream().readAllBytes(), StandardCharsets.UTF_8))
                    .contains("(process %d) went away before its answer was whole; ask again".formatted(server.pid()));
        }
        assertThat(world.run("ask", docs.toString(), "How often does the lamp turn?", "-n", "4")).as(world.err()).isZero();
        assertThat(world.err()).doesNotContain("server");
    }
}
