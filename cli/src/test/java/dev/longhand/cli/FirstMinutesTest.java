package dev.longhand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.testkit.RealModels;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: what a newcomer does wrong in the first minutes is told and harms nothing. Method: commands in this process, and for Ctrl-C
 * and the rehearsal the program as a child.
 */
class FirstMinutesTest {
    private static final int NOTES = 400;

    @TempDir
    private Path folder;
    private TestWorld world;

    @BeforeEach
    void freshWorld() {
        world = new TestWorld(folder.resolve("home"));
    }

    @Test
    void pullRefusesAFileThatIsCut() throws IOException {
        Path cut = copy(RealModels.smolLm2(), Files.size(RealModels.smolLm2()) * 99 / 100);
        assertThat(world.run("pull", cut.toString())).isEqualTo(5);
        assertThat(world.err()).contains("the download is probably cut short");
        assertThat(world.run("ls", "--json")).isZero();
        assertThat(world.json().path("models")).isEmpty();
    }

    /** Goal: doctor sees weights that are noise, which no format check can. Method: the real file with its weights overwritten. */
    @Test
    void doctorSeesAModelThatOnlyGuesses() throws IOException {
        long size = Files.size(RealModels.smolLm2());
        Path noise = copy(RealModels.smolLm2(), size);
        byte[] bytes = new byte[1 << 16];
        new java.util.Random(7).nextBytes(bytes);
        try (FileChannel channel = FileChannel.open(noise, StandardOpenOption.WRITE)) {
            for (long at = 32 << 20; at + bytes.length < size; at += bytes.length) {
                channel.write(ByteBuffer.wrap(bytes), at);
            }
        }
        assertThat(world.run("doctor", "-m", noise.toString(), "--json")).isEqualTo(1);
        assertThat(world.json().path("modelProbe").path("state").asString()).isEqualTo("bad");
        assertThat(world.run("doctor", "-m", RealModels.smolLm2().toString(), "--json")).as(world.err()).isZero();
    }

    @Test
    void afterTheModelFlagEveryWordIsThePrompt() {
        String model = RealModels.smolLm2().toString();
        assertThat(world.run("run", model, "Say hello.", "-n", "6", "--temp", "0")).as(world.err()).isZero();
        String named = world.out();
        assertThat(world.run("run", "-m", model, "Say", "hello.", "-n", "6", "--temp", "0")).as(world.err()).isZero();
        assertThat(world.out()).isEqualTo(named);
    }

    @Test
    void offlineWithoutAModelIsOneLine() throws IOException {
        Path docs = Files.createDirectory(folder.resolve("docs"));
        Files.writeString(docs.resolve("a.md"), "The lamp turns.\n");
        assertThat(world.run("ask", docs.toString(), "Does it turn?", "--offline")).isEqualTo(4);
        assertThat(world.err()).startsWith("longhand: no source gave the model smollm2").contains("--offline").hasLineCount(1);
    }

    /** Goal: a stop that comes before the long work is not lost. Method: the reader of the output goes first. */
    @Test
    void anEarlyEndIsNotLost() {
        world.interrupts.pipeClosed();
        world.interrupts.wakes(Thread.currentThread());
        assertThat(Thread.interrupted()).isTrue();
    }

    /**
     * Goal: Ctrl-C at any moment ends with 130 and leaves no half-written desk. Method: the program is stopped after ever longer
     * times, from reading to answering; then the same command runs to its end.
     */
    @Test
    @Timeout(Child.SECONDS_MAX * 4)
    void ctrlCAtAnyMomentLeavesADeskOrNone() throws Exception {
        Path docs = Files.createDirectory(folder.resolve("docs"));
        for (int i = 0; i < NOTES; i++) {
            Files.writeString(docs.resolve("note" + i + ".md"),
                    "# Note %d\n\nThe lamp %d turns every %d seconds.\n".formatted(i, i, i));
        }
        Path home = folder.resolve("home");
        String[] ask = {"ask", docs.toString(), "Which lamp turns every 77 seconds?", "-m", RealModels.smolLm2().toString(), "-n"};
        for (int ms = 600; ms <= 3_400; ms += 400) {
            Process process = Child.builder(home, Child.interruptible(Child.command(with(ask, "3000")))).start();
            process.getInputStream().close();
            process.waitFor(ms, TimeUnit.MILLISECONDS);
            new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
            assertThat(process.waitFor(Child.SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
            assertThat(leftovers(home)).as("after %d ms", ms).isEmpty();
        }
        Child.Ended ended = Child.run(Child.builder(home, Child.command(with(ask, "8"))));
        assertThat(ended.code()).as(ended.err()).isZero();
        assertThat(ended.out()).contains("note77.md:1-3");
    }

    /** Index files of a desk that was never published, and temporary files. */
    private static List<Path> leftovers(Path home) throws IOException {
        if (!Files.isDirectory(home)) {
            return List.of();
        }
        try (Stream<Path> all = Files.walk(home)) {
            return all.filter(Files::isRegularFile).filter(f -> f.toString().endsWith(".tmp")
                    || f.getParent().endsWith("index") && isUnpublished(f.getParent().getParent())).toList();
        }
    }

    private static boolean isUnpublished(Path desk) {
        try (Stream<Path> files = Files.list(desk)) {
            return files.map(f -> f.getFileName().toString()).allMatch(n -> n.equals("index") || n.equals("lock"));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Goal: the launcher can make its class cache on a machine without a model or a network. Method: as the launcher does it. */
    @Test
    void theRehearsalNeedsNothingAndLeavesNothing() throws Exception {
        List<String> command = new java.util.ArrayList<>(Child.command());
        command.set(command.size() - 1, Rehearsal.class.getName());
        Path temp = Files.createDirectory(folder.resolve("temp"));
        command.add(1, "-Djava.io.tmpdir=" + temp);
        Child.Ended ended = Child.run(Child.builder(folder.resolve("home"), command));
        assertThat(ended.code()).as(ended.err()).isZero();
        assertThat(ended.err()).doesNotContain("longhand: ");
        assertThat(temp).isEmptyDirectory();
        assertThat(folder.resolve("home")).doesNotExist();
    }

    private static String[] with(String[] arguments, String last) {
        return Stream.concat(Stream.of(arguments), Stream.of(last)).toArray(String[]::new);
    }

    private Path copy(Path from, long bytes) throws IOException {
        Path file = folder.resolve("copy.gguf");
        try (FileChannel in = FileChannel.open(from);
                FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (long at = 0; at < bytes; ) {
                at += in.transferTo(at, bytes - at, out);
            }
        }
        return file;
    }
}
