package dev.longhand.desk;

import dev.longhand.base.Problem;
import dev.longhand.jobs.Job;
import dev.longhand.jobs.Jobs;
import dev.longhand.jobs.State;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** What the jobs of a desk share: how an open one is found again, and how a path is told in a step's name. Stateless. */
final class DeskJobs {
    private static final int OPEN_JOBS_MAX = 10_000;
    /** Of a path, in names of steps and in progress. */
    static final int NAME_CHARS = 100;

    private DeskJobs() {}

    /** The job of that kind and input that has not ended, if there is one. */
    static Optional<Job> open(Jobs jobs, String kind, byte[] input) throws Problem {
        return first(jobs, EnumSet.of(State.QUEUED, State.RUNNING, State.WAITING), kind, input);
    }

    /** As {@link #open}, of those that nobody runs just now: they find what was added before. */
    static Optional<Job> waiting(Jobs jobs, String kind, byte[] input) throws Problem {
        return first(jobs, EnumSet.of(State.QUEUED, State.WAITING), kind, input);
    }

    private static Optional<Job> first(Jobs jobs, Set<State> states, String kind, byte[] input) throws Problem {
        for (Job each : jobs.list(states, -1, OPEN_JOBS_MAX)) {
            if (each.kind().equals(kind) && Arrays.equals(jobs.input(each.id()), input)) {
                return Optional.of(each);
            }
        }
        return Optional.empty();
    }

    /** The end of a path, without characters that a step's name may not have. */
    static String shown(String path) {
        String end = path.length() <= NAME_CHARS ? path : "..." + path.substring(path.length() - NAME_CHARS);
        return end.replaceAll("[^\\x20-\\x7e\\u00a0-\\ud7ff\\ue000-\\uffff]", "?");
    }
}
