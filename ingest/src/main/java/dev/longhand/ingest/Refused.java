package dev.longhand.ingest;

/** A file that is not read: how a skip travels inside this module. */
final class Refused extends Exception {
    private final transient Skip.Reason reason;

    Refused(Skip.Reason reason, String detail) {
        super(detail);
        this.reason = reason;
    }

    Skip skip(String path) {
        return new Skip(path, reason, getMessage());
    }

    Skip.Reason reason() {
        return reason;
    }
}
