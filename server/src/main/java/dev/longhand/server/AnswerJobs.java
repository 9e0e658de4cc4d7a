package dev.longhand.server;

import dev.longhand.jobs.Job;

/** Kept answers among the jobs of a data directory, for who works on jobs outside a server. Stateless. */
public final class AnswerJobs {
    private AnswerJobs() {}

    public static boolean isOne(Job job) {
        return job.kind().equals(AnswerOrder.KIND);
    }

    /** Why it is not taken up by hand as other jobs are: whoever followed it was told its end, and a server goes on by itself. */
    public static String whyNotResumed(Job job) {
        return job.state().isEnd() ? "answer %s has told its end; ask again by POST /v1/answers".formatted(job.id())
                : "answer %s has not ended; a server goes on with it by itself".formatted(job.id());
    }
}
