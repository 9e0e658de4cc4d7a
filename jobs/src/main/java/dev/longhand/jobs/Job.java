package dev.longhand.jobs;

import java.util.Optional;

/**
 * A job as it stands. Its input and result are read apart, see {@link Jobs#input} and {@link Jobs#result}.
 *
 * @param deadlineMicros as it was asked for; 0 for none
 * @param parent         id of the job that it is a part of; empty for none
 * @param dueMicros      job time at which it fails if it has not ended; 0 for never
 * @param steps          recorded steps
 * @param createdMicros  job time, unique: the older of two jobs has the smaller one
 * @param updatedMicros  job time of its last change, unique; see {@link Jobs#changesAfter}
 */
public record Job(
        String id,
        String kind,
        int priority,
        long deadlineMicros,
        String parent,
        Optional<Funding> funding,
        Status status,
        long dueMicros,
        long steps,
        Progress progress,
        Purse purse,
        long createdMicros,
        long updatedMicros) {

    public State state() {
        return status.state();
    }

    /** The account that its costs are booked on; only a funded job has one. */
    public Optional<String> account() {
        return funding.map(f -> Funds.account(id));
    }

    /** All that it may spend, in its unit; 0 without a budget. */
    public long budget() {
        return funding.map(f -> f.amount() + purse.added()).orElse(0L);
    }

    boolean isOverdue(long nowMicros) {
        return dueMicros > 0 && nowMicros >= dueMicros;
    }

    Job with(Status status) {
        return new Job(id, kind, priority, deadlineMicros, parent, funding, status, dueMicros, steps, progress, purse,
                createdMicros,
                updatedMicros);
    }

    Job with(Purse purse) {
        return new Job(id, kind, priority, deadlineMicros, parent, funding, status, dueMicros, steps, progress, purse,
                createdMicros,
                updatedMicros);
    }

    Job with(Progress progress) {
        return new Job(id, kind, priority, deadlineMicros, parent, funding, status, dueMicros, steps, progress, purse,
                createdMicros,
                updatedMicros);
    }

    Job withSteps(long steps) {
        return new Job(id, kind, priority, deadlineMicros, parent, funding, status, dueMicros, steps, progress, purse,
                createdMicros,
                updatedMicros);
    }

    Job withDue(long dueMicros) {
        return new Job(id, kind, priority, deadlineMicros, parent, funding, status, dueMicros, steps, progress, purse,
                createdMicros,
                updatedMicros);
    }

    Job at(long updatedMicros) {
        return new Job(id, kind, priority, deadlineMicros, parent, funding, status, dueMicros, steps, progress, purse,
                createdMicros,
                updatedMicros);
    }
}
