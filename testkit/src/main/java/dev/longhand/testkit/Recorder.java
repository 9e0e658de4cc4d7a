package dev.longhand.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Records what a child process writes and syncs under one folder: a library in C ({@code recorder.c}) that is compiled here and
 * preloaded there. Linux only; needs {@code cc}.
 *
 * @param library the compiled library
 * @param folder  absolute and without links; what the child does in it is recorded
 * @param log     where to
 */
public record Recorder(Path library, Path folder, Path log) {
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

    /** What is started by {@code builder} is recorded. */
    public void attach(ProcessBuilder builder) {
        builder.environment().put("LD_PRELOAD", library.toString());
        builder.environment().put("LONGHAND_RECORD_FOLDER", folder.toString());
        builder.environment().put("LONGHAND_RECORD_LOG", log.toString());
    }
}
