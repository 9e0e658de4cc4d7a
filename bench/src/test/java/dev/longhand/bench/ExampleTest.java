package dev.longhand.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.testkit.RealModels;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program of {@code docs/examples}, compiled and run as it stands there. */
class ExampleTest {
    private static final Path SOURCE = Path.of("..", "docs", "examples", "TwoDesks.java").toAbsolutePath().normalize();

    @TempDir
    private Path temp;

    /** Goal: agents can live on desks. Method: compile the example, give it two folders, read what it prints. */
    @Test
    void attachesTwoDesksForksWritesAndFindsWhatItWrote() throws Exception {
        Path classes = Files.createDirectories(temp.resolve("classes"));
        int compiled = ToolProvider.getSystemJavaCompiler().run(null, null, null, "-d", classes.toString(), "-cp",
                System.getProperty("java.class.path"), SOURCE.toString());
        assertThat(compiled).isZero();
        Path pumps = Files.createDirectories(temp.resolve("a"));
        Files.writeString(pumps.resolve("pump.md"), "# Pumps\n\nThe pump house at Varen runs two electric pumps.\n"
                + "The older pump was installed in 1987 and is serviced every spring.\n");
        Path moths = Files.createDirectories(temp.resolve("b"));
        Files.writeString(moths.resolve("moth.md"), "# Moths\n\nThe silver moth lays its eggs on birch bark in late August.\n");
        String said = run(classes, RealModels.smolLm2().toString(), temp.resolve("home").toString(), pumps.toString(),
                moths.toString());
        assertThat(said).contains("1987", "birch", "written as scratch://findings.md", "reading 1 part of scratch://findings.md");
        assertThat(said.lines().filter(line -> line.startsWith("from ")).findFirst().orElseThrow())
                .startsWith("from scratch://findings.md:");
        assertThat(bodyLines()).as("lines of the example's method").isLessThanOrEqualTo(33);
    }

    private static long bodyLines() throws Exception {
        List<String> lines = Files.readAllLines(SOURCE);
        return lines.stream().dropWhile(line -> !line.contains("void main")).skip(1).takeWhile(line -> !line.equals("    }"))
                .count();
    }

    private static String run(Path classes, String... arguments) throws Exception {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream before = System.out;
        try (URLClassLoader loader = new URLClassLoader(new URL[] {classes.toUri().toURL()})) {
            System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
            loader.loadClass("TwoDesks").getMethod("main", String[].class).invoke(null, (Object) arguments);
        } finally {
            System.setOut(before);
        }
        return said.toString(StandardCharsets.UTF_8);
    }
}
