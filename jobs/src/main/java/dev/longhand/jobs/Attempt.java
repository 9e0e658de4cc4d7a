package dev.longhand.jobs;

import dev.longhand.base.Problem;

/** One run of a handler, from a claim to what becomes of the job. */
final class Attempt {
    private final Jobs jobs;
    private final Queue queue;
    private final Backoff backoff;
    private final JobContext context;

    Attempt(Jobs jobs, Backoff backoff, Claim claim) {
        this.jobs = jobs;
        this.queue = jobs.queue();
        this.backoff = backoff;
        this.context = new JobContext(jobs, claim);
    }

    JobContext context() {
        return context;
    }

    /**
     * Runs the job and writes what became of it. Whatever the handler throws is the job's failure, errors of the virtual machine
     * included. A problem that comes out is one of writing: then the lease runs out and the job is claimed again.
     */
    void run(JobHandler handler, byte[] input) throws Problem {
        byte[] result = null;
        Throwable failure = null;
        try {
            result = handler.run(context, input);
            if (context.delivered() == null) {
                context.checkAllAsked();
                context.checkResult(result, "the end");
            }
        } catch (Throwable e) {
            failure = e;
        }
        try {
            end(result, failure);
        } catch (LeaseLost e) {
            // Who has the job now writes what becomes of it.
        }
        jobs.settle(jobs.job(context.id()));
        jobs.bell().ring();
    }

    private void end(byte[] result, Throwable failure) throws Problem {
        Lease lease = context.lease();
        Progress progress = context.progress();
        Stop stop = failure == null ? context.delivered() : context.requested();
        if (stop != null) {
            stopped(stop, lease, progress);
        } else if (failure == null) {
            queue.complete(lease, result, progress);
        } else {
            queue.fail(lease, Words.of(failure), failure instanceof JobFailed, backoff, progress);
        }
    }

    private void stopped(Stop stop, Lease lease, Progress progress) throws Problem {
        switch (stop) {
            case CANCELLED -> queue.stop(lease, progress);
            case OVERDUE -> queue.fail(lease, "its deadline passed before it ended", true, backoff, progress);
            case CLOSING -> queue.handBack(lease, progress);
            case CHILDREN -> queue.suspend(lease, progress);
            case LOST -> { }
        }
    }
}
