package dev.longhand.jobs;

/** What a waiting job waits for. */
public enum Wait {
    NOTHING,
    /** Its not-before time, after a failed attempt. */
    TIME,
    /** That its last child ends. */
    CHILDREN,
    /** That its budget is carved from its payer's. */
    FUNDS
}
