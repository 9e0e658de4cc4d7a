package dev.longhand.cli;

import dev.longhand.base.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What the process's exit codes mean: one table for the program, its help and {@code docs/CLI.md}. */
final class ExitCodes {
    static final int OK = 0;
    /** A check found something wrong: {@code doctor}, {@code bench parity}. */
    static final int CHECK_FAILED = 1;
    static final int USAGE = Problem.Kind.USAGE.exitCode();
    /** A fault of ours; a log file says more. */
    static final int INTERNAL = 70;
    /** The reader of standard output went away; 128 + SIGPIPE, as other programs have it. */
    static final int PIPE_CLOSED = 141;

    record Row(int code, String name, String meaning) {}

    private ExitCodes() {}

    static List<Row> table() {
        List<Row> rows = new ArrayList<>();
        rows.add(new Row(OK, "ok", "it worked"));
        rows.add(new Row(CHECK_FAILED, "check", "a check found something wrong (doctor, bench)"));
        for (Problem.Kind kind : Problem.Kind.values()) {
            rows.add(new Row(kind.exitCode(), kind.name().toLowerCase(Locale.ROOT).replace('_', '-'), meaning(kind)));
        }
        rows.add(new Row(INTERNAL, "internal", "a fault of Longhand; a log file says more"));
        rows.add(new Row(PIPE_CLOSED, "pipe", "the reader of standard output went away"));
        rows.sort(java.util.Comparator.comparingInt(Row::code));
        return rows;
    }

    private static String meaning(Problem.Kind kind) {
        return switch (kind) {
            case USAGE -> "the command line or the configuration is wrong";
            case NOT_FOUND -> "a named model, desk or file does not exist";
            case UNAVAILABLE -> "a source outside this machine did not answer";
            case MALFORMED -> "a file breaks its format or its digest";
            case UNSUPPORTED -> "a sound file asks for what this version does not do";
            case LIMIT -> "a limit was hit: memory, context, size, count";
            case DISK -> "the disk refused: full, read-only, failing";
            case BUSY -> "another process owns what is needed";
            case OVER_BUDGET -> "a budget of the ledger does not allow it";
            case CANCELLED -> "stopped by the user";
        };
    }
}
