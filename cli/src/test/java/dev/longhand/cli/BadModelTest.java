package dev.longhand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.testkit.RealModels;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Goal: a bad model file is a clear message and the right exit code. Method: one file of each kind, through `ask` and `doctor`. */
class BadModelTest {
    @TempDir
    private Path folder;
    private TestWorld world;
    private Path docs;

    @BeforeEach
    void freshWorld() throws IOException {
        world = new TestWorld(folder.resolve("home"));
        docs = Files.createDirectory(folder.resolve("docs"));
        Files.writeString(docs.resolve("a.md"), "# Lamp\n\nThe lamp turns.\n");
    }

    private int askWith(Path model) {
        return world.run("ask", docs.toString(), "Does the lamp turn?", "-m", model.toString(), "--json", "-n", "4");
    }

    @Test
    void aFileThatIsNoModelIsRefused() throws IOException {
        Path file = Files.writeString(folder.resolve("text.gguf"), "This is no model, only text that is long enough to be one.");
        assertThat(askWith(file)).isEqualTo(5);
        assertThat(world.err()).contains("longhand: ").contains(file.toString());
        assertThat(world.json().path("error").path("kind").asString()).isEqualTo("malformed");
    }

    @Test
    void aTruncatedModelIsRefused() throws IOException {
        Path file = copy("cut.gguf", 40_000_000);
        assertThat(askWith(file)).isEqualTo(5);
        assertThat(world.err()).containsIgnoringCase("cut");
        assertThat(world.run("doctor", "-m", file.toString(), "--json")).isEqualTo(1);
        assertThat(world.json().path("model").path("state").asString()).isEqualTo("bad");
    }

    /**
     * Goal: an unknown architecture is named with what is supported. Method: the real header with another name of
     * the same length.
     */
    @Test
    void anUnsupportedArchitectureIsNamedWithWhatIsSupported() throws IOException {
        Path file = copy("other.gguf", Files.size(RealModels.smolLm2()));
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            byte[] head = new byte[4096];
            java.nio.ByteBuffer buffer = java.nio.ByteBuffer.wrap(head);
            channel.read(buffer, 0);
            String text = new String(head, StandardCharsets.ISO_8859_1);
            int at = text.indexOf("llama", text.indexOf("general.architecture"));
            channel.write(java.nio.ByteBuffer.wrap("mamba".getBytes(StandardCharsets.US_ASCII)), at);
        }
        assertThat(askWith(file)).isEqualTo(6);
        assertThat(world.err()).contains(
                "architecture \"mamba\" is not supported; supported are llama, qwen2, qwen3, qwen3moe, olmoe, gemma3");
    }

    @Test
    void aMissingModelIsNamed() {
        assertThat(askWith(folder.resolve("none.gguf"))).isEqualTo(3);
        assertThat(world.err()).contains("none.gguf does not exist");
    }

    /** Goal: a data directory that cannot be written is said as such. Method: a file stands where the folder should be. */
    @Test
    void aDataDirectoryThatCannotBeWrittenIsADiskProblem() throws IOException {
        Path file = Files.writeString(folder.resolve("occupied"), "x");
        TestWorld blocked = new TestWorld(file.resolve("home"));
        assertThat(blocked.run("ask", docs.toString(), "Why?", "-m", RealModels.smolLm2().toString())).isEqualTo(8);
        assertThat(blocked.err()).contains("longhand: ").contains(file.toString());
    }

    private Path copy(String name, long bytes) throws IOException {
        Path file = folder.resolve(name);
        try (FileChannel from = FileChannel.open(RealModels.smolLm2());
                FileChannel to = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (long at = 0; at < bytes; ) {
                at += from.transferTo(at, bytes - at, to);
            }
        }
        return file;
    }
}
