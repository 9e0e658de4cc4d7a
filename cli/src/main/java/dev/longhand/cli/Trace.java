package dev.longhand.cli;

import dev.longhand.base.Clock;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Where the time goes: {@code LONGHAND_TRACE=1} prints each mark with milliseconds since the process started and of processor time.
 *
 * <p>Marks are cheap and always taken; thread-safe. Process-wide, because what it measures is the process.
 */
final class Trace {
    private static final int MARKS_MAX = 1_000;

    private record Mark(String what, long nanos, long cpuMs) {}

    private static final boolean IS_WANTED = "1".equals(System.getenv("LONGHAND_TRACE"));

    private static final List<Mark> MARKS = new ArrayList<>();
    private static final double TICK_MS = 10; // USER_HZ is 100 on every Linux we run on
    private static long startNanos = Clock.SYSTEM.nanos();

    private Trace() {}

    /** Called first in the process. */
    static void start() {
        startNanos = Clock.SYSTEM.nanos();
        mark("main");
    }

    /** Milliseconds from the start of the process to {@link #start}, as Linux counts them (to a hundredth of a second); else 0. */
    private static double bootMs() {
        double sinceStartMs = (Clock.SYSTEM.nanos() - startNanos) / 1e6;
        try {
            String stat = Files.readString(Path.of("/proc/self/stat"));
            double startedMs = Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[19]) * TICK_MS;
            double upMs = Double.parseDouble(Files.readString(Path.of("/proc/uptime")).split(" ")[0]) * 1000;
            return Math.max(0, upMs - startedMs - sinceStartMs);
        } catch (IOException | RuntimeException e) {
            return 0;
        }
    }

    static synchronized void mark(String what) {
        if (MARKS.size() < MARKS_MAX) {
            MARKS.add(new Mark(what, Clock.SYSTEM.nanos(), IS_WANTED ? cpuMs() : 0));
        }
    }

    /** Processor time of all threads so far: what a busy machine does not stretch. */
    private static long cpuMs() {
        return ProcessHandle.current().info().totalCpuDuration().map(java.time.Duration::toMillis).orElse(0L);
    }

    static synchronized void print(PrintStream err) {
        double bootMs = bootMs();
        for (Mark mark : MARKS) {
            err.println(String.format(Locale.ROOT, "trace %8.0f ms %8d ms of processor  %s",
                    bootMs + (mark.nanos - startNanos) / 1e6, mark.cpuMs, mark.what));
        }
        MARKS.clear();
        err.flush();
    }
}
