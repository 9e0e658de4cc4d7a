package dev.longhand.jobs;

/**
 * Where a funded job's money stands.
 *
 * @param round     how often money was carved for it: once, and again each time that it was resumed
 * @param added     to the amount that it was submitted with
 * @param isSettled whether the carving of this round has ended; always for a job without a budget
 */
public record Purse(long round, long added, boolean isSettled) {
    static final Purse NONE = new Purse(0, 0, true);
    static final Purse FIRST = new Purse(1, 0, false);

    Purse settled() {
        return new Purse(round, added, true);
    }

    /** Nothing was carved in this round, and the budget is not raised by {@code more} after all. */
    Purse refused(long more) {
        return new Purse(round, added - more, true);
    }

    Purse next(long more) {
        return new Purse(round + 1, Math.addExact(added, more), false);
    }
}
