package dev.longhand.lm;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Several answers to one prompt, which is read once. */
public final class ParallelAnswers {
    public static final int COUNT_MAX = 128;

    private ParallelAnswers() {}

    /**
     * Reads {@code prompt} into {@code sequence} and lets {@code count} forks of it answer at the same time; answer i draws with
     * seed {@code spec.sampling().seed() + i}. If one fails, the others are cancelled and its problem is thrown; so does an
     * interrupt.
     */
    public static List<Answer> generate(Sequence sequence, int[] prompt, GenerationSpec spec, int count) throws Problem {
        Check.argument(count >= 1 && count <= COUNT_MAX, "%d answers; from 1 to %d", count, COUNT_MAX);
        sequence.read(prompt, Sink.SILENT);
        List<Sequence> forks = new ArrayList<>();
        try {
            List<FutureTask<Answer>> tasks = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                Sequence fork = sequence.fork();
                forks.add(fork);
                GenerationSpec own = spec.withSampling(spec.sampling().withSeed(spec.sampling().seed() + i));
                FutureTask<Answer> task = new FutureTask<>(() -> fork.generate(prompt, own, Sink.SILENT));
                tasks.add(task);
                Thread.ofVirtual().name("longhand-answer-" + i).start(task);
            }
            List<Answer> answers = new ArrayList<>();
            for (FutureTask<Answer> task : tasks) {
                answers.add(await(task));
            }
            return answers;
        } finally {
            forks.forEach(Sequence::close);
        }
    }

    private static Answer await(FutureTask<Answer> task) throws Problem {
        try {
            return task.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case Problem problem -> throw problem;
                case RuntimeException fault -> throw fault;
                default -> throw new IllegalStateException("an answer failed", e.getCause());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem(Problem.Kind.CANCELLED, "interrupted while answers were made", e);
        }
    }
}
