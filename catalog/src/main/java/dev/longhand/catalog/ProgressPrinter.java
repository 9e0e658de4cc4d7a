package dev.longhand.catalog;

import dev.longhand.base.Clock;
import dev.longhand.base.Units;
import java.io.PrintStream;
import java.util.Locale;

/**
 * Shows a pull on a stream: one line rewritten in place on a terminal, a plain line every few seconds elsewhere.
 *
 * <p>Not thread-safe: one pull, one printer.
 */
public final class ProgressPrinter implements Progress {
    private static final long TERMINAL_INTERVAL_NANOS = 100_000_000L;
    private static final long PLAIN_INTERVAL_NANOS = 5_000_000_000L;
    private static final int BAR_CELLS = 24;

    private final PrintStream out;
    private final boolean isTerminal;
    private final Clock clock;

    private String what = "";
    private long startNanos;
    private long startBytes;
    private long shownNanos;
    private long doneBytes;
    private long totalBytes;
    private boolean isLineOpen;
    private boolean isRunning;

    /**
     * @param out usually standard error
     * @param isTerminal whether {@code out} is a terminal that rewrites a line on carriage return
     */
    public ProgressPrinter(PrintStream out, boolean isTerminal, Clock clock) {
        this.out = out;
        this.isTerminal = isTerminal;
        this.clock = clock;
    }

    @Override
    public void note(String line) {
        closeLine();
        out.println(line);
        out.flush();
    }

    @Override
    public void advanced(String what, long doneBytes, long totalBytes) {
        long now = clock.nanos();
        if (!isRunning || !what.equals(this.what)) {
            closeLine();
            this.what = what;
            isRunning = true;
            startNanos = now;
            startBytes = doneBytes;
            shownNanos = now - (isTerminal ? TERMINAL_INTERVAL_NANOS : 0);
            if (!isTerminal) {
                out.println(what + (totalBytes < 0 ? "" : ": " + Units.bytes(totalBytes)));
            }
        }
        this.doneBytes = doneBytes;
        this.totalBytes = totalBytes;
        if (now - shownNanos >= (isTerminal ? TERMINAL_INTERVAL_NANOS : PLAIN_INTERVAL_NANOS)) {
            shownNanos = now;
            show(now);
        }
    }

    @Override
    public void ended() {
        if (isRunning) {
            show(clock.nanos());
            closeLine();
            isRunning = false;
        }
    }

    private void show(long now) {
        String line = line(now);
        if (isTerminal) {
            out.print("\r" + line + "\033[K");
            isLineOpen = true;
        } else {
            out.println(line);
        }
        out.flush();
    }

    private String line(long now) {
        double seconds = (now - startNanos) / 1e9;
        double rate = seconds > 0.2 ? (doneBytes - startBytes) / seconds : 0;
        StringBuilder line = new StringBuilder(what).append("  ");
        if (totalBytes > 0) {
            double part = Math.min(1, (double) doneBytes / totalBytes);
            if (isTerminal) {
                int full = (int) (part * BAR_CELLS);
                line.append('[').append("#".repeat(full)).append(".".repeat(BAR_CELLS - full)).append("] ");
            }
            line.append(String.format(Locale.ROOT, "%3.0f %%  ", Math.floor(part * 100)));
        }
        line.append(Units.bytes(doneBytes));
        if (rate > 0) {
            line.append("  ").append(Units.bytes((long) rate)).append("/s");
            if (totalBytes > doneBytes) {
                line.append("  ").append(Units.seconds((totalBytes - doneBytes) / rate)).append(" left");
            }
        }
        return line.toString();
    }

    private void closeLine() {
        if (isLineOpen) {
            out.println();
            isLineOpen = false;
        }
    }
}
