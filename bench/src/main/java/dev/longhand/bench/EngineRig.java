package dev.longhand.bench;

import dev.longhand.base.Check;
import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.engine.EngineOptions;
import dev.longhand.engine.LocalModel;
import dev.longhand.lm.Answer;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * A model with its engine, and callers that ask at once, each on a thread of its own.
 *
 * <p>Answers are greedy, so a prompt has one answer, whatever else runs. Prompts are the tokens that {@code llama_peer.py} reads.
 */
final class EngineRig implements AutoCloseable {
    /** Prompts that may be tried for each one that is wanted. */
    private static final int TRIES = 4;

    final LocalModel model;
    final Clock clock;
    private final ExecutorService callers =
            Executors.newThreadPerTaskExecutor(Thread.ofPlatform().name("bench-caller-", 0).factory());

    EngineRig(EngineSubject subject, EngineOptions options, Clock clock) throws Problem {
        this.model = LocalModel.open(subject.file(), subject.name(), "", options, clock);
        this.clock = clock;
    }

    /** {@code "native avx512-vnni"}. */
    String label() {
        return OwnModel.label(model.tierChoice());
    }

    /** The tokens of prompt number {@code number}; no two begin alike. */
    int[] prompt(int number, int tokens) {
        int vocabulary = model.model().config().vocabulary();
        int[] prompt = new int[tokens];
        for (int i = 0; i < tokens; i++) {
            prompt[i] = OwnModel.token(number * 613 + i, vocabulary);
        }
        return prompt;
    }

    /** One request, on this thread. */
    Answer ask(String tenant, int[] prompt, int tokens, Sink sink) throws Problem {
        try (Sequence sequence = model.open(new SequenceSpec(prompt.length + tokens).withTenant(tenant))) {
            return sequence.generate(prompt, GenerationSpec.greedy(tokens), sink);
        }
    }

    /** A request on a thread of its own. */
    Future<Answer> start(String tenant, int[] prompt, int tokens, Sink sink) {
        return callers.submit(() -> ask(tenant, prompt, tokens, sink));
    }

    /** All prompts at once; the answers in their order. */
    List<Answer> together(String tenant, List<int[]> prompts, int tokens) throws Problem {
        List<Future<Answer>> running = new ArrayList<>();
        prompts.forEach(p -> running.add(start(tenant, p, tokens, Sink.SILENT)));
        List<Answer> answers = new ArrayList<>();
        for (Future<Answer> each : running) {
            answers.add(await(each));
        }
        return answers;
    }

    /** So many prompts that are answered with all {@code tokens} tokens; the model is warm afterwards. */
    List<int[]> lasting(int count, int promptTokens, int tokens) throws Problem {
        List<int[]> lasting = new ArrayList<>();
        for (int next = 0; lasting.size() < count && next < TRIES * count; ) {
            List<int[]> tried = new ArrayList<>();
            while (tried.size() < count - lasting.size()) {
                tried.add(prompt(next++, promptTokens));
            }
            List<Answer> answers = together("tries", tried, tokens);
            for (int i = 0; i < tried.size(); i++) {
                if (answers.get(i).usage().answeredTokens() == tokens) {
                    lasting.add(tried.get(i));
                }
            }
        }
        Check.argument(lasting.size() == count, "the model ends most answers before %d tokens; take another one", tokens);
        return lasting;
    }

    static Answer await(Future<Answer> running) throws Problem {
        try {
            return running.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Problem problem) {
                throw problem;
            }
            throw new IllegalStateException("a caller failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem(Problem.Kind.CANCELLED, "interrupted", e);
        }
    }

    /** The value below which {@code part} of {@code values} lie. */
    static double quantile(double[] values, double part) {
        if (values.length == 0) {
            return 0;
        }
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[(int) Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)];
    }

    @Override
    public void close() {
        callers.shutdownNow();
        callers.close();
        model.close();
    }
}
