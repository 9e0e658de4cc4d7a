package dev.longhand.bench;

import dev.longhand.base.Check;
import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A program that writes segments, killed with -9 again and again at random moments spread over its work, started again each time,
 * and at last left alone until it ends by itself.
 *
 * <p>What was there when the program died must still be the same file at the end: a segment that is read twice gets a new time.
 * What happened stands in files of the work folder, so that a run that is stopped goes on. Used by one thread.
 */
final class KilledReading {
    private static final int KILLED = 128 + 9;
    private static final double EARLY = 0.125;
    private static final double EARLY_NANOS_MAX = 1.5e9;
    private static final long POLL_NANOS = 20_000_000;
    /** However fast it reads, so much of what is left stays for the next attempt. */
    private static final double SHARE_MAX = 0.8;
    /** Of the texts' tokens, before the program said how many it will read: markup is not read. */
    private static final double READ_SHARE = 0.8;
    private static final Pattern SAID = Pattern.compile("^[0-9,]+ of ([0-9,]+) tokens", Pattern.MULTILINE);

    private final Clock clock;
    private final Consumer<String> progress;
    private final Path work;
    private final Path segments;
    private final Plan plan;
    private final Map<String, SegmentTrace> kept = new TreeMap<>();
    private final List<Attempt> attempts = new ArrayList<>();

    /**
     * How.
     *
     * @param tokens          of the texts
     * @param tokensPerSecond about, until it was seen
     */
    record Plan(int kills, long seed, long tokens, double tokensPerSecond) {}

    /**
     * One run of the program.
     *
     * @param startMs    when its process was started, of the wall clock
     * @param endMs      when it was dead
     * @param segments   that were there then
     * @param isKilled   else it ended by itself and well
     * @param readAgain  segments that were there before and are other files now
     */
    record Attempt(int number, long startMs, long endMs, int segments, boolean isKilled, int readAgain) {
        private String line() {
            return "%d\t%d\t%d\t%d\t%s\t%d\n".formatted(number, startMs, endMs, segments, isKilled ? "killed" : "ended", readAgain);
        }

        private static Attempt of(String line) {
            String[] row = line.split("\t");
            return new Attempt(Integer.parseInt(row[0]), Long.parseLong(row[1]), Long.parseLong(row[2]), Integer.parseInt(row[3]),
                    row[4].equals("killed"), Integer.parseInt(row[5]));
        }
    }

    /** Starts the program, with its output to these files. */
    @FunctionalInterface
    interface Starter {
        Process start(Path out, Path err) throws IOException;
    }

    /**
     * What came of it.
     *
     * @param out           what the last attempt said on its standard output
     * @param tokens        of all segments
     * @param bytes         of all segments
     * @param netTokens     of segments that were written between the first and the last one of an attempt
     * @param netSeconds    between these: without starts, and without what a kill cost
     * @param grossSeconds  of all attempts, starts included
     */
    record Outcome(List<Attempt> attempts, Path out, int segments, long tokens, long bytes, long netTokens, double netSeconds,
            double grossSeconds) {
        int kills() {
            return (int) attempts.stream().filter(Attempt::isKilled).count();
        }

        int readAgain() {
            return attempts.stream().mapToInt(Attempt::readAgain).sum();
        }

        double netTokensPerSecond() {
            return netSeconds > 0 ? netTokens / netSeconds : 0;
        }
    }

    /**
     * @param work     for its records and the program's output
     * @param segments folder that the program fills
     */
    KilledReading(Clock clock, Consumer<String> progress, Path work, Path segments, Plan plan) {
        this.clock = clock;
        this.progress = progress;
        this.work = work;
        this.segments = segments;
        this.plan = plan;
    }

    Outcome run(Starter starter) throws Problem {
        try {
            recall();
            while (attempts.isEmpty() || attempts.getLast().isKilled()) {
                attempt(starter);
            }
            return outcome();
        } catch (IOException e) {
            throw Disk.problem("watching", work, e);
        } catch (InterruptedException e) {
            throw new Problem(Problem.Kind.CANCELLED, "stopped; the same command goes on", e);
        }
    }

    private Path attemptsFile() {
        return work.resolve("attempts.tsv");
    }

    private Path keptFile() {
        return work.resolve("kept.tsv");
    }

    private void recall() throws IOException {
        if (!Files.exists(attemptsFile())) {
            return;
        }
        Files.readAllLines(attemptsFile()).forEach(line -> attempts.add(Attempt.of(line)));
        if (Files.exists(keptFile())) {
            Files.readAllLines(keptFile()).stream().map(SegmentTrace::ofLine).forEach(each -> kept.put(each.name(), each));
        }
        progress.accept("going on after %d attempts, with %d segments".formatted(attempts.size(), kept.size()));
    }

