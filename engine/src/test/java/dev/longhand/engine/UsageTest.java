package dev.longhand.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.kernels.KvType;
import dev.longhand.lm.Answer;
import dev.longhand.lm.Embeddings;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Pooling;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.lm.Usage;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.ManualClock;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Goal: what sequences are told that they used is true, and all of it together is what the engine counted. */
class UsageTest {
    private static final int CALLERS = 8;
    private static final int ROUNDS = 20;
    /** One seed of the property with {@code -Dlonghand.usage.seed=3}; else some. */
    private static final int SEED = Integer.getInteger("longhand.usage.seed", 0);

    @TempDir
    Path folder;

    private LocalModel open(EngineOptions options, Clock clock) throws Problem {
        return TinyLlama.open(folder, options, clock);
    }

    /**
     * Goal: no token, microsecond or byte-second is lost or counted twice. Method: seeded callers with little memory; when all have
     * returned, the sum of what they were told is compared with the counters.
     */
    @Test
    void theUsageOfAllSequencesIsWhatTheEngineCounted() throws Exception {
        for (int seed = SEED == 0 ? 1 : SEED; seed <= (SEED == 0 ? 4 : SEED); seed++) {
            boolean isEmbedding = seed % 2 == 0; // an embedding that is refused tells no usage
            Limits limits = new Limits(16, 8, isEmbedding ? 100 : 3, 1_000_000, Duration.ofSeconds(60), Duration.ofSeconds(60));
            EngineOptions options = EngineOptions.DEFAULT.withKvBytesMax(24 * TinyLlama.BLOCK_BYTES).withChunkRows(64)
                    .withLimits(limits);
            try (LocalModel model = open(options, Clock.SYSTEM)) {
                long threadNanos = threadNanos();
                Usage sum = runAll(model, seed, isEmbedding);
                long threadMicros = (threadNanos() - threadNanos) / 1_000;
                String what = "seed %d; once more with mvn -pl engine -am test -Dtest=UsageTest -Dlonghand.usage.seed=%d"
                        .formatted(seed, seed);
                EngineCounters counted = model.counters();
                assertThat(sum.readTokens()).as(what).isEqualTo((int) counted.promptTokens());
                assertThat(sum.cachedTokens()).as(what).isEqualTo((int) counted.cachedTokens());
                assertThat(sum.answeredTokens()).as(what).isEqualTo((int) counted.answeredTokens());
                assertThat(sum.cpuMicros()).as(what).isEqualTo(counted.cpuMicros())
                        .isBetween(threadMicros / 2, threadMicros * 3 / 2);
                assertThat(sum.kvByteSeconds()).as(what).isEqualTo(counted.kvByteSeconds()).isPositive();
                System.out.printf("usage: seed %d, %s, threads used %d us%n", seed, counted, threadMicros);
                assertThat(List.of(counted.preempted(), counted.cancelled(), counted.failed(), counted.cachedTokens()))
                        .as(what).doesNotContain(0L);
                model.checkIntegrity();
            }
        }
    }

    private static Usage runAll(LocalModel model, int seed, boolean isEmbedding) throws Exception {
        List<FutureTask<Usage>> callers = new ArrayList<>();
        for (int i = 0; i < CALLERS; i++) {
            UsageCaller caller = new UsageCaller(model, new Gen(1_000L * seed + i), isEmbedding);
            callers.add(new FutureTask<>(() -> caller.run(ROUNDS)));
            Thread.ofVirtual().start(callers.getLast());
        }
        Usage sum = Usage.NONE;
        for (FutureTask<Usage> each : callers) {
            sum = sum.plus(each.get());
        }
        return sum;
    }

