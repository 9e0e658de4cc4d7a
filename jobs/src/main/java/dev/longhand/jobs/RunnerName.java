package dev.longhand.jobs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names of runners that tell whether their process is gone: {@code host pid 4711 since 1764200000000}. On the machine of that
 * name a process that is not there, or began at another time, does not come back for its jobs.
 */
public final class RunnerName {
    private static final Path HOST = Path.of("/proc/sys/kernel/hostname");
    private static final Pattern FORM = Pattern.compile("(\\S+) pid (\\d{1,18}) since (\\d{1,18})");
    private static final int HOST_CHARS_MAX = 60;
    /** Start times follow from the time of booting, which moves a little when the clock is set. */
    private static final long START_MILLIS_APART_MAX = 10_000;

    private RunnerName() {}

    /** Of this process. */
    public static String own() {
        ProcessHandle self = ProcessHandle.current();
        return host() + " pid " + self.pid() + " since " + startMillis(self);
    }

    /** The process that a runner's name tells of, for people: {@code process 4711}; the name itself where it tells of none. */
    public static String shown(String owner) {
        Matcher form = FORM.matcher(owner);
        return form.matches() ? "process " + form.group(2) + (form.group(1).equals(host()) ? "" : " on " + form.group(1)) : owner;
    }

    static boolean isGone(String owner) {
        Matcher form = FORM.matcher(owner);
        if (!form.matches() || !form.group(1).equals(host())) {
            return false;
        }
        Optional<ProcessHandle> process = ProcessHandle.of(Long.parseLong(form.group(2)));
        return process.isEmpty() || !process.get().isAlive() || isOther(startMillis(process.get()), form.group(3));
    }

    private static boolean isOther(long startMillis, String named) {
        return Math.abs(startMillis - Long.parseLong(named)) > START_MILLIS_APART_MAX;
    }

    private static long startMillis(ProcessHandle process) {
        return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    }

    private static String host() {
        String name;
        try {
            name = Files.readString(HOST).strip();
        } catch (IOException e) {
            name = System.getenv().getOrDefault("HOSTNAME", System.getenv().getOrDefault("COMPUTERNAME", ""));
        }
        String clean = name.replaceAll("[^\\w.-]", "");
        return clean.isEmpty() ? "localhost" : clean.substring(0, Math.min(clean.length(), HOST_CHARS_MAX));
    }
}
