package dev.longhand.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.lm.Answer;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Overload;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.SequenceSpec.Priority;
import dev.longhand.lm.Sink;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.ManualClock;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: requests come, go and fail without harm to each other. Method: a tiny model; the engine thread is stopped or disturbed
 * between its steps, by the hook that tells of each, so nothing depends on time.
 */
class EngineTest {
    private static final long SECOND = 1_000_000_000L;

    @TempDir
    Path folder;

    @Test
    void aClosedSequenceLeavesBeforeTheNextStep() throws Exception {
        try (LocalModel model = open(EngineOptions.DEFAULT)) {
            Sequence sequence = model.open(new SequenceSpec(600));
            AtomicInteger steps = new AtomicInteger();
            model.engine().meter().watch((d, p, n) -> {
                if (steps.incrementAndGet() == 5) {
                    sequence.close();
                }
            });
            Answer answer = sequence.generate(prompt(1, 20), GenerationSpec.greedy(500), Sink.SILENT);
            assertThat(answer.stop()).isEqualTo(Answer.Stop.CANCELLED);
            assertThat(steps).hasValue(5);
            model.checkIntegrity();
            assertThat(model.pool().blocksLent()).isZero();
        }
    }

    @Test
    void anInterruptEndsTheAnswerAndTheThreadStaysInterrupted() throws Exception {
        try (LocalModel model = open(EngineOptions.DEFAULT); Sequence sequence = model.open(new SequenceSpec(600))) {
            Thread caller = Thread.currentThread();
            AtomicInteger steps = new AtomicInteger();
            model.engine().meter().watch((d, p, n) -> {
                if (steps.incrementAndGet() == 5) {
                    caller.interrupt();
                }
            });
            Answer answer = sequence.generate(prompt(1, 20), GenerationSpec.greedy(500), Sink.SILENT);
            assertThat(Thread.interrupted()).isTrue();
            assertThat(answer.stop()).isEqualTo(Answer.Stop.CANCELLED);
            assertThat(answer.usage().answeredTokens()).isLessThan(500);
        }
    }

    @Test
    void aDeadlineEndsTheAnswerWithWhatThereIs() throws Exception {
        ManualClock clock = new ManualClock();
        try (LocalModel model = TinyLlama.open(folder, EngineOptions.DEFAULT, clock);
                Sequence sequence = model.open(new SequenceSpec(600))) {
            int[] whole = sequence.generate(prompt(1, 20), GenerationSpec.greedy(20), Sink.SILENT).tokens();
            model.engine().meter().watch((d, p, n) -> clock.advance(SECOND));
            Answer answer = sequence.generate(prompt(1, 20), GenerationSpec.greedy(20).withDeadline(Duration.ofMillis(6_500)),
                    Sink.SILENT);
            assertThat(answer.stop()).isEqualTo(Answer.Stop.DEADLINE);
            assertThat(answer.tokens()).isEqualTo(java.util.Arrays.copyOf(whole, 7));
            Answer again = sequence.generate(prompt(1, 20), GenerationSpec.greedy(20), Sink.SILENT);
            assertThat(again.tokens()).as("the state is whole").isEqualTo(whole);
        }
    }

    @Test
    void aDeadlineCountsWhileARequestWaits() throws Exception {
        ManualClock clock = new ManualClock();
        EngineOptions one = EngineOptions.DEFAULT.withLimits(limits(10));
        try (LocalModel model = TinyLlama.open(folder, one, clock)) {
            Held held = new Held(model);
            FutureTask<Answer> waiting = ask(model, "b", Priority.INTERACTIVE, prompt(2, 30),
                    GenerationSpec.greedy(5).withDeadline(Duration.ofSeconds(3)));
            held.arrived(1);
            clock.advance(4 * SECOND);
            held.release();
            assertThat(waiting.get().stop()).isEqualTo(Answer.Stop.DEADLINE);
            assertThat(waiting.get().tokens()).isEmpty();
            assertThat(held.first.get().stop()).isEqualTo(Answer.Stop.LENGTH);
        }
    }

