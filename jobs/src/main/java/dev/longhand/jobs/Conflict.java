package dev.longhand.jobs;

import dev.longhand.base.Problem;

/** An id is taken by a job with other content, or a key by another effect. Nothing was stored. */
public final class Conflict extends Problem {
    Conflict(String message) {
        super(Kind.USAGE, message);
    }
}
