package dev.longhand.cli;

import dev.longhand.base.Clock;
import dev.longhand.base.Home;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Runs the daily commands once over two small files and a model of zeros, so that the JVM sees every class and lambda that they
 * load and keeps them in its cache (JEP 514): a warm {@code ask} then starts a third of a second sooner.
 *
 * <p>Run by the launcher after a build, in a process of its own. Writes only into a temporary folder, which it removes; makes no
 * network request; says on standard error what it does. A rehearsal that fails ends with 1, and the launcher then goes without
 * the cache.
 */
final class Rehearsal {
    private static final String QUESTION = "How often does the lamp turn, and why?";

    private final Path folder;

    private Rehearsal(Path folder) {
        this.folder = folder;
    }

    public static void main(String[] args) throws IOException {
        Path folder = Files.createTempDirectory("longhand-rehearsal-");
        int code = 1;
        try {
            code = new Rehearsal(folder).play();
        } finally {
            remove(folder);
        }
        // As Main does: the kernels' parked threads must not keep the process.
        Runtime.getRuntime().halt(code);
    }

    private int play() throws IOException {
        Path docs = Files.createDirectory(folder.resolve("docs"));
        Files.writeString(docs.resolve("lamp.md"), "# The lamp\n\nThe lamp turns every twelve seconds. It was lit in 1858.\n\n"
                + "## Why\n\nA `slow` turn is seen from farther away.\n");
        Files.writeString(docs.resolve("Lamp.java"), "class Lamp {\n    int turns() {\n        return 5;\n    }\n}\n");
        World.ofProcess(); // for the classes of streams and signals only
        Path model = folder.resolve("rehearsal.gguf");
        RehearsalModel.write(model);
        String[][] commands = {
            {"ask", docs.toString(), QUESTION, "-m", model.toString(), "-n", "4"},
            {"ask", docs.toString(), QUESTION, "-m", model.toString(), "-n", "8"},
            {"ask", docs.toString(), QUESTION, "-m", model.toString(), "-n", "2", "--json"},
            {"run", model.toString(), "Hello, how are you?", "-n", "4"},
            {"ls"}, {"desk", "ls"}, {"--help"}, {"version"}};
        for (String[] command : commands) {
            int code = Cli.run(command, world());
            if (code != ExitCodes.OK) {
                System.err.println("rehearsal: longhand " + String.join(" ", command) + " ended with " + code);
                return 1;
            }
        }
        return 0;
    }

    private World world() {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        return new World(new ByteArrayInputStream(new byte[0]), nowhere, System.err, World.Terminals.NONE,
                Map.of("HF_HUB_OFFLINE", "1"), new Home(folder.resolve("home")), Clock.SYSTEM, new Interrupts());
    }

    private static void remove(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }
}