    private void attempt(Starter starter) throws IOException, InterruptedException, Problem {
        int number = attempts.size();
        int killsLeft = plan.kills - number;
        Chance chance = new Chance(Chance.seed(plan.seed, "kill", number));
        boolean isEarly = chance.chance(EARLY);
        double share = chance.share();
        Path err = err(number);
        long before = folderTime();
        long startMs = clock.now().toEpochMilli();
        Process process = starter.start(out(number), err);
        Thread end = Thread.ofPlatform().unstarted(() -> process.toHandle().destroyForcibly());
        Runtime.getRuntime().addShutdownHook(end);
        try {
            if (killsLeft > 0) {
                long startNanos = clock.nanos();
                if (!isEarly) {
                    awaitReading(process, before);
                    startNanos = clock.nanos();
                }
                double nanos = share * (isEarly ? EARLY_NANOS_MAX : 1e9 * secondsMax(killsLeft));
                process.waitFor(Math.max(0, (long) nanos - (clock.nanos() - startNanos)), TimeUnit.NANOSECONDS);
                process.toHandle().destroyForcibly();
            }
            process.waitFor();
        } finally {
            process.toHandle().destroyForcibly();
            Runtime.getRuntime().removeShutdownHook(end);
        }
        int exit = process.exitValue();
        if (exit != 0 && exit != KILLED) {
            throw new Problem(Problem.Kind.UNAVAILABLE, "the program ended by itself with %d; it said: %s".formatted(exit,
                    Files.readString(err, StandardCharsets.UTF_8)));
        }
        note(number, startMs, exit == KILLED);
    }

    private Path out(int number) {
        return work.resolve("attempt-%d.out".formatted(number));
    }

    private Path err(int number) {
        return work.resolve("attempt-%d.err".formatted(number));
    }

    /** Until it writes its first segment, or has ended. */
    private void awaitReading(Process process, long before) throws IOException, InterruptedException {
        while (process.isAlive() && folderTime() == before) {
            clock.sleep(POLL_NANOS);
        }
    }

    private long folderTime() throws IOException {
        try {
            return Files.getLastModifiedTime(segments).to(TimeUnit.NANOSECONDS);
        } catch (NoSuchFileException e) {
            return 0;
        }
    }

    /** So that the kills that are left spread over what is left to read. */
    private double secondsMax(int killsLeft) throws IOException {
        long there = kept.values().stream().mapToLong(SegmentTrace::tokens).sum();
        double net = outcome().netTokensPerSecond();
        double left = Math.max(0, tokensAll() - there) / Math.max(net, plan.tokensPerSecond);
        return Math.min(SHARE_MAX, 2.0 / (killsLeft + 1)) * left;
    }

    /** As the program said it, else about. */
    private double tokensAll() throws IOException {
        for (Attempt each : attempts.reversed()) {
            Matcher said = SAID.matcher(Files.readString(err(each.number)));
            if (said.find()) {
                return Long.parseLong(said.group(1).replace(",", ""));
            }
        }
        return plan.tokens * READ_SHARE;
    }

    private void note(int number, long startMs, boolean isKilled) throws IOException, Problem {
        long endMs = clock.now().toEpochMilli();
        Map<String, SegmentTrace> now = SegmentTrace.allOf(segments, kept);
        int readAgain = 0;
        for (SegmentTrace each : kept.values()) {
            readAgain += each.equals(now.get(each.name())) ? 0 : 1;
        }
        kept.clear();
        kept.putAll(now);
        StringBuilder lines = new StringBuilder();
        kept.values().forEach(each -> lines.append(each.line()));
        Disk.REAL.publish(keptFile(), file -> file.write(lines.toString().getBytes(StandardCharsets.UTF_8)));
        Attempt attempt = new Attempt(number, startMs, endMs, kept.size(), isKilled, readAgain);
        attempts.add(attempt);
        Files.writeString(attemptsFile(), attempt.line(), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        long tokens = kept.values().stream().mapToLong(SegmentTrace::tokens).sum();
        progress.accept("attempt %d %s after %.1f s: %,d tokens in %,d segments, %.0f tokens/s while it read%s".formatted(
                number + 1, isKilled ? "was killed" : "ended", (endMs - startMs) / 1e3, tokens, kept.size(),
                outcome().netTokensPerSecond(),
                readAgain == 0 ? "" : "; " + readAgain + " WERE READ AGAIN"));
    }

    private Outcome outcome() {
        long netTokens = 0;
        long netNanos = 0;
        long gross = 0;
        for (Attempt each : attempts) {
            List<SegmentTrace> own = kept.values().stream().filter(s -> s.isWithin(each.startMs, each.endMs))
                    .sorted(SegmentTrace.BY_TIME).toList();
            if (!own.isEmpty()) {
                netTokens += own.stream().skip(1).mapToLong(SegmentTrace::tokens).sum();
                netNanos += own.getLast().nanos() - own.getFirst().nanos();
            }
            gross += each.endMs - each.startMs;
        }
        Check.invariant(netNanos >= 0, "segments end %d ns before they begin", -netNanos);
        return new Outcome(List.copyOf(attempts), out(Math.max(0, attempts.size() - 1)), kept.size(),
                kept.values().stream().mapToLong(SegmentTrace::tokens).sum(),
                kept.values().stream().mapToLong(SegmentTrace::bytes).sum(), netTokens, netNanos / 1e9, gross / 1e3);
    }
}
