package dev.longhand.engine;

import dev.longhand.base.Clock;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Processor time of the threads that work for the engine: its own and the kernels' team. What the team spends waiting in a loop is
 * used, too. Threads of the JVM (compiler, collector), callers, and readers of experts are not in it.
 *
 * <p>Read once per step: what was used since the reading before, so that choosing who is next is part of the step that follows. A
 * reading takes some 0.3 us per thread and allocates nothing. Used by one thread, which begins with {@link #skip}.
 */
final class ProcessorTime {
    private final LongSupplier nanos; // since some origin, rising
    private long last;
    private long rest; // nanoseconds that are read and not yet handed out

    ProcessorTime(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /**
     * Of {@code threads}, from the system's clocks of each. On a platform without such clocks the wall time of all of them is
     * taken, as if none ever waited.
     */
    static ProcessorTime of(List<Thread> threads, Clock clock) {
        long[] ids = threads.stream().mapToLong(Thread::threadId).toArray();
        LongSupplier wall = wall(ids.length, clock);
        return new ProcessorTime(() -> Clocks.ARE_THERE ? sum(ids) : wall.getAsLong());
    }

    static LongSupplier wall(int threads, Clock clock) {
        return () -> clock.nanos() * threads;
    }

    private static long sum(long[] ids) {
        long sum = 0;
        for (long id : ids) {
            sum += Math.max(0, Clocks.BEAN.getThreadCpuTime(id)); // -1 for a thread that is not alive
        }
        return sum;
    }

    /** Loaded at the first reading: it takes some milliseconds, and who opens a model does not wait for them. */
    private static final class Clocks {
        static final ThreadMXBean BEAN = ManagementFactory.getThreadMXBean();
        static final boolean ARE_THERE = BEAN.isThreadCpuTimeSupported() && BEAN.isThreadCpuTimeEnabled();
    }

    /** Whole microseconds used since the reading before; what is less than one is in the next reading. */
    long micros() {
        long now = nanos.getAsLong();
        rest += Math.max(0, now - last);
        last = now;
        long micros = rest / 1_000;
        rest %= 1_000;
        return micros;
    }

    /** What was used since the reading before was used for nobody. */
    void skip() {
        last = nanos.getAsLong();
    }
}
