package dev.longhand.jobs;

import dev.longhand.base.Problem;
import java.util.Arrays;
import java.util.Set;

/** Where a job stands. The arrows between states are {@link #next}; {@link Status} says what else changes with each. */
public enum State {
    /** Ready: the next free runner takes it. */
    QUEUED,
    /** A runner holds its lease. */
    RUNNING,
    /** For a {@link Wait}; no runner holds it. */
    WAITING,
    /** It has its result. */
    DONE,
    /** Parked with its reason; it goes on when somebody resumes it. */
    FAILED,
    /** Stopped by a person, or with its parent. */
    CANCELLED;

    /** What it may become next. */
    Set<State> next() {
        return switch (this) {
            case QUEUED -> Set.of(RUNNING, FAILED, CANCELLED);
            case RUNNING -> Set.of(QUEUED, RUNNING, WAITING, DONE, FAILED, CANCELLED);
            case WAITING -> Set.of(QUEUED, WAITING, FAILED, CANCELLED);
            case FAILED -> Set.of(QUEUED, WAITING);
            case DONE, CANCELLED -> Set.of();
        };
    }

    /** Whether it has ended; a failed job may be resumed. */
    public boolean isEnd() {
        return this == DONE || this == FAILED || this == CANCELLED;
    }

    /** By name, as written in commands and requests. */
    public static State parse(String name) throws Problem {
        for (State each : values()) {
            if (each.name().equalsIgnoreCase(name)) {
                return each;
            }
        }
        throw new Problem(Problem.Kind.USAGE, "a job is never \"%s\"; the states are %s".formatted(name,
                Arrays.toString(values())));
    }
}
