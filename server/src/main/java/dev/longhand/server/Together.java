package dev.longhand.server;

import dev.longhand.base.Problem;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Does the parts of one call beside each other, each on a thread of its own, while the call's thread watches whether the client is
 * there. When it leaves, or a part fails, the threads of the others are interrupted, which models heed, and waited for.
 */
final class Together {
    /** Parts at the same time; the rest wait, so that one call does not fill the engine's queue. */
    static final int AT_ONCE = 16;
    private static final int LOOK_MS = 50;

    private Together() {}

    /** What each part came to, in their order. */
    static <T> List<T> all(Call call, List<Callable<T>> parts) throws Problem, Refusal, IOException {
        ExecutorService threads = Executors.newFixedThreadPool(Math.min(AT_ONCE, parts.size()),
                Thread.ofVirtual().name("longhand-part-", 0).factory());
        try {
            List<Future<T>> begun = parts.stream().map(threads::submit).toList();
            List<T> results = new ArrayList<>();
            for (Future<T> each : begun) {
                results.add(await(call, each));
            }
            return results;
        } finally {
            threads.shutdownNow();
            threads.close();
        }
    }

    private static <T> T await(Call call, Future<T> part) throws Problem, Refusal, IOException {
        while (true) {
            try {
                return part.get(LOOK_MS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                if (call.isGone()) {
                    throw new IOException("the client left", e);
                }
            } catch (ExecutionException e) {
                throw thrown(e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new Problem(Problem.Kind.CANCELLED, "interrupted while parts of a call ran", e);
            }
        }
    }

    /** Throws it, and returns nothing. */
    private static RuntimeException thrown(Throwable cause) throws Problem, Refusal, IOException {
        switch (cause) {
            case Problem problem -> throw problem;
            case Refusal refusal -> throw refusal;
            case IOException gone -> throw gone;
            case RuntimeException fault -> throw fault;
            case Error error -> throw error;
            default -> throw new IllegalStateException("a part of a call failed", cause);
        }
    }
}
