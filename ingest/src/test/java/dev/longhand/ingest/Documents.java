package dev.longhand.ingest;

import dev.longhand.base.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Documents of given content, made by the real reader from a real file. */
final class Documents {
    private Documents() {}

    static Document of(String name, String text) {
        return of(name, text.getBytes(StandardCharsets.UTF_8));
    }

    static Document of(String name, byte[] bytes) {
        Collected got = walk(name, bytes);
        if (got.documents.isEmpty()) {
            throw new AssertionError(got.skips.toString());
        }
        return got.documents.getFirst();
    }

    static Skip skip(String name, byte[] bytes) {
        Collected got = walk(name, bytes);
        if (got.skips.isEmpty()) {
            throw new AssertionError(name + " was read as \"" + got.documents.getFirst().source().chars() + "\"");
        }
        return got.skips.getFirst();
    }

    private static Collected walk(String name, byte[] bytes) {
        try {
            Path folder = Files.createTempDirectory("longhand-ingest-test-");
            Path file = folder.resolve(name);
            try {
                Files.write(file, bytes);
                return Collected.of(file);
            } finally {
                Files.delete(file);
                Files.delete(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Problem e) {
            throw new AssertionError(e);
        }
    }
}
