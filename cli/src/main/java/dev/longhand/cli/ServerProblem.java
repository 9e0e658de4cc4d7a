package dev.longhand.cli;

import dev.longhand.base.Problem;
import tools.jackson.databind.JsonNode;

/** What a server refused, as the problem that it would be here, with the same exit code. Stateless. */
final class ServerProblem {
    private ServerProblem() {}

    /** @param status of HTTP; 0 where the answer had begun */
    static Problem of(JsonNode reply, int status) {
        JsonNode error = reply.path("error");
        String message = error.path("message").asString("the server answered with status " + status);
        return new Problem(kind(error.path("code").asString(""), status), message);
    }

    private static Problem.Kind kind(String code, int status) {
        return switch (code) {
            case "invalid_value", "missing_key", "invalid_key", "forbidden" -> Problem.Kind.USAGE;
            case "context_length_exceeded", "too_large" -> Problem.Kind.LIMIT;
            case "malformed" -> Problem.Kind.MALFORMED;
            case "unsupported" -> Problem.Kind.UNSUPPORTED;
            case "not_found" -> Problem.Kind.NOT_FOUND;
            case "insufficient_quota", "budget" -> Problem.Kind.OVER_BUDGET;
            case "rate_limit_exceeded", "busy" -> Problem.Kind.BUSY;
            case "cancelled" -> Problem.Kind.CANCELLED;
            case "disk" -> Problem.Kind.DISK;
            default -> status >= 400 && status < 500 ? Problem.Kind.USAGE : Problem.Kind.UNAVAILABLE;
        };
    }
}