    @Test
    void anInteractiveRequestIsServedBeforeBatchRequestsThatCameEarlier() throws Exception {
        try (LocalModel model = open(oneAtATime())) {
            Held held = new Held(model);
            List<String> order = Collections.synchronizedList(new ArrayList<>());
            List<FutureTask<Answer>> all = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                all.add(noted(model, order, "batch", Priority.BATCH, i));
                held.arrived(i + 1);
            }
            all.add(noted(model, order, "interactive", Priority.INTERACTIVE, 9));
            held.arrived(4);
            held.release(order);
            for (FutureTask<Answer> each : all) {
                each.get();
            }
            assertThat(order.getFirst()).isEqualTo("interactive");
        }
    }

    @Test
    void aTenantWithManyRequestsDoesNotHoldUpAnother() throws Exception {
        try (LocalModel model = open(oneAtATime())) {
            Held held = new Held(model);
            List<String> order = Collections.synchronizedList(new ArrayList<>());
            List<FutureTask<Answer>> all = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                all.add(noted(model, order, "many", Priority.INTERACTIVE, i));
                held.arrived(i + 1);
            }
            all.add(noted(model, order, "one", Priority.INTERACTIVE, 9));
            held.arrived(7);
            held.release(order);
            for (FutureTask<Answer> each : all) {
                each.get();
            }
            assertThat(order.indexOf("one")).isLessThanOrEqualTo(1);
        }
    }

    @Test
    void refusesARequestWhenTooManyWaitAndSaysWhenToComeAgain() throws Exception {
        try (LocalModel model = open(EngineOptions.DEFAULT.withLimits(limits(2)))) {
            Held held = new Held(model);
            FutureTask<Answer> second = ask(model, "a", Priority.INTERACTIVE, prompt(2, 30), GenerationSpec.greedy(2));
            held.arrived(1);
            FutureTask<Answer> third = ask(model, "a", Priority.INTERACTIVE, prompt(3, 30), GenerationSpec.greedy(2));
            held.arrived(2);
            try (Sequence sequence = model.open(new SequenceSpec(100))) {
                assertThatThrownBy(() -> sequence.generate(prompt(4, 30), GenerationSpec.greedy(2), Sink.SILENT))
                        .isInstanceOf(Overload.class).hasMessageContaining("2 requests with 60 prompt tokens wait")
                        .satisfies(e -> assertThat(((Overload) e).retryAfter()).isGreaterThanOrEqualTo(Duration.ofSeconds(1)));
                held.release();
                second.get();
                third.get();
                assertThat(sequence.generate(prompt(4, 30), GenerationSpec.greedy(2), Sink.SILENT).stop())
                        .isEqualTo(Answer.Stop.LENGTH);
            }
            assertThat(model.counters().refused()).isEqualTo(1);
        }
    }

    /** Goal: nobody waits too long; who sends much takes nothing from others. Method: a wait of a millisecond, two tenants. */
    @Test
    void refusesARequestThatWouldWaitTooLongButNotOneOfAnotherTenant() throws Exception {
        Limits limits = Limits.DEFAULT.withInteractiveWait(Duration.ofMillis(1));
        try (LocalModel model = open(EngineOptions.DEFAULT.withLimits(limits))) {
            ask(model, "a", Priority.INTERACTIVE, prompt(1, 500), GenerationSpec.greedy(2)).get(); // tells the speed
            Held held = new Held(model);
            FutureTask<Answer> first = ask(model, "a", Priority.INTERACTIVE, prompt(2, 2_000), GenerationSpec.greedy(2));
            held.arrived(1);
            try (Sequence sequence = model.open(new SequenceSpec(100, "a", Priority.INTERACTIVE))) {
                assertThatThrownBy(() -> sequence.generate(prompt(3, 30), GenerationSpec.greedy(2), Sink.SILENT))
                        .isInstanceOf(Overload.class).hasMessageContaining("longer than")
                        .satisfies(e -> assertThat(((Overload) e).retryAfter()).isGreaterThanOrEqualTo(Duration.ofSeconds(1)));
                FutureTask<Answer> batch = ask(model, "a", Priority.BATCH, prompt(4, 30), GenerationSpec.greedy(2));
                held.arrived(2);
                FutureTask<Answer> other = ask(model, "b", Priority.INTERACTIVE, prompt(5, 30), GenerationSpec.greedy(2));
                held.arrived(3);
                held.release();
                for (FutureTask<Answer> each : List.of(first, batch, other)) {
                    each.get();
                }
                assertThat(sequence.generate(prompt(3, 30), GenerationSpec.greedy(2), Sink.SILENT).stop())
                        .isEqualTo(Answer.Stop.LENGTH);
            }
            assertThat(model.counters().refused()).isEqualTo(1);
            model.checkIntegrity();
        }
    }

    /** Goal: NaN stops one sequence only. Method: one of three reads a token whose embedding is no number, in the same steps. */
    @Test
    void aSequenceWhoseLogitsAreNoNumbersFailsAloneAndGivesItsMemoryBack() throws Exception {
        try (LocalModel model = open(EngineOptions.DEFAULT)) {
            int[] alone = ask(model, "a", Priority.INTERACTIVE, prompt(1, 70), GenerationSpec.greedy(40)).get().tokens();
            Held held = new Held(model);
            FutureTask<Answer> one = ask(model, "a", Priority.INTERACTIVE, prompt(1, 70), GenerationSpec.greedy(40));
            held.arrived(1);
            int[] poisoned = prompt(2, 70);
            poisoned[5] = TinyLlama.POISON;
            FutureTask<Answer> bad = ask(model, "a", Priority.INTERACTIVE, poisoned, GenerationSpec.greedy(40));
            held.arrived(2);
            held.release();
            assertThatThrownBy(bad::get).cause().isInstanceOf(Problem.class).hasMessageContaining("not numbers")
                    .hasMessageContaining("tiny");
            assertThat(one.get().tokens()).isEqualTo(alone);
            held.first.get();
            assertThatThrownBy(() -> ask(model, "a", Priority.INTERACTIVE, poisoned, GenerationSpec.greedy(1)).get())
                    .as("what failed is not kept").cause().isInstanceOf(Problem.class);
            model.checkIntegrity();
            assertThat(model.pool().blocksLent()).isEqualTo(model.prefixCounters().blocks());
            assertThat(model.counters().failed()).isEqualTo(2);
        }
    }

    @Test
    void aSinkThatThrowsEndsItsOwnCallOnlyAndTheSequenceGoesOn() throws Exception {
        try (LocalModel model = open(EngineOptions.DEFAULT); Sequence sequence = model.open(new SequenceSpec(200))) {
            FutureTask<Answer> other = ask(model, "a", Priority.INTERACTIVE, prompt(1, 40), GenerationSpec.greedy(60));
            Sink broken = piece -> {
                throw new IllegalStateException("the reader is gone");
            };
            assertThatThrownBy(() -> sequence.generate(prompt(2, 40), GenerationSpec.greedy(60), broken))
                    .hasMessage("the reader is gone");
            assertThat(other.get().tokens()).hasSize(60);
            assertThat(sequence.generate(prompt(2, 40), GenerationSpec.greedy(60), Sink.SILENT).tokens()).hasSize(60);
            model.checkIntegrity();
        }
    }

    /** Goal: a slow reader slows itself only. Method: one caller takes nothing until another has its whole answer. */
    @Test
    void aSinkThatTakesNothingStopsItsOwnSequenceOnly() throws Exception {
        try (LocalModel model = open(EngineOptions.DEFAULT); Sequence slow = model.open(new SequenceSpec(800))) {
            CountDownLatch isFree = new CountDownLatch(1);
            FutureTask<Answer> blocked = start(() -> slow.generate(prompt(1, 20), GenerationSpec.greedy(700), piece -> {
                try {
                    isFree.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }));
            Answer other = ask(model, "a", Priority.INTERACTIVE, prompt(2, 20), GenerationSpec.greedy(700)).get();
            assertThat(other.tokens()).hasSize(700);
            assertThat(blocked.isDone()).isFalse();
            assertThat(model.counters().answeredTokens()).isLessThan(700 + 2 * TokenRing.CAPACITY);
            isFree.countDown();
            assertThat(blocked.get().tokens()).hasSize(700);
        }
    }

    /** Goal: too little memory changes times and never answers. Method: the same requests with much and with little memory. */
    @Test
    void aFullPoolDelaysRequestsAndChangesNoAnswer() throws Exception {
        List<int[]> expected = manyAnswers(EngineOptions.DEFAULT);
        long block = TinyLlama.BLOCK_BYTES;
        try (LocalModel model = open(EngineOptions.DEFAULT.withKvBytesMax(9 * block))) {
            List<int[]> found = manyAnswers(model);
            for (int i = 0; i < expected.size(); i++) {
                assertThat(found.get(i)).as("request %d", i).isEqualTo(expected.get(i));
            }
            assertThat(model.counters().preempted()).isPositive();
            model.checkIntegrity();
        }
    }

    /**
     * Symptom: "KV memory is full" although half of it could be had. Goal: memory that a caller is just giving back counts. Method:
     * a sequence as it is in the middle of closing: its lock is held, its tokens are forgotten, its blocks are still there.
     */
    @Test
    void aSequenceThatIsBeingClosedNeverMakesTheMemoryFull() throws Exception {
        EngineOptions options = EngineOptions.DEFAULT.withKvBytesMax(9 * TinyLlama.BLOCK_BYTES).withPrefixBytesMax(0);
        try (LocalModel model = open(options); LocalSequence closing = (LocalSequence) model.open(new SequenceSpec(320))) {
            closing.kv().reserve(310);
            CountDownLatch isClosing = new CountDownLatch(1);
            Thread closer = Thread.ofPlatform().start(() -> {
                synchronized (closing) {
                    isClosing.countDown();
                    try {
                        Clock.SYSTEM.sleep(SECOND / 5);
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    closing.kv().truncate(0);
                }
            });
            isClosing.await();
            assertThat(ask(model, "b", Priority.INTERACTIVE, prompt(2, 315), GenerationSpec.greedy(2)).get().tokens()).isNotEmpty();
            closer.join();
            model.checkIntegrity();
        }
    }

    @Test
    void refusesWhatCouldNeverBeHeldWithTheFigures() throws Exception {
        try (LocalModel model = open(EngineOptions.DEFAULT.withKvBytesMax(200_000));
                Sequence sequence = model.open(new SequenceSpec(4000))) {
            assertThatThrownBy(() -> sequence.generate(prompt(1, 3000), GenerationSpec.greedy(500), Sink.SILENT))
                    .isInstanceOf(Problem.class).hasMessageContaining("3,500 tokens").hasMessageContaining("200.0 kB");
        }
    }

    private List<int[]> manyAnswers(EngineOptions options) throws Exception {
        try (LocalModel model = open(options)) {
            return manyAnswers(model);
        }
    }

    private static List<int[]> manyAnswers(LocalModel model) throws Exception {
        List<FutureTask<Answer>> tasks = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            Priority priority = i % 3 == 0 ? Priority.INTERACTIVE : Priority.BATCH;
            tasks.add(ask(model, "t" + i % 2, priority, prompt(i, 100 + 7 * i), GenerationSpec.greedy(150)));
        }
        List<int[]> tokens = new ArrayList<>();
        for (FutureTask<Answer> task : tasks) {
            tokens.add(task.get().tokens());
        }
        return tokens;
    }

    @Test
    void anIdleSequenceGivesItsMemoryToOneThatNeedsItAndReadsAgain() throws Exception {
        long block = TinyLlama.BLOCK_BYTES;
        try (LocalModel model = open(EngineOptions.DEFAULT.withKvBytesMax(8 * block).withPrefixBytesMax(0));
                Sequence idle = model.open(new SequenceSpec(500)); Sequence busy = model.open(new SequenceSpec(500))) {
            int[] first = idle.generate(prompt(1, 300), GenerationSpec.greedy(20), Sink.SILENT).tokens();
            busy.generate(prompt(2, 400), GenerationSpec.greedy(20), Sink.SILENT);
            assertThat(idle.tokens()).isZero();
            Answer again = idle.generate(prompt(1, 300), GenerationSpec.greedy(20), Sink.SILENT);
            assertThat(again.tokens()).isEqualTo(first);
            assertThat(again.usage().cachedTokens()).isZero();
        }
    }

    /**
     * Goal: nothing leaks and nothing hangs. Method: hundreds of seeded requests of eight threads with little memory; the
     * books at the end.
     */
    @Test
    void theBooksAreRightAfterHundredsOfRandomRequests() throws Exception {
        long block = TinyLlama.BLOCK_BYTES;
        try (LocalModel model = open(EngineOptions.DEFAULT.withKvBytesMax(40 * block).withChunkRows(64))) {
            List<FutureTask<Integer>> workers = new ArrayList<>();
            for (int w = 0; w < 8; w++) {
                Gen gen = new Gen(100 + w);
                workers.add(start(() -> new EngineSoak(model, gen).run(45)));
            }
            int done = 0;
            for (FutureTask<Integer> worker : workers) {
                done += worker.get();
            }
            assertThat(done).isEqualTo(8 * 45);
            model.checkIntegrity();
            assertThat(model.pool().blocksLent()).isEqualTo(model.prefixCounters().blocks());
        }
    }

    @Test
    void closingTheModelEndsWhatRuns() throws Exception {
        LocalModel model = open(EngineOptions.DEFAULT);
        CountDownLatch runs = new CountDownLatch(3);
        model.engine().meter().watch((d, p, n) -> runs.countDown());
        FutureTask<Answer> running = ask(model, "a", Priority.INTERACTIVE, prompt(1, 40), GenerationSpec.greedy(3_000));
        runs.await();
        model.close();
        assertThatThrownBy(running::get).cause().isInstanceOf(Problem.class).hasMessageContaining("closed");
    }

    /** One request that is under way while the engine thread stands still between two steps, until {@link #release}. */
    private static final class Held {
        final FutureTask<Answer> first;
        private final LocalModel model;
        private final CountDownLatch isFree = new CountDownLatch(1);
        private volatile List<String> order;
        private int read = -1; // prompts that were read before this step, the held one not counted

        Held(LocalModel model) throws Exception {
            this.model = model;
            CountDownLatch isHeld = new CountDownLatch(1);
            model.engine().meter().watch((d, p, n) -> {
                isHeld.countDown();
                try {
                    isFree.await();
                    if (p > 0) {
                        awaitNoted(read++);
                    }
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            first = ask(model, "held", Priority.INTERACTIVE, prompt(99, 30), GenerationSpec.greedy(3));
            isHeld.await();
        }

        /** Waits until {@code count} requests wait behind the one that is held. */
        void arrived(int count) {
            while (model.engine().waitingRequests() < count) {
                Thread.onSpinWait();
            }
        }

        void release() {
            isFree.countDown();
        }

        /** Releases the engine, which then goes on from one prompt to the next only when {@code order} has the one before. */
        void release(List<String> order) {
            this.order = order;
            release();
        }

        private void awaitNoted(int count) throws InterruptedException {
            for (int i = 0; order != null && order.size() < count && i < 10_000; i++) {
                Clock.SYSTEM.sleep(1_000_000);
            }
        }
    }

    private static FutureTask<Answer> noted(LocalModel model, List<String> order, String tenant, Priority priority, int seed) {
        return start(() -> {
            try (Sequence sequence = model.open(new SequenceSpec(100, tenant, priority))) {
                boolean[] isFirst = {true};
                return sequence.generate(prompt(seed, 40), GenerationSpec.greedy(3), new Sink() {
                    @Override
                    public void text(String piece) {}

                    @Override
                    public void reading(int done, int total) {
                        if (isFirst[0]) {
                            order.add(tenant);
                            isFirst[0] = false;
                        }
                    }
                });
            }
        });
    }

    private static FutureTask<Answer> ask(LocalModel model, String tenant, Priority priority, int[] prompt, GenerationSpec spec) {
        return start(() -> {
            try (Sequence sequence = model.open(new SequenceSpec(prompt.length + spec.tokensMax(), tenant, priority))) {
                return sequence.generate(prompt, spec, Sink.SILENT);
            }
        });
    }

    private static <T> FutureTask<T> start(Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        Thread.ofVirtual().start(task);
        return task;
    }

    /** Printable bytes that differ by {@code seed} from the first one on. */
    static int[] prompt(int seed, int length) {
        Gen gen = new Gen(seed);
        return IntStream.range(0, length).map(i -> gen.between(33, 127)).toArray();
    }

    private static EngineOptions oneAtATime() {
        return EngineOptions.DEFAULT.withLimits(limits(100));
    }

    private LocalModel open(EngineOptions options) throws Problem {
        return TinyLlama.open(folder, options, Clock.SYSTEM);
    }

    /** One at a time. */
    private static Limits limits(int waitingMax) {
        return new Limits(1, 1, waitingMax, 1_000_000, Duration.ofSeconds(60), Duration.ofSeconds(60));
    }
}
