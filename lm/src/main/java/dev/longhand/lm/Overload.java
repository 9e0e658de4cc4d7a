package dev.longhand.lm;

import dev.longhand.base.Problem;
import java.time.Duration;

/** A request was refused because too many wait already. Nothing was done for it; the same request may come again later. */
public final class Overload extends Problem {
    private final transient Duration retryAfter;

    public Overload(String message, Duration retryAfter) {
        super(Kind.BUSY, message);
        this.retryAfter = retryAfter;
    }

    /** When there will probably be room, by the speed at which requests end. */
    public Duration retryAfter() {
        return retryAfter;
    }
}
