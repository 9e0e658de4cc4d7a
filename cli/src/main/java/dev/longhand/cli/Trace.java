package dev.longhand.cli;

import dev.longhand.base.Clock;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Where the time goes: {@code LONGHAND_TRACE=1} prints each mark with milliseconds since the process started.
 *
 * <p>Marks are cheap and always taken; thread-safe. Process-wide, because what it measures is the process.
 */
final class Trace {
    private static final int MARKS_MAX = 1_000;

    private record Mark(String what, long nanos) {}

    private static final List<Mark> MARKS = new ArrayList<>();
    private static long startNanos = Clock.SYSTEM.nanos();
    private static double bootMs;

    private Trace() {}

    /** Called first in the process: dates the time before {@code main} from the operating system. */
    static void start() {
        startNanos = Clock.SYSTEM.nanos();
        bootMs = ProcessHandle.current().info().startInstant()
                .map(t -> (double) java.time.Duration.between(t, Clock.SYSTEM.now()).toMillis()).orElse(0.0);
        mark("main");
    }

    static synchronized void mark(String what) {
        if (MARKS.size() < MARKS_MAX) {
            MARKS.add(new Mark(what, Clock.SYSTEM.nanos()));
        }
    }

    static synchronized void print(PrintStream err) {
        for (Mark mark : MARKS) {
            err.println(String.format(Locale.ROOT, "trace %8.0f ms  %s", bootMs + (mark.nanos - startNanos) / 1e6, mark.what));
        }
        MARKS.clear();
        err.flush();
    }
}
