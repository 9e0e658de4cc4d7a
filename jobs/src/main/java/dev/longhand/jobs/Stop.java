package dev.longhand.jobs;

/** Why a job's code is stopped between two steps, without a fault of its own. */
enum Stop {
    /** Somebody cancelled it. */
    CANCELLED,
    /** Its deadline passed. */
    OVERDUE,
    /** Another runner has it. */
    LOST,
    /** The runner closes: the job goes back to the queue. */
    CLOSING,
    /** It waits for its children. */
    CHILDREN;

    /** Unwinds a handler. Unchecked, so that handlers need not know it; who catches it is stopped at the next call again. */
    static final class Signalled extends RuntimeException {
        Signalled(Stop why) {
            super("the job stops here: " + why, null, false, false);
        }
    }
}
