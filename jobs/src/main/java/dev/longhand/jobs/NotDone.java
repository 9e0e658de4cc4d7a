package dev.longhand.jobs;

import dev.longhand.base.Problem;

/** Thrown by an effect that certainly did not happen: its intent is taken back and the job tries again later. */
public final class NotDone extends Problem {
    public NotDone(Kind kind, String message) {
        super(kind, message);
    }
}
