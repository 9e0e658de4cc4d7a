package dev.longhand.jobs;

/**
 * What a runner learns when it writes for its job.
 *
 * @param isCancelling somebody asked the job to stop
 * @param isOverdue    its deadline has passed
 */
record Signal(boolean isCancelling, boolean isOverdue) {
    static Signal of(Job job, long nowMicros) {
        return new Signal(job.status().isCancelling(), job.isOverdue(nowMicros));
    }
}
