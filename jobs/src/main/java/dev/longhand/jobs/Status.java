package dev.longhand.jobs;

import dev.longhand.base.Check;

/**
 * The state of a job and what belongs to it. Each function is one arrow of the state machine; one that is not drawn in
 * {@link State#next} is our bug and stops.
 *
 * @param attempts         claims since the last recorded step
 * @param notBeforeMicros  job time at which waiting ends; 0 where it does not wait for time
 * @param leaseUntilMicros job time; 0 unless running
 * @param owner            the runner that holds or held it, for people; empty before the first claim
 * @param token            fencing token: claims in all
 * @param isCancelling     somebody asked it to stop, and its runner has not let go yet
 * @param failure          the last failure in words; empty where there was none
 */
public record Status(
        State state,
        Wait waitFor,
        long attempts,
        long notBeforeMicros,
        long leaseUntilMicros,
        String owner,
        long token,
        boolean isCancelling,
        String failure) {
    static final Status QUEUED = new Status(State.QUEUED, Wait.NOTHING, 0, 0, 0, "", 0, false, "");
    static final Status UNFUNDED = new Status(State.WAITING, Wait.FUNDS, 0, 0, 0, "", 0, false, "");

    private Status to(State next, Wait waitFor, long attempts, boolean isCancelling) {
        Check.invariant(state.next().contains(next), "a job went from %s to %s", state, next);
        return new Status(next, waitFor, attempts, 0, 0, owner, token, isCancelling, failure);
    }

    private Status leased(String owner, long token, long untilMicros) {
        return new Status(state, waitFor, attempts, notBeforeMicros, untilMicros, owner, token, isCancelling, failure);
    }

    private Status said(String failure) {
        return new Status(state, waitFor, attempts, notBeforeMicros, leaseUntilMicros, owner, token, isCancelling, failure);
    }

    /** A runner takes it. */
    Status claimed(String owner, long leaseUntilMicros) {
        return to(State.RUNNING, Wait.NOTHING, attempts + 1, false).leased(owner, token + 1, leaseUntilMicros);
    }

    Status renewed(long leaseUntilMicros) {
        return leased(owner, token, leaseUntilMicros);
    }

    /** A step was recorded: what follows is at its first attempt. */
    Status stepped() {
        return new Status(state, waitFor, 1, notBeforeMicros, leaseUntilMicros, owner, token, isCancelling, failure);
    }

    /** Its runner gives it back without a fault of its own. */
    Status handedBack() {
        return to(State.QUEUED, Wait.NOTHING, attempts - 1, false);
    }

    /** It waits for its children; that is no attempt. */
    Status suspended() {
        return to(State.WAITING, Wait.CHILDREN, attempts - 1, false);
    }

    /** What it waited for is there, or its lease ran out. */
    Status queued() {
        return to(State.QUEUED, Wait.NOTHING, attempts, false);
    }

    Status backingOff(long untilMicros, String why) {
        Status s = to(State.WAITING, Wait.TIME, attempts, false).said(why);
        return new Status(s.state, s.waitFor, s.attempts, untilMicros, 0, s.owner, s.token, false, why);
    }

    Status failed(String why) {
        return to(State.FAILED, Wait.NOTHING, attempts, false).said(why);
    }

    Status done() {
        return to(State.DONE, Wait.NOTHING, attempts, false).said("");
    }

    Status cancelled() {
        return to(State.CANCELLED, Wait.NOTHING, attempts, false);
    }

    /** Its runner, or who carves its budget, is asked to stop. */
    Status cancelling() {
        return new Status(state, waitFor, attempts, notBeforeMicros, leaseUntilMicros, owner, token, true, failure);
    }

    Status resumed(boolean needsFunds) {
        return needsFunds ? to(State.WAITING, Wait.FUNDS, 0, false) : to(State.QUEUED, Wait.NOTHING, 0, false);
    }
}
