package dev.longhand.cli;

import dev.longhand.base.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/**
 * Lines typed at a terminal: editing, history that outlives the program, paste of several lines. The only class that touches JLine.
 *
 * <p>JLine does not catch signals here: while it reads, a Ctrl-C is passed on to it; while the model answers, it is the chat's.
 */
final class TerminalLines implements LineSource {
    private static final int HISTORY_LINES = 2_000;

    private final World world;
    private final Terminal terminal;
    private final LineReader reader;

    TerminalLines(World world) throws Problem {
        this.world = world;
        try {
            this.terminal = TerminalBuilder.builder().system(true).nativeSignals(false)
                    .encoding(java.nio.charset.StandardCharsets.UTF_8).build();
        } catch (IOException e) {
            throw new Problem(Problem.Kind.UNAVAILABLE, "this terminal cannot be used (" + e.getMessage()
                    + "); pipe the questions in instead", e);
        }
        LineReaderBuilder builder = LineReaderBuilder.builder().terminal(terminal).appName("longhand")
                .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                .option(LineReader.Option.HISTORY_TIMESTAMPED, false)
                .option(LineReader.Option.HISTORY_IGNORE_SPACE, true)
                .variable(LineReader.HISTORY_SIZE, HISTORY_LINES)
                .variable(LineReader.HISTORY_FILE_SIZE, HISTORY_LINES);
        Path history = world.home().root().resolve("history");
        if (isWritable(history)) {
            builder.variable(LineReader.HISTORY_FILE, history);
        }
        this.reader = builder.build();
    }

    private static boolean isWritable(Path history) {
        try {
            Files.createDirectories(history.getParent());
            if (!Files.exists(history)) {
                Files.createFile(history, java.nio.file.attribute.PosixFilePermissions.asFileAttribute(
                        java.nio.file.attribute.PosixFilePermissions.fromString("rw-------")));
            }
            return Files.isWritable(history);
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    @Override
    public Optional<String> next(String prompt) {
        while (true) {
            world.out().flush();
            world.err().flush();
            world.interrupts().onInterrupt(() -> terminal.raise(Terminal.Signal.INT));
            try {
                return Optional.of(reader.readLine(prompt));
            } catch (UserInterruptException e) {
                if (e.getPartialLine().isEmpty()) {
                    world.note("Ctrl-D or /bye ends the chat.");
                }
            } catch (EndOfFileException e) {
                return Optional.empty();
            } finally {
                world.interrupts().onInterrupt(null);
            }
        }
    }

    @Override
    public void close() {
        try {
            terminal.close();
        } catch (IOException e) {
            // The program ends; the terminal was usable until now.
        }
    }
}
