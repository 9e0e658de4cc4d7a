package dev.longhand.cli;

import dev.longhand.base.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jline.terminal.Attributes;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.NonBlockingReader;

/**
 * A terminal's other screen, drawn again and again in place; the person's own lines come back when it closes. Where standard output
 * is no terminal, or a plain one, each drawing is printed behind the one before. They come back too where the process is told to
 * end. Used by one thread.
 */
final class Screen implements AutoCloseable {
    private static final int COLUMNS = 80;
    private static final long KEY_WAIT_MS = 100;
    private static final int CTRL_C = 3;
    private static final int ESCAPE = 27;
    private static final long SEQUENCE_WAIT_MS = 50;
    private static final int SEQUENCE_CHARS_MAX = 64;
    private static final String OPEN = "\033[?1049h\033[?25l";
    private static final String CLOSE = "\033[?25h\033[?1049l";

    private final World world;
    private final boolean isDrawn;
    private Terminal terminal; // null where keys cannot be read
    private Attributes before;
    private boolean isFirst = true;
    private boolean isGivenBack; // guarded by this
    private final Thread atEnd = Thread.ofPlatform().unstarted(this::giveBack);

    Screen(World world) {
        this.world = world;
        this.isDrawn = world.terminals().out() && !"dumb".equals(world.environment().getOrDefault("TERM", ""));
        if (isDrawn) {
            readKeys();
            Runtime.getRuntime().addShutdownHook(atEnd);
            world.out().print(OPEN);
            world.out().flush();
        }
    }

    private void readKeys() {
        if (!world.terminals().in()) {
            return;
        }
        try {
            terminal = TerminalBuilder.builder().system(true).nativeSignals(false).encoding(StandardCharsets.UTF_8).build();
            before = terminal.enterRawMode();
        } catch (IOException | RuntimeException e) {
            terminal = null; // Ctrl-C ends it too
        }
    }

    private int columns() {
        return terminal != null && terminal.getWidth() > 0 ? terminal.getWidth() : COLUMNS;
    }

    /** Lines that fit on it; as many as one likes where they are printed. */
    int rows() {
        return !isDrawn ? Integer.MAX_VALUE : terminal != null && terminal.getHeight() > 0 ? terminal.getHeight() : 24;
    }

    /** Shows these lines, the first ones where not all fit; a line that is too long ends at the edge. */
    synchronized void draw(List<String> lines) {
        if (isGivenBack) {
            return;
        }
        if (!isDrawn) {
            if (!isFirst) {
                world.out().println();
            }
            lines.forEach(world.out()::println);
        } else {
            StringBuilder page = new StringBuilder("\033[H");
            int last = Math.min(lines.size(), rows());
            for (int i = 0; i < last; i++) {
                String line = lines.get(i);
                page.append(line, 0, Math.min(line.length(), columns())).append("\033[K").append(i < last - 1 ? "\r\n" : "");
            }
            world.out().print(page.append("\033[J"));
        }
        isFirst = false;
        world.out().flush();
    }

    /** Waits a moment; true if the person wants to go: q, Escape or Ctrl-C as a key. */
    boolean isLeft() throws Problem {
        try {
            if (terminal == null) {
                world.clock().sleep(KEY_WAIT_MS * 1_000_000);
                return false;
            }
            int key = terminal.reader().read(KEY_WAIT_MS);
            return key == 'q' || key == 'Q' || key == CTRL_C || key == NonBlockingReader.EOF || key == ESCAPE && !isSequence();
        } catch (IOException e) {
            return true; // the terminal went away
        } catch (InterruptedException e) {
            throw new Problem(Problem.Kind.CANCELLED, "stopped", e);
        }
    }

    /** Passes over what begins with Escape too: arrows, a wheel on this screen, a terminal's late reply to a question. */
    private boolean isSequence() throws IOException {
        int passed = 0;
        while (passed < SEQUENCE_CHARS_MAX && terminal.reader().read(SEQUENCE_WAIT_MS) >= 0) {
            passed++;
        }
        return passed > 0;
    }

    /** The person's own lines; nothing is drawn after that. */
    private synchronized void giveBack() {
        if (isDrawn && !isGivenBack) {
            world.out().print(CLOSE);
            world.out().flush();
        }
        isGivenBack = true;
    }

    @Override
    public void close() {
        giveBack();
        try {
            Runtime.getRuntime().removeShutdownHook(atEnd);
        } catch (IllegalStateException e) {
            // The process ends already, and the hook did the same.
        }
        if (terminal != null) {
            terminal.setAttributes(before);
            try {
                terminal.close();
            } catch (IOException e) {
                // The program ends; the terminal was usable until now.
            }
        }
    }
}
