package dev.longhand.ingest;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Prints the paths under the working directory, each read a second time by its printed name. */
final class PrintPaths {
    private PrintPaths() {}

    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (String path : Collected.of(Path.of("")).paths()) {
            out.println(Ingest.standard().read(Path.of(""), path).path());
        }
    }
}
