package dev.longhand.cli;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The program as a process of its own, with the class path of the tests. */
final class Child {
    static final long SECONDS_MAX = 120;

    private Child() {}

    /**
     * The same command as a shell in the foreground would start it: a background run ignores
     * SIGINT and so would its children.
     */
    static List<String> interruptible(List<String> command) {
        List<String> all = new ArrayList<>(List.of("python3", "-c",
                "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"));
        all.addAll(command);
        return all;
    }

    /** The command that starts the program, with the launcher's collector and first heap. */
    static List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC",
                "-Xms32m", "-Xmx512m",
                "-cp", System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")), "dev.longhand.cli.Main"));
        command.addAll(List.of(arguments));
        return command;
    }

    static ProcessBuilder builder(Path home, List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("LONGHAND_HOME", home.toString());
        builder.environment().remove("LONGHAND_TRACE");
        return builder;
    }

    /** A shell line in which {@code longhand} is the program. */
    static ProcessBuilder shell(Path home, String line) {
        StringBuilder function = new StringBuilder("longhand() {");
        command().forEach(word -> function.append(" '").append(word.replace("'", "'\\''")).append('\''));
        return builder(home, List.of("bash", "-c", function + " \"$@\"; }; " + line));
    }

    record Ended(int code, String out, String err) {}

    static Ended run(ProcessBuilder builder) throws IOException, InterruptedException {
        return run(builder, SECONDS_MAX);
    }

    static Ended run(ProcessBuilder builder, long secondsMax) throws IOException, InterruptedException {
        File out = File.createTempFile("child", ".out");
        File err = File.createTempFile("child", ".err");
        try {
            Process process = builder.redirectOutput(out).redirectError(err).start();
            if (!process.waitFor(secondsMax, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                throw new IllegalStateException("the child did not end; it said " + Files.readString(err.toPath()));
            }
            return new Ended(process.exitValue(), Files.readString(out.toPath(), StandardCharsets.UTF_8),
                    Files.readString(err.toPath(), StandardCharsets.UTF_8));
        } finally {
            Files.delete(out.toPath());
            Files.delete(err.toPath());
        }
    }
}
