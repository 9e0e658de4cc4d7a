package dev.longhand.cli;

import dev.longhand.base.Clock;

/**
 * One line on standard error that is rewritten in place while something takes long. Where standard error is no terminal it shows
 * nothing: a log needs results, not motion. Used by one thread at a time.
 */
final class StatusLine {
    private static final long INTERVAL_NANOS = 80_000_000L;
    private static final int COLUMNS_MAX = 78;

    private final World world;
    private final Clock clock;
    private long shownNanos;
    private boolean isOpen;

    StatusLine(World world) {
        this.world = world;
        this.clock = world.clock();
        this.shownNanos = clock.nanos() - INTERVAL_NANOS;
    }

    void show(String text) {
        long now = clock.nanos();
        if (!world.terminals().err() || now - shownNanos < INTERVAL_NANOS) {
            return;
        }
        shownNanos = now;
        String safe = Style.safe(text).replace('\n', ' ');
        world.err().print("\r" + world.noteStyle().dim(safe.length() > COLUMNS_MAX ? safe.substring(0, COLUMNS_MAX) : safe)
                + "\033[K");
        world.err().flush();
        isOpen = true;
    }

    void clear() {
        if (isOpen) {
            world.err().print("\r\033[K");
            world.err().flush();
            isOpen = false;
        }
    }
}
