package dev.longhand.cli;

import dev.longhand.base.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jline.terminal.Attributes;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/**
 * A terminal's other screen, drawn again and again in place; the person's own lines come back when it closes. Where standard output
 * is no terminal, or a plain one, each drawing is printed behind the one before. Used by one thread.
 */
final class Screen implements AutoCloseable {
    private static final int COLUMNS = 80;
    private static final long KEY_WAIT_MS = 100;
    private static final String OPEN = "\033[?1049h\033[?25l";
    private static final String CLOSE = "\033[?25h\033[?1049l";

    private final World world;
    private final boolean isDrawn;
    private Terminal terminal; // null where keys cannot be read
    private Attributes before;
    private boolean isFirst = true;

    Screen(World world) {
        this.world = world;
        this.isDrawn = world.terminals().out() && !"dumb".equals(world.environment().getOrDefault("TERM", ""));
        if (isDrawn) {
            readKeys();
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
    void draw(List<String> lines) {
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
            return key == 'q' || key == 'Q' || key == 3 || key == 27 || key == -1;
        } catch (IOException e) {
            return true; // the terminal went away
        } catch (InterruptedException e) {
            throw new Problem(Problem.Kind.CANCELLED, "stopped", e);
        }
    }

    @Override
    public void close() {
        if (isDrawn) {
            world.out().print(CLOSE);
            world.out().flush();
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
