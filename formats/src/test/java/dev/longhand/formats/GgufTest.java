package dev.longhand.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.ElementType;
import dev.longhand.base.Problem;
import dev.longhand.testkit.GgufWriter;
import dev.longhand.testkit.RealModels;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Goal: what a sound file says is read as it is. Method: files from the test writer, and two real models. */
class GgufTest {
    @TempDir
    Path folder;

    @Test
    void readsEveryKindOfValueAndTheTensors() throws Exception {
        for (int version : new int[] {2, 3}) {
            Path path = new GgufWriter().version(version)
                    .string("a.text", "grüße").u32("a.count", 7).f32("a.real", 0.5f).flag("a.flag", true)
                    .strings("a.names", List.of("x", "", "yz")).floats("a.floats", 1, 2.5f).integers("a.integers", -1, 9)
                    .tensor("one", new float[] {1, 2, 3, 4, 5, 6}, 3, 2).tensor("two", new float[] {7}, 1)
                    .write(folder.resolve("v" + version + ".gguf"));
            try (Gguf file = Gguf.open(path)) {
                assertThat(file.string("a.text")).isEqualTo("grüße");
                assertThat(file.integer("a.count")).isEqualTo(7);
                assertThat(file.real("a.real")).isEqualTo(0.5f);
                assertThat(file.flag("a.flag", false)).isTrue();
                assertThat(file.strings("a.names").get(2)).isEqualTo("yz");
                assertThat(file.reals("a.floats")).containsExactly(1, 2.5f);
                assertThat(file.integers("a.integers")).containsExactly(-1, 9);
                assertThat(file.integer("absent", 3)).isEqualTo(3);
                Tensor one = file.tensor("one");
                assertThat(one.rows()).isEqualTo(2);
                assertThat(one.cols()).isEqualTo(3);
                assertThat(floats(file, one, 8, 2)).containsExactly(3, 4);
                assertThat(floats(file, file.tensor("two"), 0, 1)).containsExactly(7);
            }
        }
    }

    @Test
    void saysWhichKeyIsMissingOrOfAnotherType() throws Exception {
        Path path = new GgufWriter().string("a", "text").u32("n", -1).write(folder.resolve("m.gguf"));
        try (Gguf file = Gguf.open(path)) {
            assertThatThrownBy(() -> file.integer("b")).hasMessageContaining("m.gguf").hasMessageContaining("b is missing");
            assertThatThrownBy(() -> file.integer("a")).hasMessageContaining("text").hasMessageContaining("must be an integer");
            assertThatThrownBy(() -> file.integer("n")).hasMessageContaining("4294967295").hasMessageContaining("32 bits");
            assertThatThrownBy(() -> file.tensor("w")).hasMessageContaining("tensor w is missing");
        }
    }

    @Test
    void readsTheRealModels() throws Problem {
        try (Gguf smol = Gguf.open(RealModels.smolLm2()); Gguf gemma = Gguf.open(RealModels.gemma3())) {
            assertThat(smol.string("general.architecture")).isEqualTo("llama");
            assertThat(smol.tensors()).hasSize(272);
            assertThat(smol.tensor("token_embd.weight").type()).isEqualTo(ElementType.Q8_0);
            assertThat(smol.strings("tokenizer.ggml.tokens").size()).isEqualTo(49_152);
            assertThat(gemma.tensors()).hasSize(236);
            assertThat(gemma.tensors().stream().map(Tensor::type).distinct())
                    .contains(ElementType.Q4_K, ElementType.Q5_0, ElementType.Q6_K, ElementType.Q8_0, ElementType.F32);
        }
    }

    @Test
    void saysThatAFileIsMissingOrAFolder() {
        assertThatThrownBy(() -> Gguf.open(folder.resolve("none.gguf"))).isInstanceOf(Problem.class).hasMessageContaining("no model file");
        assertThatThrownBy(() -> Gguf.open(folder)).isInstanceOf(Problem.class).hasMessageContaining("folder");
    }

    @Test
    void aFileThatIsCutWhileItIsInUseGivesAClearErrorAndTheProcessLives() throws Exception {
        Path path = new GgufWriter().tensor("w", new float[10_000], 100, 100).write(folder.resolve("cut.gguf"));
        try (Gguf file = Gguf.open(path)) {
            Tensor tensor = file.tensor("w");
            try (RandomAccessFile cut = new RandomAccessFile(path.toFile(), "rw")) {
                cut.setLength(20_000);
            }
            assertThat(floats(file, tensor, 0, 10)).hasSize(10);
            assertThatThrownBy(() -> floats(file, tensor, 0, 10_000)).isInstanceOf(IOException.class)
                    .hasMessageContaining("cut.gguf").hasMessageContaining("was cut while it was in use");
        }
    }

    @Test
    void aReadOutsideTheTensorIsTheCallersMistake() throws Exception {
        Path path = Files.write(folder.resolve("x.gguf"), new GgufWriter().tensor("w", new float[4], 4).bytes());
        try (Gguf file = Gguf.open(path)) {
            assertThatThrownBy(() -> floats(file, file.tensor("w"), 8, 4)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static float[] floats(Gguf file, Tensor tensor, long offset, int n) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment into = arena.allocate(4L * n, 4);
            file.read(tensor, offset, into);
            return into.toArray(ValueLayout.JAVA_FLOAT);
        }
    }
}
