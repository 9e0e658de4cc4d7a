package dev.longhand.lm;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;

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
        return generate(sequence, prompt, spec, Collections.nCopies(count, Sink.SILENT));
    }

    /**
     * As the other, with one sink for each answer. Each is called from its answer's own thread, so several are called at the same
     * time; while the prompt is read, all are told on the calling thread, and it is read on as long as one of them wants it. A sink
     * that cancels ends its own answer only; one that throws ends all of them with what it threw. No sink is called after the
     * return.
     */
    public static List<Answer> generate(Sequence sequence, int[] prompt, GenerationSpec spec, List<? extends Sink> sinks)
            throws Problem {
        int count = sinks.size();
        Check.argument(count >= 1 && count <= COUNT_MAX, "%d answers; from 1 to %d", count, COUNT_MAX);
        sequence.read(prompt, all(sinks));
        List<Sequence> forks = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        BlockingQueue<FutureTask<Answer>> done = new LinkedBlockingQueue<>(count);
        try {
            List<FutureTask<Answer>> tasks = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                Sequence fork = sequence.fork();
                Sink sink = sinks.get(i);
                forks.add(fork);
                GenerationSpec own = spec.withSampling(spec.sampling().withSeed(spec.sampling().seed() + i));
                FutureTask<Answer> task = new FutureTask<>(() -> fork.generate(prompt, own, sink)) {
                    @Override
                    protected void done() {
                        done.add(this);
                    }
                };
                tasks.add(task);
                threads.add(Thread.ofVirtual().name("longhand-answer-" + i).start(task));
            }
            for (int i = 0; i < count; i++) {
                await(done.take()); // the first that fails ends the others
            }
            List<Answer> answers = new ArrayList<>();
            for (FutureTask<Answer> task : tasks) {
                answers.add(await(task));
            }
            return answers;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem(Problem.Kind.CANCELLED, "interrupted while answers were made", e);
        } finally {
            forks.forEach(Sequence::close);
            threads.forEach(ParallelAnswers::join);
        }
    }

    /** Told what each is told; wants no more when none does. */
    private static Sink all(List<? extends Sink> sinks) {
        return new Sink() {
            @Override
            public void text(String piece) {}

            @Override
            public void reading(int done, int total) {
                sinks.forEach(sink -> sink.reading(done, total));
            }

            @Override
            public boolean isCancelled() {
                return sinks.stream().allMatch(Sink::isCancelled);
            }
        };
    }

    /** Waits even when interrupted: what runs was cancelled and ends soon. */
    private static void join(Thread thread) {
        boolean isInterrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                isInterrupted = true;
            }
        }
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static Answer await(FutureTask<Answer> task) throws Problem, InterruptedException {
        try {
            return task.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case Problem problem -> throw problem;
                case RuntimeException fault -> throw fault;
                default -> throw new IllegalStateException("an answer failed", e.getCause());
            }
        }
    }
}
