package dev.longhand.jobs;

import dev.longhand.base.Problem;
import dev.longhand.store.Store;
import dev.longhand.store.Tx;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Looks at every job: its state against its lease, its steps, its effects, its parent and its account. Each page of jobs is seen at
 * one moment, so that it may run beside runners.
 */
final class JobAudit {
    private static final int FINDINGS_MAX = 100;

    private final Store store;
    private final Funds funds;
    private final Limits limits;
    private final List<String> findings = new ArrayList<>();

    JobAudit(Store store, Funds funds, Limits limits) {
        this.store = store;
        this.funds = funds;
        this.limits = limits;
    }

    List<String> run() throws Problem {
        long after = Long.MIN_VALUE;
        for (List<Job> page; !(page = page(after)).isEmpty() && findings.size() < FINDINGS_MAX; ) {
            for (Job each : page) {
                if (each.funding().isPresent()) {
                    money(each);
                }
            }
            after = page.getLast().createdMicros();
        }
        return List.copyOf(findings.subList(0, Math.min(findings.size(), FINDINGS_MAX)));
    }

    private List<Job> page(long after) throws Problem {
        List<String> found = new ArrayList<>();
        List<Job> page = store.read(tx -> {
            found.clear();
            List<Job> jobs = Rows.list(tx, List.of(), after, limits.pageRows());
            long head = Rows.head(tx);
            for (Job each : jobs) {
                status(each, head, found);
                steps(tx, each, found);
                family(tx, each, found);
            }
            return jobs;
        });
        findings.addAll(found);
        return page;
    }

    private void status(Job job, long head, List<String> found) {
        Status s = job.status();
        String who = "job " + job.id() + " is " + s.state();
        say(found, (s.state() == State.WAITING) != (s.waitFor() != Wait.NOTHING), who + " and waits for " + s.waitFor());
        say(found, (s.state() == State.RUNNING) != (s.leaseUntilMicros() > 0), who + " with a lease until " + s.leaseUntilMicros());
        say(found, s.state() == State.RUNNING && (s.owner().isEmpty() || s.token() < 1 || s.attempts() < 1),
                who + " by \"%s\", claim %d, attempt %d".formatted(s.owner(), s.token(), s.attempts()));
        say(found, (s.waitFor() == Wait.TIME) != (s.notBeforeMicros() > 0), who + " with a not-before time of "
                + s.notBeforeMicros());
        say(found, s.attempts() > limits.attemptsMax() || s.attempts() > s.token(),
                who + " after %d attempts and %d claims; at most %d attempts".formatted(s.attempts(), s.token(),
                limits.attemptsMax()));
        say(found, s.state() == State.QUEUED && s.attempts() >= limits.attemptsMax(), who + " after " + s.attempts() + " attempts");
        say(found, s.state() == State.FAILED && s.failure().isEmpty(), who + " without a reason");
        say(found, s.isCancelling() && s.state() != State.RUNNING && s.waitFor() != Wait.FUNDS, who + " and asked to stop");
        say(found, s.waitFor() == Wait.FUNDS && (job.funding().isEmpty() || job.purse().isSettled()), who
                + " for funds, and needs none");
        say(found, job.funding().isEmpty() && !job.purse().isSettled(), who + " without a budget, and not settled");
        say(found, job.updatedMicros() > head || job.createdMicros() > job.updatedMicros(),
                who + ", created at %d, changed at %d, and job time is %d".formatted(job.createdMicros(), job.updatedMicros(),
                head));
    }

    private static void say(List<String> found, boolean isWrong, String what) {
        if (isWrong) {
            found.add(what);
        }
    }

    private void steps(Tx tx, Job job, List<String> found) throws SQLException {
        String who = "job " + job.id();
        long done = tx.number("SELECT count(*) FROM step WHERE job = ? AND state = 'DONE'", job.id());
        long last = tx.number("SELECT coalesce(max(number), -1) FROM step WHERE job = ? AND state = 'DONE'", job.id());
        say(found, done != job.steps() || last != job.steps() - 1,
                who + " counts %d steps; %d are recorded, the last is number %d".formatted(job.steps(), done, last));
        long started = tx.number("SELECT count(*) FROM step WHERE job = ? AND state <> 'DONE'", job.id());
        Optional<Step> next = Rows.step(tx, job.id(), job.steps());
        say(found, started > 1 || started == 1 && next.isEmpty(), who + " has %d begun steps, and is at step %d".formatted(started,
                job.steps()));
        say(found, job.state() == State.DONE && started > 0, who + " is DONE in the middle of a step");
        long newest = tx.number("SELECT coalesce(max(fencing_token), 0) FROM step WHERE job = ?", job.id());
        say(found, newest > job.status().token(), who + " was claimed %d times and has a step of claim %d".formatted(
                job.status().token(), newest));
        long bare = tx.number("SELECT count(*) FROM step WHERE job = ? AND state = 'DONE' AND "
                + "(result IS NULL OR checkpoint IS NOT NULL)",
                job.id());
        say(found, bare > 0, who + " has %d recorded steps without a result or with a checkpoint left".formatted(bare));
        say(found, (job.state() == State.DONE) != Rows.result(tx, job.id()).isPresent(), who + " is " + job.state() + " and has "
                + (job.state() == State.DONE ? "no" : "a") + " result");
        long loose = tx.number("SELECT count(*) FROM effect e WHERE e.job = ? AND NOT EXISTS "
                + "(SELECT 1 FROM step s WHERE s.job = e.job "
                + "AND s.number = e.number AND s.effect_key = e.effect_key AND (s.state = 'DONE') = (e.result IS NOT NULL))",
                job.id());
        say(found, loose > 0, who + " has %d effects that do not fit their steps".formatted(loose));
    }

    private void family(Tx tx, Job job, List<String> found) throws SQLException {
        boolean hasOpen = Rows.hasOpenChild(tx, job.id());
        say(found, hasOpen && job.state() == State.DONE, "job " + job.id() + " is DONE, and a child of it is not");
        say(found, !hasOpen && job.status().waitFor() == Wait.CHILDREN, "job " + job.id()
                + " waits for children, and none is open");
        if (job.parent().isEmpty()) {
            return;
        }
        Job parent = Rows.job(tx, job.parent()).orElse(null);
        say(found, parent == null, "job " + job.id() + " is part of " + job.parent() + ", which is not there");
        say(found, parent != null && parent.createdMicros() >= job.createdMicros(), "job " + job.id() + " is older than its parent "
                + job.parent());
        say(found, parent != null && parent.state() == State.CANCELLED && !job.state().isEnd() && !job.status().isCancelling(),
                "job " + job.id() + " is " + job.state() + ", and its parent was cancelled");
    }

    /** The books are read beside the jobs: a finding counts only if the job has not changed meanwhile. */
    private void money(Job job) throws Problem {
        List<String> found = funds.check(job);
        if (!found.isEmpty() && store.read(tx -> Rows.job(tx, job.id())).equals(Optional.of(job))) {
            findings.addAll(found);
        }
    }
}
