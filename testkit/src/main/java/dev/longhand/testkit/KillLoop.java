package dev.longhand.testkit;

import dev.longhand.base.Check;
import dev.longhand.base.Clock;
import dev.longhand.base.Failpoints;
import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Starts a real program again and again, kills it, and looks at what it left.
 *
 * <p>The program says {@code ready} on its standard output once it serves, and afterwards one line for each thing that it has
 * promised; a line counts when its line end is there. A round ends by {@code kill -9} at a random time (one in eight before the
 * program is ready) or at a {@linkplain Failpoints failpoint}. The process is killed by its handle: {@code Process.destroyForcibly}
 * would also close the pipe and lose lines that were said. Used by one thread.
 */
public final class KillLoop {
    public static final String READY = "ready";
    private static final int KILLED = 128 + 9;
    private static final long EARLY_NANOS_MAX = 700_000_000;

    /** Makes the process of a round. */
    @FunctionalInterface
    public interface Starter {
        /**
         * Not started yet; output and errors are taken by the loop.
         *
         * @param jvmOptions to be given to the JVM
         */
        ProcessBuilder builder(int round, List<String> jvmOptions);

        /** A class with a {@code main}, on the class path of the caller. */
        static Starter ofMain(Class<?> main, String heap, List<String> arguments) {
            return (round, jvmOptions) -> {
                List<String> command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElseThrow(),
                        "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx" + heap, "--enable-native-access=ALL-UNNAMED"));
                command.addAll(jvmOptions);
                command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
                command.addAll(arguments);
                command.add(Integer.toString(round));
                return new ProcessBuilder(command);
            };
        }
    }

    /**
     * How much, and how.
     *
     * @param rounds     how often the program is started
     * @param readyMax   from its start until it says that it is ready
     * @param runMax     from then until it is killed
     * @param failpoints {@code name:n}: half of the rounds die at one of them, at a time of 1 to n; may be empty
     */
    public record Plan(int rounds, Duration readyMax, Duration runMax, List<String> failpoints) {}

    /** Looks at what a round left; the program is dead. */
    @FunctionalInterface
    public interface Checker {
        /**
         * Checks a round.
         *
         * @param said the lines of this round after {@link #READY}
         */
        void check(int round, List<String> said) throws Exception;
    }

    /**
     * What happened.
     *
     * @param killed  rounds that ended by a kill
     * @param halted  rounds that ended at a failpoint
     * @param said    lines in all
     * @param ready  of each round that became ready; at least one
     */
    public record Report(int killed, int halted, int said, List<Ready> ready) {
        /** The slowest of all rounds. */
        public long cpuMsMax() {
            return ready.stream().mapToLong(Ready::cpuMs).max().orElseThrow();
        }

        @Override
        public String toString() {
            List<Long> sorted = ready.stream().map(Ready::wallMs).sorted().toList();
            String text = "%d rounds killed, %d halted at failpoints, %d lines said; ready after %d ms (median), %d ms (slowest), "
                    + "%d ms of processor time (slowest)";
            return text.formatted(killed, halted, said, sorted.get(sorted.size() / 2), sorted.getLast(), cpuMsMax());
        }
    }

    /**
     * How long a program took until it was ready, from the start of its process.
     *
     * @param cpuMs processor time of all its threads, which other programs hardly change
     */
    public record Ready(long wallMs, long cpuMs) {}

    private final Starter starter;
    private final Path work;
    private final Seed seed;
    private final Gen gen;
    private final List<Ready> readies = new ArrayList<>(); // by the listener of a round, which has ended when it is read
    private int killed;
    private int halted;
    private int said;

    /**
     * A loop.
     *
     * @param work a folder for what the program says on its standard error
     */
    public KillLoop(Starter starter, Path work, Seed seed) {
        this.starter = starter;
        this.work = work;
        this.seed = seed;
        this.gen = seed.gen();
    }

    /** Says a line at once and in one piece, from inside the program. */
    public static void say(String line) {
        try {
            // Kept open: closing it would close the standard output.
            new FileOutputStream(FileDescriptor.out).write((line + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Report run(Plan plan, Checker checker) throws Exception {
        for (int round = 0; round < plan.rounds; round++) {
            String how = gen.chance(0.5) && !plan.failpoints.isEmpty() ? failpoint(plan) : "";
            try {
                List<String> lines = round(round, how, plan);
                said += lines.size();
                checker.check(round, lines);
            } catch (Exception | AssertionError e) {
                throw new AssertionError("round %d of %d, %s: %s; %s".formatted(round, plan.rounds,
                        how.isEmpty() ? "killed" : "failpoint " + how, e.getMessage(), seed), e);
            }
        }
        return new Report(killed, halted, said, List.copyOf(readies));
    }

    private String failpoint(Plan plan) {
        String[] parts = plan.failpoints.get(gen.between(0, plan.failpoints.size())).split(":");
        return parts[0] + ":" + gen.between(1, Integer.parseInt(parts[1]) + 1);
    }

    private List<String> round(int round, String failpoint, Plan plan) throws Exception {
        List<String> options = failpoint.isEmpty() ? List.of() : List.of("-D" + Failpoints.PROPERTY + "=" + failpoint);
        Path errors = work.resolve("round-" + round + ".err");
        Process process = starter.builder(round, options).redirectError(errors.toFile()).start();
        Listener listener = new Listener(process);
        try {
            boolean isEarly = failpoint.isEmpty() && gen.chance(0.125);
            long delayNanos = (long) (gen.between(0, 1 << 20) / (double) (1 << 20)
                    * (isEarly ? EARLY_NANOS_MAX : plan.runMax.toNanos()));
            if (!isEarly) {
                boolean isInTime = listener.ready.await(plan.readyMax.toNanos(), TimeUnit.NANOSECONDS);
                Check.invariant(isInTime, "not ready after %s; it said: %s", plan.readyMax, Files.readString(errors));
            }
            process.waitFor(failpoint.isEmpty() ? delayNanos : plan.runMax.toNanos(), TimeUnit.NANOSECONDS);
        } finally {
            process.toHandle().destroyForcibly();
        }
        int exit = process.waitFor();
        listener.thread.join();
        Check.invariant(exit == KILLED || exit == Failpoints.EXIT_CODE, "it ended by itself with %d: %s", exit,
                Files.readString(errors));
        killed += exit == KILLED ? 1 : 0;
        halted += exit == KILLED ? 0 : 1;
        return listener.lines;
    }

    /** Reads what the program says until its pipe ends. */
    private final class Listener {
        private final Process process;
        private final long start = Clock.SYSTEM.nanos();
        private final CountDownLatch ready = new CountDownLatch(1);
        private final List<String> lines = new ArrayList<>(); // of the thread until it ended
        private final Thread thread;

        Listener(Process process) {
            this.process = process;
            this.thread = Thread.ofPlatform().name("kill-loop-listener").daemon(true).start(this::listen);
        }

        private void listen() {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            byte[] buffer = new byte[1 << 16];
            InputStream in = process.getInputStream();
            try {
                for (int n; (n = in.read(buffer)) >= 0; ) {
                    for (int i = 0; i < n; i++) {
                        if (buffer[i] == '\n') {
                            line(line.toString(StandardCharsets.UTF_8));
                            line.reset();
                        } else {
                            line.write(buffer[i]);
                        }
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } finally {
                ready.countDown();
            }
        }

        private void line(String line) {
            if (line.equals(READY)) {
                long cpuMs = process.info().totalCpuDuration().map(Duration::toMillis).orElse(0L);
                readies.add(new Ready((Clock.SYSTEM.nanos() - start) / 1_000_000, cpuMs));
                ready.countDown();
            } else {
                lines.add(line);
            }
        }
    }
}
