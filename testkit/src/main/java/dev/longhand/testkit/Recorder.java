package dev.longhand.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Records what a child process writes and syncs under one folder: a library in C ({@code recorder.c}) that is compiled here and
 * preloaded there. Linux only; needs {@code cc}.
 *
 * @param library the compiled library
 * @param folder  absolute and without links; what the child does in it is recorded
 * @param log     where to
 */
public record Recorder(Path library, Path folder, Path log) {
    /** Error numbers of Linux. */
    public static final int ENOSPC = 28;
    public static final int EIO = 5;

    /** Compiles the library into {@code work}, which must not be the recorded folder. */
    public static Recorder compile(Path work, Path folder) throws IOException, InterruptedException {
        Path source = work.resolve("recorder.c");
        try (InputStream in = Recorder.class.getResourceAsStream("recorder.c")) {
            Files.write(source, in.readAllBytes());
        }
        Path library = work.resolve("recorder.so");
        Process compiler;
        try {
            compiler = new ProcessBuilder("cc", "-Wall", "-O1", "-shared", "-fPIC", "-o", library.toString(), source.toString(),
                    "-lpthread").redirectErrorStream(true).start();
        } catch (IOException e) {
            throw new IllegalStateException("no C compiler: this test needs cc (on Debian: apt install gcc libc6-dev)", e);
        }
        String said = new String(compiler.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (compiler.waitFor() != 0) {
            throw new IllegalStateException("recorder.c was not compiled by cc: " + said);
        }
        return new Recorder(library, folder.toRealPath(), work.resolve("record.log"));
    }

    /** A class with a {@code main} on the caller's class path, in a JVM of its own with this recorder under it. */
    public ProcessBuilder program(Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElseThrow(), "-XX:+UseSerialGC",
                "-Xmx128m", "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        attach(builder);
        return builder;
    }

    /**
     * For the recorded program: lets a call on files of the folder fail.
     *
     * @param call     0 is the next write, resize, creation or sync
     * @param number   the operating system's, see {@link #ENOSPC} and {@link #EIO}
     * @param isSticky all after it fail too
     */
    public static void fail(Path folder, int call, int number, boolean isSticky) throws IOException {
        order(folder, call + " " + number + " " + (isSticky ? 1 : 0));
    }

    /** For the recorded program: from now on nothing fails. Returns whether anything did since {@link #fail}. */
    public static boolean failNothing(Path folder) throws IOException {
        order(folder, "-1 0 0");
        return Files.readString(folder.resolve("fail")).equals("1");
    }

    private static void order(Path folder, String order) throws IOException {
        Files.writeString(folder.resolve("fail"), order);
    }

    /** What is started by {@code builder} is recorded. */
    public void attach(ProcessBuilder builder) {
        builder.environment().put("LD_PRELOAD", library.toString());
        builder.environment().put("LONGHAND_RECORD_FOLDER", folder.toString());
        builder.environment().put("LONGHAND_RECORD_LOG", log.toString());
    }
}
