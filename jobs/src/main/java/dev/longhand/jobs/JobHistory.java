package dev.longhand.jobs;

import dev.longhand.base.Problem;
import dev.longhand.store.Store;
import java.util.List;
import java.util.Optional;

/** What is kept of jobs, for owners of a kind of jobs that forget old ones. Thread-safe. */
public final class JobHistory {
    private final Store store;

    JobHistory(Store store) {
        this.store = store;
    }

    /** Those of a kind in the order in which they were submitted, a page of them; as {@link Jobs#list}. */
    public List<Job> ofKind(String kind, long createdAfterMicros, int rows) throws Problem {
        return store.read(tx -> Rows.ofKind(tx, kind, createdAfterMicros, rows));
    }

    /** Bytes of a job's input and of its recorded steps. */
    public long bytes(String id) throws Problem {
        return store.read(tx -> Rows.bytes(tx, id));
    }

    /**
     * Removes a job that has ended, with its steps; its lines in the books stay. False where it has not ended, is part of
     * another or has parts, had an effect, or has money that is not settled: such a one is kept. True too where it is not there.
     */
    public boolean forget(String id) throws Problem {
        return store.write(tx -> {
            Optional<Job> job = Rows.job(tx, id);
            boolean mayGo = job.isEmpty() || job.get().state().isEnd() && job.get().purse().isSettled()
                    && job.get().parent().isEmpty() && Rows.childCount(tx, id) == 0 && !Rows.hasEffect(tx, id);
            if (mayGo && job.isPresent()) {
                Rows.deleteSteps(tx, id);
                Rows.delete(tx, id);
            }
            return mayGo;
        });
    }
}
