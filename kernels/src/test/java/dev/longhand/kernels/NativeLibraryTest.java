package dev.longhand.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.longhand.base.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class NativeLibraryTest {
    private static final Path BUILD = Path.of("src/main/native/build.sh").toAbsolutePath();

    /** Goal: a build without a compiler is not an error. Method: no bytes. */
    @Test
    void saysThatTheBuildMadeNoLibrary() {
        assertThatThrownBy(() -> NativeLibrary.load(null, null)).isInstanceOf(NativeLibrary.Unavailable.class)
                .hasMessageContaining("no native library");
    }

    /** Goal: a damaged library is refused before the system maps it. Method: cut it, flip a bit in it. */
    @Test
    void refusesDamagedLibraries() throws IOException {
        byte[] library = library();
        byte[] digest = Sha256.of(library).hex().getBytes(StandardCharsets.US_ASCII);
        byte[] cut = Arrays.copyOf(library, library.length / 2);
        byte[] flipped = library.clone();
        flipped[library.length / 3] ^= 4;
        for (byte[] damaged : new byte[][] {cut, flipped, new byte[0]}) {
            assertThatThrownBy(() -> NativeLibrary.load(damaged, digest)).isInstanceOf(NativeLibrary.Unavailable.class)
                    .hasMessageContaining("damaged");
        }
    }

    /** Goal: a library of another machine gives a reason. Method: the machine number in the ELF header, with the right digest. */
    @Test
    void refusesWhatCannotBeLoaded() throws IOException {
        byte[] library = library();
        library[18] = (byte) 0xb7; // aarch64
        byte[] digest = Sha256.of(library).hex().getBytes(StandardCharsets.US_ASCII);
        assertThatThrownBy(() -> NativeLibrary.load(library, digest)).isInstanceOf(NativeLibrary.Unavailable.class)
                .hasMessageContaining("cannot be loaded");
    }

    /** Goal: an instruction set that the CPU lacks is refused, not run. Method: a name that is none. */
    @Test
    void refusesUnknownInstructionSets() {
        System.setProperty(NativeOps.ISA_SETTING, "mmx");
        try {
            assertThatThrownBy(NativeOps::open).isInstanceOf(NativeLibrary.Unavailable.class);
        } finally {
            System.clearProperty(NativeOps.ISA_SETTING);
        }
    }

    /**
     * Goal: Java's arithmetic sees nothing of flushed denormals. Method: denormal sums before and after calls that flush them.
     */
    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("dev.longhand.kernels.NativeOpsTest#all")
    void restoresFloatControlAfterEveryCall(Ops ops) {
        try (Arena arena = Arena.ofConfined()) {
            Floats x = Floats.allocate(arena, 1, 64);
            Floats y = Floats.allocate(arena, 1, 64);
            x.set(0, 0, Float.MIN_VALUE);
            ops.add(y.address(0), x.address(0), 64);
            assertThat(y.get(0, 0)).as("flushed inside").isZero();
            assertThat(twice(x.get(0, 0))).as("kept outside").isEqualTo(2 * Float.MIN_VALUE).isPositive();
            ops.rmsNorm(x.address(0), 64, x.address(0), 1e-5f, y.address(0));
            ops.gate(Kernels.Gate.SILU, x.address(0), x.address(0), 64, y.address(0));
            assertThat(twice(x.get(0, 0))).isEqualTo(2 * Float.MIN_VALUE).isPositive();
        }
    }

    private static float twice(float x) {
        return x + x;
    }

    /** Goal: no compiler, no failure, one line. Method: the build script with a PATH that has only its other tools. */
    @Test
    void buildsNothingAndSaysSoWithoutACompiler(@TempDir Path directory) throws Exception {
        Path tools = Files.createDirectory(directory.resolve("tools"));
        for (String tool : new String[] {"uname", "dirname", "cat", "cksum", "rm"}) {
            Path script = tools.resolve(tool);
            Files.writeString(script, "#!" + find("sh") + "\nexec " + find(tool) + " \"$@\"\n");
            assertThat(script.toFile().setExecutable(true)).isTrue();
        }
        Path out = directory.resolve("out");
        ProcessBuilder builder = new ProcessBuilder(find("sh").toString(), BUILD.toString(), out.toString()).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().put("PATH", tools.toString());
        String printed = run(builder);
        assertThat(printed.lines()).hasSize(1);
        assertThat(printed).contains("vector tier");
        assertThat(out).doesNotExist();
    }

    /** Goal: an interrupted or failed build leaves no half library. Method: a compiler that writes a part and fails. */
    @Test
    void leavesNothingWhenTheCompilerFails(@TempDir Path directory) throws Exception {
        assumeTrue(System.getProperty("os.name").equals("Linux") && System.getProperty("os.arch").equals("amd64"),
                "the library is built on Linux x86-64 only");
        Path compiler = directory.resolve("half-cc");
        Files.writeString(compiler, """
                #!/bin/sh
                for last; do :; done
                [ "$1" = --version ] && { echo half; exit 0; }
                echo half > "$last"
                exit 1
                """);
        assertThat(compiler.toFile().setExecutable(true)).isTrue();
        Path out = directory.resolve("out");
        ProcessBuilder builder = new ProcessBuilder("sh", BUILD.toString(), out.toString()).redirectErrorStream(true);
        builder.environment().put("CC", compiler.toString());
        assertThat(run(builder)).contains("vector tier");
        try (var left = Files.list(out.resolve("linux-x86_64"))) {
            assertThat(left).isEmpty();
        }
    }

    private static String run(ProcessBuilder builder) throws Exception {
        Process process = builder.start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(printed).isZero();
        return printed;
    }

    private static Path find(String tool) {
        for (String directory : System.getenv("PATH").split(":")) {
            Path path = Path.of(directory, tool);
            if (Files.isExecutable(path)) {
                return path;
            }
        }
        throw new IllegalStateException("no " + tool + " in PATH");
    }

    private static byte[] library() throws IOException {
        try (InputStream in = NativeLibrary.class.getResourceAsStream("/native/" + NativeLibrary.platform() + "/liblonghand.so")) {
            return in == null ? new byte[1000] : in.readAllBytes();
        }
    }
}
