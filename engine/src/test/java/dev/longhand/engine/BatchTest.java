package dev.longhand.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.kernels.KvType;
import dev.longhand.lm.Answer;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Message;
import dev.longhand.lm.Sampling;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.SequenceSpec.Priority;
import dev.longhand.lm.Sink;
import dev.longhand.testkit.RealModels;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Goal: an answer does not depend on who else is answered. Method: SmolLM2, alone and among sixteen others. */
class BatchTest {
    private record Step(int decodeRows, int promptRows) {}

    @ParameterizedTest
    @EnumSource(KvType.class)
    void tokensAreTheSameAloneAndAmongSixteenOthers(KvType kv) throws Exception {
        try (LocalModel model = open(EngineOptions.DEFAULT.withKvType(kv).withPrefixBytesMax(0))) {
            List<GenerationSpec> specs = List.of(GenerationSpec.greedy(40),
                    new GenerationSpec(40, new Sampling(0.9f, 50, 0.95f, 0.02f, 1.1f, 64, 5), List.of()));
            List<int[]> alone = new ArrayList<>();
            for (GenerationSpec spec : specs) {
                alone.add(start(model, prompt(model, 0), spec).get().tokens());
            }
            int[] most = new int[1];
            model.engine().meter().watch((d, p, n) -> most[0] = Math.max(most[0], d));
            List<FutureTask<Answer>> others = new ArrayList<>();
            for (int i = 1; i <= 16; i++) {
                others.add(start(model, prompt(model, i), GenerationSpec.greedy(50 + i), Priority.BATCH));
            }
            for (int i = 0; i < specs.size(); i++) {
                assertThat(start(model, prompt(model, 0), specs.get(i)).get().tokens()).isEqualTo(alone.get(i));
            }
            for (FutureTask<Answer> other : others) {
                other.get();
            }
            assertThat(most[0]).as("answered together").isGreaterThanOrEqualTo(8);
            model.checkIntegrity();
        }
    }

    /**
     * Goal: a long prompt holds nobody up. Method: count rows: while it is read, all who answer have a row in each step, and
     * it a few.
     */
    @Test
    void aLongPromptAmongEightAnswersIsReadInSmallPieces() throws Exception {
        try (LocalModel model = open(EngineOptions.DEFAULT.withPrefixBytesMax(0))) {
            List<Step> steps = new CopyOnWriteArrayList<>();
            List<FutureTask<Answer>> answers = new ArrayList<>();
            model.engine().meter().watch((d, p, n) -> steps.add(new Step(d, p)));
            for (int i = 0; i < 8; i++) { // none of which ends by itself, however late the long prompt comes
                answers.add(start(model, prompt(model, i), GenerationSpec.greedy(400).withLogitBias(noEnd(model))));
            }
            while (steps.stream().noneMatch(s -> s.decodeRows == 8)) {
                Thread.onSpinWait();
            }
            int[] text = new int[1_500];
            for (int i = 0; i < text.length; i++) {
                text[i] = 100 + i * 31 % 4_000;
            }
            start(model, text, GenerationSpec.greedy(1)).get();
            List<Step> mixed = steps.stream().filter(s -> s.promptRows > 0 && s.decodeRows >= 8).toList();
            assertThat(mixed).isNotEmpty().allSatisfy(s -> assertThat(s.promptRows).isLessThan(512));
            for (FutureTask<Answer> answer : answers) {
                assertThat(answer.get().tokens()).isNotEmpty();
            }
        }
    }

    /**
     * Goal: answering makes no garbage. Method: what all threads of the engine allocate over 1,000 tokens, after as many to
     * warm up.
     */
    @Test
    void aTokenTakesAtMost256BytesOfHeap() throws Exception {
        try (LocalModel model = open(EngineOptions.DEFAULT); Sequence sequence = model.open(new SequenceSpec(2_048))) {
            int[] prompt = model.begin("Once upon a time");
            Sampling endless = new Sampling(1f, 40, 0.95f, 0, 1.1f, 64, 1);
            int tokens = 0;
            long bytes = 0;
            for (int seed = 0; tokens < 1_000; seed++) {
                long before = engineBytes();
                GenerationSpec spec = new GenerationSpec(500, endless.withSeed(seed), List.of());
                int answered = sequence.generate(prompt, spec, Sink.SILENT).tokens().length;
                if (seed >= 3) {
                    bytes += engineBytes() - before;
                    tokens += answered;
                }
            }
            assertThat(bytes / (double) tokens).as("bytes per token over %d tokens", tokens).isLessThanOrEqualTo(256);
        }
    }

    private static long engineBytes() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long sum = 0;
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().startsWith("longhand-")) {
                sum += threads.getThreadAllocatedBytes(thread.threadId());
            }
        }
        return sum;
    }

    private static Map<Integer, Float> noEnd(LocalModel model) {
        Map<Integer, Float> biases = new HashMap<>();
        for (int id = 0; id < model.tokenizer().size(); id++) {
            if (model.tokenizer().isEnd(id)) {
                biases.put(id, -100f);
            }
        }
        return biases;
    }

    private static int[] prompt(LocalModel model, int i) throws Problem {
        String text = "Story " + i + ": what happened to the keeper of lighthouse number " + i * 7 + "?";
        return model.render(List.of(Message.user(text)));
    }

    private static FutureTask<Answer> start(LocalModel model, int[] prompt, GenerationSpec spec) {
        return start(model, prompt, spec, Priority.INTERACTIVE);
    }

    private static FutureTask<Answer> start(LocalModel model, int[] prompt, GenerationSpec spec, Priority priority) {
        FutureTask<Answer> task = new FutureTask<>(() -> {
            try (Sequence sequence = model.open(new SequenceSpec(prompt.length + spec.tokensMax(), "", priority))) {
                return sequence.generate(prompt, spec, Sink.SILENT);
            }
        });
        Thread.ofVirtual().start(task);
        return task;
    }

    private static LocalModel open(EngineOptions options) throws Problem {
        return LocalModel.open(RealModels.smolLm2(), "smollm2", "", options, Clock.SYSTEM);
    }
}
