package dev.longhand.server;

import dev.longhand.base.Clock;
import java.util.function.Consumer;
import tools.jackson.databind.node.ObjectNode;

/**
 * A line of JSON for each request that could be read as one: when, what, who, how it ended, how long it took. No texts of requests
 * or answers, no keys. Thread-safe.
 */
final class RequestLog {
    private static final int PATH_CHARS_MAX = 200;

    private final Clock clock;
    private final Json json;
    private final Consumer<String> lines;

    /** @param lines takes each line, from any thread */
    RequestLog(Clock clock, Json json, Consumer<String> lines) {
        this.clock = clock;
        this.json = json;
        this.lines = lines;
    }

    /** What is known of one request. Of its thread. */
    final class Entry {
        private final long began = clock.nanos();
        private final ObjectNode line = Json.object();

        private String method = "other";
        private String route = "none";

        String id() {
            return line.get("request").stringValue();
        }

        /** Its route was found. */
        void at(String path) {
            route = path;
            method = line.get("method").stringValue();
        }

        /** Of HTTP; {@code other} where no route was found, since anybody may send any. */
        String method() {
            return method;
        }

        /** Path of its route; {@code none} where there is none. */
        String route() {
            return route;
        }

        void by(Caller caller) {
            line.put("key", caller.key());
            line.put("team", caller.team());
        }

        void failed(Throwable e) {
            line.put("failure", e.toString());
            if (e instanceof RuntimeException || e instanceof Error) {
                StackTraceElement[] trace = e.getStackTrace();
                line.put("at", trace.length > 0 ? trace[0].toString() : "");
            }
        }
    }

    Entry begin(String id, String method, String path) {
        Entry entry = new Entry();
        entry.line.put("time", clock.now().toString());
        entry.line.put("request", id);
        entry.line.put("method", method);
        entry.line.put("path", path.substring(0, Math.min(path.length(), PATH_CHARS_MAX)));
        return entry;
    }

    /** How long it took, in nanoseconds. */
    long end(Entry entry, int status) {
        long nanos = clock.nanos() - entry.began;
        entry.line.put("status", status);
        entry.line.put("ms", nanos / 1_000_000);
        lines.accept(json.text(entry.line));
        return nanos;
    }
}
