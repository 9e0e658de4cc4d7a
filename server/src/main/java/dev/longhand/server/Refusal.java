package dev.longhand.server;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.ledger.OverBudgetProblem;
import dev.longhand.lm.Overload;
import java.time.Duration;
import java.util.Optional;

/** A request that is not done, with what its client is told. Each API shape writes it in its own form. */
final class Refusal extends Exception {
    private final int status;
    private final String code;
    private final String field;
    private final Optional<Duration> retryAfter;

    private Refusal(int status, String code, String message, String field, Optional<Duration> retryAfter, Throwable cause) {
        super(message, cause);
        Check.argument(status >= 400 && status <= 599, "status %d is no refusal", status);
        this.status = status;
        this.code = code;
        this.field = field;
        this.retryAfter = retryAfter;
    }

    /**
     * @param status of HTTP
     * @param code   a word for programs
     */
    static Refusal of(int status, String code, String message) {
        return new Refusal(status, code, message, "", Optional.empty(), null);
    }

    /** 400: what stands in {@code field} of the body. */
    static Refusal field(String field, String message) {
        return new Refusal(400, "invalid_value", message, field, Optional.empty(), null);
    }

    /** 503: there is no room now. */
    static Refusal full(String message, Duration retryAfter) {
        return new Refusal(503, "busy", message, "", Optional.of(retryAfter), null);
    }

    /** 429: the same may come again after {@code wait}. */
    static Refusal tooOften(String message, Duration wait) {
        return new Refusal(429, "rate_limit_exceeded", message, "", Optional.of(wait), null);
    }

    static Refusal notFound(String message) {
        return of(404, "not_found", message);
    }

    /** What the world did, in the words of HTTP. */
    static Refusal of(Problem problem) {
        Optional<Duration> retryAfter =
                problem instanceof Overload overload ? Optional.of(overload.retryAfter()) : Optional.empty();
        return new Refusal(status(problem), code(problem), String.valueOf(problem.getMessage()), "", retryAfter, problem);
    }

    private static int status(Problem problem) {
        return switch (problem.kind()) {
            case USAGE, LIMIT, MALFORMED -> 400;
            case UNSUPPORTED -> 422;
            case NOT_FOUND -> 404;
            case OVER_BUDGET -> 402;
            case BUSY -> problem instanceof Overload ? 429 : 409;
            case UNAVAILABLE -> 502;
            case CANCELLED -> 499;
            case DISK -> 507;
        };
    }

    private static String code(Problem problem) {
        return switch (problem.kind()) {
            case USAGE -> "invalid_value";
            case LIMIT -> "context_length_exceeded";
            case MALFORMED -> "malformed";
            case UNSUPPORTED -> "unsupported";
            case NOT_FOUND -> "not_found";
            case OVER_BUDGET -> problem instanceof OverBudgetProblem ? "insufficient_quota" : "budget";
            case BUSY -> problem instanceof Overload ? "rate_limit_exceeded" : "busy";
            case UNAVAILABLE -> "upstream";
            case CANCELLED -> "cancelled";
            case DISK -> "disk";
        };
    }

    int status() {
        return status;
    }

    String code() {
        return code;
    }

    /** Name of the field of the body that is wrong; empty where it is none. */
    String field() {
        return field;
    }

    /** When the same request may come again. */
    Optional<Duration> retryAfter() {
        return retryAfter;
    }
}
