package dev.longhand.testkit;

import dev.longhand.base.Check;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs tasks that are made of steps, on one thread, in an order that a seed decides, on a clock that the simulation moves: time
 * passes between steps, and now and then wall-clock time jumps forward or back, or the machine is suspended.
 *
 * <p>The same seed gives the same run. A step is atomic: whatever a task may lose or do twice between two calls, it must split
 * into two steps. A failure names the last steps, the seed and the command. Used by one thread.
 */
public final class Simulation {
    private static final int TRACE_STEPS = 30;
    private static final long STEP_NANOS_MAX = Duration.ofMillis(50).toNanos();
    private static final long JUMP_SECONDS_MAX = Duration.ofDays(2).toSeconds();
    private static final double JUMP_CHANCE = 0.01;

    /** Something that goes on in steps. */
    @FunctionalInterface
    public interface Task {
        /** Does one step. */
        Next step() throws Exception;
    }

    /** When a task goes on: at once ({@link #AGAIN}), later, or never ({@link #DONE}). Time is that of {@code Clock.nanos}. */
    public record Next(long delayNanos) {
        public static final Next AGAIN = new Next(0);
        public static final Next DONE = new Next(-1);

        public static Next after(Duration delay) {
            Check.argument(!delay.isNegative(), "a delay is %s; it must not be negative", delay);
            return new Next(delay.toNanos());
        }
    }

    /** Looks at the world between two steps. */
    @FunctionalInterface
    public interface Look {
        void look() throws Exception;
    }

    private static final class Running {
        private final String name;
        private final Task task;
        private long wakeNanos;

        Running(String name, Task task, long wakeNanos) {
            this.name = name;
            this.task = task;
            this.wakeNanos = wakeNanos;
        }
    }

    private final Seed seed;
    private final Gen gen;
    private final ManualClock clock = new ManualClock();
    private final List<Running> tasks = new ArrayList<>();
    private final ArrayDeque<String> trace = new ArrayDeque<>();
    private int steps;

    public Simulation(Seed seed) {
        this.seed = seed;
        this.gen = seed.gen();
        clock.advance(Duration.ofDays(20_000).toNanos());
    }

    public ManualClock clock() {
        return clock;
    }

    /** The only chance that tasks may use. */
    public Gen gen() {
        return gen;
    }

    /** Tasks may add others while they run. */
    public void add(String name, Task task) {
        tasks.add(new Running(name, task, clock.nanos()));
    }

    public int steps() {
        return steps;
    }

    /**
     * Runs until no task is left, or {@code stepsMax} steps are done; looks before the first and after each {@code every} of
     * them.
     */
    public void run(int stepsMax, int every, Look look) {
        try {
            look.look();
            while (steps < stepsMax && !tasks.isEmpty()) {
                step(next());
                steps++;
                if (steps % every == 0) {
                    look.look();
                }
            }
            look.look();
        } catch (Exception | AssertionError e) {
            throw new AssertionError("step %d: %s; the last steps: %s; %s".formatted(steps, e.getMessage(),
                    String.join(", ", trace), seed), e);
        }
    }

    /** One of those that are awake; where none is, time passes until one wakes up. */
    private Running next() {
        clock.advance(gen.chance(0.5) ? 0 : gen.between(0, (int) STEP_NANOS_MAX));
        if (gen.chance(JUMP_CHANCE)) {
            long seconds = gen.between((int) -JUMP_SECONDS_MAX, (int) JUMP_SECONDS_MAX);
            clock.jump(Duration.ofSeconds(seconds).toNanos());
            note("the clock jumps by " + seconds + " s");
        }
        long first = tasks.stream().mapToLong(t -> t.wakeNanos).min().orElseThrow();
        clock.advance(Math.max(0, first - clock.nanos()));
        List<Running> awake = tasks.stream().filter(t -> t.wakeNanos <= clock.nanos()).toList();
        return awake.get(gen.between(0, awake.size()));
    }

    private void step(Running running) throws Exception {
        note(running.name);
        Next next = running.task.step();
        if (next.equals(Next.DONE)) {
            tasks.remove(running);
        } else {
            running.wakeNanos = Math.addExact(clock.nanos(), next.delayNanos);
        }
    }

    private void note(String what) {
        trace.addLast(what);
        if (trace.size() > TRACE_STEPS) {
            trace.removeFirst();
        }
    }
}
