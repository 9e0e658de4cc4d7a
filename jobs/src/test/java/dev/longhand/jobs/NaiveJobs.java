package dev.longhand.jobs;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Jobs as a list, with their money: everything is found by walking it. Slow and plain, to compare with. Times are job time. */
final class NaiveJobs {
    static final int ATTEMPTS_MAX = Limits.DEFAULT.attemptsMax();

    /** A job with all that is known of it. */
    static final class N {
        final String id;
        final int priority;
        final String parent;
        final String payer;
        final long amount;
        final long deadline;
        State state = State.QUEUED;
        Wait waitFor = Wait.NOTHING;
        long due;
        long attempts;
        long token;
        long notBefore;
        long leaseUntil;
        boolean isCancelling;
        final List<String> steps = new ArrayList<>();
        String checkpoint;
        String intent;
        long added;
        long charges;
        long posted;
        long open;
        boolean isClosed;
        boolean isSettled;

        N(String id, int priority, String parent, String payer, long amount, long deadline) {
            this.id = id;
            this.priority = priority;
            this.parent = parent;
            this.payer = payer;
            this.amount = amount;
            this.deadline = deadline;
            this.isSettled = payer.isEmpty();
        }

        boolean isFunded() {
            return !payer.isEmpty();
        }

        void to(State next, Wait wait) {
            state = next;
            waitFor = wait;
            notBefore = 0;
            leaseUntil = 0;
            isCancelling = false;
        }
    }

    final Map<String, N> jobs = new LinkedHashMap<>();
    final Map<String, Long> hard = new HashMap<>();

    N get(String id) {
        return jobs.get(id);
    }

    long openCount() {
        return jobs.values().stream().filter(j -> !j.state.isEnd()).count();
    }

    List<N> children(String id) {
        return jobs.values().stream().filter(j -> j.parent.equals(id)).toList();
    }

    private boolean hasOpenChild(N job) {
        return children(job.id).stream().anyMatch(c -> !c.state.isEnd());
    }

    // Money.

    private List<N> paidBy(String account) {
        return jobs.values().stream().filter(j -> j.payer.equals(account)).toList();
    }

    private N ownerOf(String account) {
        return account.startsWith("job:") ? jobs.get(account.substring(4)) : null;
    }

    long used(String account) {
        N owner = ownerOf(account);
        return (owner == null ? 0 : owner.charges) + paidBy(account).stream().mapToLong(j -> j.posted + j.open).sum();
    }

    private long spent(N job) {
        return job.charges + paidBy("job:" + job.id).stream().mapToLong(j -> j.posted).sum();
    }

    private long left(String account) {
        N owner = ownerOf(account);
        long limit = owner == null ? hard.get(account) : owner.isClosed ? 0 : owner.amount + owner.added;
        return limit - used(account);
    }

    private boolean carve(N job) {
        long amount = Math.max(0, job.amount + job.added - spent(job));
        if (amount > left(job.payer)) {
            return false;
        }
        job.open = amount;
        job.isClosed = false;
        job.isSettled = false;
        return true;
    }

    boolean settle(N job) {
        if (job.isSettled || !job.state.isEnd()) {
            return false;
        }
        job.isClosed = true;
        if (paidBy("job:" + job.id).stream().anyMatch(c -> c.open > 0)) {
            return false;
        }
        job.posted = spent(job);
        job.open = 0;
        job.isSettled = true;
        return true;
    }

    int tidy() {
        int settled = 0;
        for (boolean any = true; any; ) {
            any = false;
            for (N each : jobs.values()) {
                if (settle(each)) {
                    settled++;
                    any = true;
                }
            }
        }
        return settled;
    }

    boolean charge(N job, long amount) {
        if (amount > left("job:" + job.id)) {
            return false;
        }
        job.charges += amount;
        return true;
    }

    // States.

    String submit(N wish, long due) {
        N there = jobs.get(wish.id);
        if (there != null) {
            boolean same = there.priority == wish.priority && there.parent.equals(wish.parent) && there.payer.equals(wish.payer)
                    && there.amount == wish.amount && there.deadline == wish.deadline;
            return same ? there.state.name() : "conflict";
        }
        N parent = jobs.get(wish.parent);
        if (parent != null && (parent.state.isEnd() || parent.isCancelling)) {
            return "refused";
        }
        if (wish.isFunded() && !carve(wish)) {
            return "no funds";
        }
        wish.due = due;
        jobs.put(wish.id, wish);
        return "QUEUED";
    }

