package dev.longhand.cli;

import dev.longhand.base.Problem;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Where a chat's lines come from. Used by one thread. */
interface LineSource extends AutoCloseable {
    /** The next line without its end, or empty at the end of input. */
    Optional<String> next(String prompt) throws Problem;

    @Override
    void close();

    /** Lines of a pipe or file: no prompt is shown, nothing is edited. */
    static LineSource piped(InputStream in) {
        return new PipedLines(in);
    }
}

final class PipedLines implements LineSource {
    private static final int LINE_CHARS_MAX = 4 << 20;

    private final BufferedReader reader;

    PipedLines(InputStream in) {
        this.reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    }

    @Override
    public Optional<String> next(String prompt) throws Problem {
        try {
            StringBuilder line = new StringBuilder();
            int c = reader.read();
            if (c < 0) {
                return Optional.empty();
            }
            for (; c >= 0 && c != '\n'; c = reader.read()) {
                if (line.length() == LINE_CHARS_MAX) {
                    throw new Problem(Problem.Kind.LIMIT, "a line of standard input has more than " + LINE_CHARS_MAX
                            + " characters");
                }
                line.append((char) c);
            }
            if (!line.isEmpty() && line.charAt(line.length() - 1) == '\r') {
                line.setLength(line.length() - 1);
            }
            return Optional.of(line.toString());
        } catch (IOException e) {
            throw new Problem(Problem.Kind.DISK, "reading standard input failed: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        // Standard input belongs to the process.
    }
}
