package dev.longhand.server;

import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** In whose form errors are written. */
enum Shape {
    /** https://platform.openai.com/docs/guides/error-codes. Ours too. */
    OPENAI {
        @Override
        ObjectNode error(Refusal refusal, String requestId) {
            ObjectNode root = JsonNodeFactory.instance.objectNode();
            ObjectNode error = root.putObject("error");
            error.put("message", refusal.getMessage());
            error.put("type", type(refusal.status()));
            error.put("param", refusal.field().isEmpty() ? null : refusal.field());
            error.put("code", refusal.code());
            return root;
        }

        private String type(int status) {
            return switch (status) {
                case 401 -> "authentication_error";
                case 402 -> "insufficient_quota";
                case 403 -> "permission_error";
                case 404 -> "not_found_error";
                case 429 -> "rate_limit_error";
                default -> status >= 500 ? "server_error" : "invalid_request_error";
            };
        }
    },
    /** https://docs.anthropic.com/en/api/errors. */
    ANTHROPIC {
        @Override
        ObjectNode error(Refusal refusal, String requestId) {
            ObjectNode root = JsonNodeFactory.instance.objectNode();
            root.put("type", "error");
            ObjectNode error = root.putObject("error");
            error.put("type", type(refusal.status()));
            error.put("message", refusal.field().isEmpty() ? refusal.getMessage() : refusal.field() + ": " + refusal.getMessage());
            root.put("request_id", requestId);
            return root;
        }

        private String type(int status) {
            return switch (status) {
                case 401 -> "authentication_error";
                case 402 -> "billing_error";
                case 403 -> "permission_error";
                case 404 -> "not_found_error";
                case 413 -> "request_too_large";
                case 429 -> "rate_limit_error";
                case 503 -> "overloaded_error";
                default -> status >= 500 ? "api_error" : "invalid_request_error";
            };
        }
    };

    abstract ObjectNode error(Refusal refusal, String requestId);
}