    private void end(N job, State state) {
        job.to(state, Wait.NOTHING);
        N parent = jobs.get(job.parent);
        if (parent != null && parent.waitFor == Wait.CHILDREN && !hasOpenChild(parent)) {
            parent.to(State.QUEUED, Wait.NOTHING);
        }
    }

    private void sweep(long now) {
        for (N each : List.copyOf(jobs.values())) {
            if (each.due > 0 && each.due <= now && (each.state == State.QUEUED || each.state == State.WAITING)) {
                end(each, State.FAILED);
            }
        }
        for (N each : jobs.values()) {
            if (each.waitFor == Wait.TIME && each.notBefore <= now) {
                each.to(State.QUEUED, Wait.NOTHING);
            }
        }
        for (N each : List.copyOf(jobs.values())) {
            if (each.state == State.RUNNING && each.leaseUntil <= now) {
                if (each.isCancelling) {
                    end(each, State.CANCELLED);
                } else if (each.due > 0 && each.due <= now || each.attempts >= ATTEMPTS_MAX) {
                    end(each, State.FAILED);
                } else {
                    each.to(State.QUEUED, Wait.NOTHING);
                }
            }
        }
    }

    Optional<N> claim(long now) {
        sweep(now);
        List<N> inOrder = List.copyOf(jobs.values());
        Optional<N> first = inOrder.stream().filter(j -> j.state == State.QUEUED)
                .min(Comparator.comparingInt((N j) -> -j.priority).thenComparing(inOrder::indexOf));
        first.ifPresent(j -> {
            j.to(State.RUNNING, Wait.NOTHING);
            j.attempts++;
            j.token++;
        });
        return first;
    }

    boolean owns(String id, long token) {
        N job = jobs.get(id);
        return job.state == State.RUNNING && job.token == token;
    }

    void record(N job, String result) {
        job.steps.add(result);
        job.checkpoint = null;
        job.intent = null;
        job.attempts = 1;
    }

    String complete(N job) {
        if (hasOpenChild(job)) {
            return await(job);
        }
        end(job, State.DONE);
        return "DONE";
    }

    String suspend(N job) {
        return hasOpenChild(job) ? await(job) : handBackPlain(job);
    }

    private String await(N job) {
        if (job.isCancelling) {
            end(job, State.CANCELLED);
            return "CANCELLED";
        }
        job.to(State.WAITING, Wait.CHILDREN);
        job.attempts--;
        return "WAITING";
    }

    private String handBackPlain(N job) {
        job.to(State.QUEUED, Wait.NOTHING);
        job.attempts--;
        return "QUEUED";
    }

    String handBack(N job) {
        return job.isCancelling ? stop(job) : handBackPlain(job);
    }

    String stop(N job) {
        end(job, State.CANCELLED);
        return "CANCELLED";
    }

    String fail(N job, boolean isForGood) {
        if (job.isCancelling) {
            return stop(job);
        }
        if (isForGood || job.attempts >= ATTEMPTS_MAX) {
            end(job, State.FAILED);
            return "FAILED";
        }
        job.to(State.WAITING, Wait.TIME);
        return "WAITING";
    }

    String cancel(N job) {
        cancelAll(job);
        N parent = jobs.get(job.parent);
        if (parent != null && parent.waitFor == Wait.CHILDREN && !hasOpenChild(parent)) {
            parent.to(State.QUEUED, Wait.NOTHING);
        }
        settle(job);
        return job.state.name();
    }

    private void cancelAll(N job) {
        if (job.state == State.RUNNING) {
            job.isCancelling = true;
        } else if (!job.state.isEnd()) {
            job.to(State.CANCELLED, Wait.NOTHING);
        }
        children(job.id).forEach(this::cancelAll);
    }

    String resume(N job, long more, long due) {
        settle(job);
        N parent = jobs.get(job.parent);
        if (job.state != State.FAILED || !job.isSettled || more > 0 && !job.isFunded()
                || parent != null && (parent.state == State.DONE || parent.state == State.CANCELLED)) {
            return "refused";
        }
        job.attempts = 0;
        job.due = due;
        if (job.isFunded()) {
            job.added += more;
            if (!carve(job)) {
                job.added -= more;
                return "no funds";
            }
        }
        job.to(State.QUEUED, Wait.NOTHING);
        return "QUEUED";
    }
}