    private static long threadNanos() {
        long sum = 0;
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().equals("longhand-engine") || thread.getName().startsWith("longhand-kernel-")) {
                sum += Math.max(0, ManagementFactory.getThreadMXBean().getThreadCpuTime(thread.threadId()));
            }
        }
        return sum;
    }

    /**
     * Goal: all is counted before a caller learns of the end. Method: nothing waits: the counters right after each of many calls.
     */
    @Test
    void whenACallReturnsAllOfItIsCounted() throws Exception {
        try (LocalModel model = open(EngineOptions.DEFAULT.withGuessing(false).withPrefixBytesMax(0), Clock.SYSTEM)) {
            long answered = 0;
            for (int i = 0; i < 300; i++) {
                try (Sequence sequence = model.open(new SequenceSpec(40))) {
                    int tokens = 1 + i % 3;
                    Usage told = sequence.generate(EngineTest.prompt(i, 5), GenerationSpec.greedy(tokens), Sink.SILENT).usage();
                    answered += tokens;
                    assertThat(told).isEqualTo(sequence.usage());
                    assertThat(told.readTokens()).isEqualTo(5);
                    assertThat(told.cpuMicros()).isPositive();
                    assertThat(model.counters().answeredTokens()).isEqualTo(answered);
                    assertThat(model.counters().promptTokens()).isEqualTo(5L * (i + 1));
                }
            }
        }
    }

    /** Goal: what the engine did ahead is paid and seen. Method: a caller takes one token and then waits until the ring is full. */
    @Test
    void tokensThatNobodyTookAreInTheUsageOfTheSequenceAndNotOfTheAnswer() throws Exception {
        try (LocalModel model = open(EngineOptions.DEFAULT, Clock.SYSTEM); Sequence sequence = model.open(new SequenceSpec(600))) {
            boolean[] isEnough = {false};
            Answer answer = sequence.generate(EngineTest.prompt(1, 20), GenerationSpec.greedy(500), new Sink() {
                @Override
                public void text(String piece) {}

                @Override
                public void token(int id) {
                    while (model.counters().answeredTokens() < 1 + TokenRing.CAPACITY) {
                        Thread.onSpinWait();
                    }
                    isEnough[0] = true;
                }

                @Override
                public boolean isCancelled() {
                    return isEnough[0];
                }
            });
            assertThat(answer.stop()).isEqualTo(Answer.Stop.CANCELLED);
            assertThat(answer.usage().answeredTokens()).isEqualTo(1).isEqualTo(answer.tokens().length);
            assertThat(sequence.usage().answeredTokens()).isEqualTo(1 + TokenRing.CAPACITY);
            assertThat(answer.usage().cpuMicros()).isEqualTo(sequence.usage().cpuMicros());
        }
    }

    /** Goal: memory costs by bytes and seconds. Method: a clock that a step moves on by a second; 70 tokens are in two blocks. */
    @Test
    void byteSecondsAreTheBlocksHeldTimesTheSecondsOfTheCall() throws Exception {
        ManualClock clock = new ManualClock();
        try (LocalModel model = open(EngineOptions.DEFAULT.withGuessing(false).withPrefixBytesMax(0), clock);
                Sequence sequence = model.open(new SequenceSpec(200))) {
            model.engine().meter().watch((d, p, n) -> clock.advance(1_000_000_000L));
            // The last step's second comes before the end is told, so a call of four steps holds its memory for four seconds.
            Usage told = sequence.generate(EngineTest.prompt(1, 70), GenerationSpec.greedy(4), Sink.SILENT).usage();
            assertThat(told.kvByteSeconds()).isEqualTo(4 * 2 * TinyLlama.BLOCK_BYTES);
            assertThat(told.answerSeconds() + told.readSeconds()).isCloseTo(4, within(1e-9));
            clock.advance(3_600_000_000_000L);
            Usage more = sequence.generate(EngineTest.prompt(1, 64), GenerationSpec.greedy(1), Sink.SILENT).usage();
            assertThat(more.kvByteSeconds()).as("nothing for what is held between calls").isEqualTo(TinyLlama.BLOCK_BYTES);
            assertThat(sequence.usage().kvByteSeconds()).isEqualTo(9 * TinyLlama.BLOCK_BYTES);
        }
    }

    /** Goal: a sealed block costs what it takes. Method: two full blocks, read in a step of a second; then a third that fills. */
    @Test
    void sealedBlocksCountWithTheBytesThatTheyTake() throws Exception {
        ManualClock clock = new ManualClock();
        EngineOptions options = EngineOptions.DEFAULT.withKvType(KvType.Q8_0).withPrefixBytesMax(0).withGuessing(false);
        try (LocalModel model = open(options, clock); Sequence sequence = model.open(new SequenceSpec(200))) {
            model.engine().meter().watch((d, p, n) -> clock.advance(1_000_000_000L));
            long stored = Math.ceilDiv(model.pool().shape().storedBlockBytes(), 64L) * 64;
            long live = model.pool().bytesFor(1) - stored;
            Usage two = sequence.read(EngineTest.prompt(1, 128), Sink.SILENT);
            assertThat(two.kvByteSeconds()).isEqualTo(2 * stored);
            assertThat(sequence.read(EngineTest.prompt(1, 129), Sink.SILENT).kvByteSeconds()).isEqualTo(2 * stored + live);
            assertThat(live).isGreaterThan(stored);
        }
    }

    @Test
    void tokensThatAreReadAgainAreReadTokens() throws Exception {
        EngineOptions small = EngineOptions.DEFAULT.withKvBytesMax(9 * TinyLlama.BLOCK_BYTES).withPrefixBytesMax(0);
        try (LocalModel model = open(small, Clock.SYSTEM)) {
            List<FutureTask<Usage>> running = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                int seed = i;
                running.add(new FutureTask<>(() -> {
                    try (Sequence sequence = model.open(new SequenceSpec(300))) {
                        return sequence.generate(EngineTest.prompt(seed, 100), GenerationSpec.greedy(150), Sink.SILENT).usage();
                    }
                }));
                Thread.ofVirtual().start(running.getLast());
            }
            int read = 0;
            for (FutureTask<Usage> each : running) {
                read += each.get().readTokens();
                assertThat(each.get().answeredTokens()).isEqualTo(150);
            }
            assertThat(model.counters().preempted()).isPositive();
            assertThat(read).isGreaterThan(600).isEqualTo((int) model.counters().promptTokens());
        }
    }

    @Test
    void embeddingsTellWhatAllTextsCostTogether() throws Exception {
        try (LocalModel model = open(EngineOptions.DEFAULT, Clock.SYSTEM)) {
            List<int[]> texts = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                texts.add(EngineTest.prompt(i, 10 + i));
            }
            Embeddings embeddings = model.embed(texts, Pooling.MEAN);
            assertThat(embeddings.vectors()).hasNumberOfRows(40);
            assertThat(embeddings.usage().readTokens()).isEqualTo(40 * 10 + 39 * 40 / 2);
            assertThat(model.counters().promptTokens()).isEqualTo(embeddings.usage().readTokens());
            assertThat(embeddings.usage().cpuMicros()).isPositive().isEqualTo(model.counters().cpuMicros());
            texts.getLast()[3] = TinyLlama.POISON;
            assertThatThrownBy(() -> model.embed(texts, Pooling.MEAN)).isInstanceOf(Problem.class);
            assertThat(model.counters().promptTokens()).isGreaterThan(embeddings.usage().readTokens());
            model.checkIntegrity();
        }
    }

    @Test
    void scoresAndAFailedCallAreInTheUsageOfTheirSequence() throws Exception {
        try (LocalModel model = open(EngineOptions.DEFAULT.withPrefixBytesMax(0), Clock.SYSTEM);
                Sequence sequence = model.open(new SequenceSpec(100))) {
            sequence.score(EngineTest.prompt(1, 30));
            assertThat(sequence.usage().readTokens()).isEqualTo(30);
            assertThat(sequence.usage().cpuMicros()).isPositive();
            int[] poisoned = EngineTest.prompt(2, 20);
            poisoned[4] = TinyLlama.POISON;
            assertThatThrownBy(() -> sequence.generate(poisoned, GenerationSpec.greedy(3), Sink.SILENT))
                    .isInstanceOf(Problem.class);
            assertThat(sequence.usage().readTokens()).isEqualTo(50);
            assertThat(sequence.usage().answeredTokens()).isZero();
            Usage before = sequence.usage();
            sequence.close();
            assertThat(sequence.usage()).isEqualTo(before);
            assertThat(model.counters().promptTokens()).isEqualTo(50);
            model.checkIntegrity();
        }
    }
}
