package dev.longhand.base;

/**
 * Something the world did: a bad file, a silent network, a full disk, a wrong name.
 *
 * <p>The message is written for the person at the terminal and says what, where, which value, which rule and what to do.
 * The kind decides the exit code; {@code docs/} lists them.
 */
public class Problem extends Exception {
    /** What went wrong, as coarse as a script needs it; {@link #exitCode} is the process exit code. */
    public enum Kind {
        /** The command line or configuration is wrong. */
        USAGE(2),
        /** A named thing (model, desk, file) does not exist. */
        NOT_FOUND(3),
        /** A source outside this machine did not answer or refused. */
        UNAVAILABLE(4),
        /** A file's content breaks its format or its digest. */
        MALFORMED(5),
        /** The file is sound but asks for something this version does not do. */
        UNSUPPORTED(6),
        /** An explicit limit was hit: memory, context, size, count. */
        LIMIT(7),
        /** The disk refused: full, read-only, failing. */
        DISK(8),
        /** Another process owns what is needed. */
        BUSY(9),
        /** A budget of the ledger does not allow it. */
        OVER_BUDGET(10),
        /** The user stopped it. */
        CANCELLED(130);

        private final int exitCode;

        Kind(int exitCode) {
            this.exitCode = exitCode;
        }

        public int exitCode() {
            return exitCode;
        }
    }

    private final Kind kind;

    public Problem(Kind kind, String message) {
        this(kind, message, null);
    }

    public Problem(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
