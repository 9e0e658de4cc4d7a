package dev.longhand.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.lm.SequenceSpec.Priority;
import dev.longhand.testkit.Gen;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Goal: who is served when, and how much. Method: tickets without a model, and steps whose cost is a formula. */
class SchedulingTest {
    private static final long PATIENCE = 1_000;

    private long orders;

    private final class Job extends Ticket {
        final int prompt;
        int read;
        int answered;

        Job(String tenant, Priority priority, int prompt) {
            super(tenant, priority);
            this.prompt = prompt;
            this.order = ++orders;
        }

        @Override
        int rowsWanted() {
            return isDecoding() ? 1 : prompt - read;
        }

        @Override
        boolean isDecoding() {
            return read == prompt;
        }
    }

    private Job job(String tenant, int prompt) {
        return new Job(tenant, Priority.INTERACTIVE, prompt);
    }

    private Job batch(String tenant, int prompt) {
        return new Job(tenant, Priority.BATCH, prompt);
    }

    @Test
    void interactiveRequestsComeBeforeBatchOnesUntilThoseHaveWaitedTooLong() {
        FairQueue queue = new FairQueue(PATIENCE);
        Job old = batch("a", 10);
        Job young = job("a", 10);
        queue.enter(old);
        queue.enter(young);
        assertThat(queue.first(PATIENCE - 1)).isSameAs(young);
        assertThat(queue.first(PATIENCE)).isSameAs(old);
    }

    @Test
    void theTenantThatWasServedLeastComesFirstHoweverManyRequestsAnotherHas() {
        FairQueue queue = new FairQueue(PATIENCE);
        List<Job> many = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            many.add(job("busy", 100));
            queue.enter(many.getLast());
        }
        queue.charge(many.getFirst(), 100);
        Job late = job("quiet", 100);
        queue.enter(late);
        queue.charge(many.getFirst(), 1);
        assertThat(queue.first(0)).isSameAs(late);
    }

    /** Goal: two tenants that always ask are served alike. Method: one asks for 500 tokens at a time, one for 20; count tokens. */
    @Test
    void tenantsGetTheSameNumberOfTokensWhateverTheSizeOfTheirRequests() {
        FairQueue queue = new FairQueue(PATIENCE);
        long[] served = new long[2];
        int[] sizes = {500, 20};
        queue.enter(job("0", sizes[0]));
        queue.enter(job("1", sizes[1]));
        for (int i = 0; i < 2_000; i++) {
            Job next = (Job) queue.first(0);
            int who = Integer.parseInt(next.tenantName);
            queue.enter(job(next.tenantName, sizes[who]));
            queue.admit(next);
            queue.charge(next, next.prompt);
            served[who] += next.prompt;
            queue.leave(next);
        }
        assertThat(Math.abs(served[0] - served[1])).isLessThanOrEqualTo(1_000);
        queue.checkIntegrity(List.of());
    }

    @Test
    void aTenantThatWasAwayHasNoCreditForIt() {
        FairQueue queue = new FairQueue(PATIENCE);
        Job busy = job("busy", 10);
        queue.enter(busy);
        queue.charge(busy, 10_000);
        Job other = job("new", 10);
        queue.enter(other);
        queue.charge(other, 11);
        assertThat(queue.first(0)).isSameAs(busy);
    }

    @Test
    void everyDecodingRequestHasARowInEveryStep() {
        Run run = new Run(8, 1.5, 64);
        for (int i = 0; i < 8; i++) {
            run.add(job("t" + i, 10));
        }
        run.until(() -> run.active.stream().allMatch(Ticket::isDecoding));
        Job reader = job("long", 6_000);
        run.add(reader);
        int[] before = run.active.stream().mapToInt(j -> j.answered).toArray();
        int steps = run.until(reader::isDecoding);
        for (int i = 0; i < 8; i++) {
            assertThat(run.active.get(i).answered - before[i]).isEqualTo(steps);
        }
    }

    /**
     * Goal: the bound on the delay. Method: a step of d answers and p prompt tokens takes a + c p; all ratios of a to c that
     * machines have.
     */
    @ParameterizedTest
    @CsvSource({"12e6, 3e5", "5e6, 3.3e5", "40e6, 10e6", "60e6, 1e4", "3e6, 2.9e6"})
    void aLongPromptDelaysNoStepByMoreThanIsAllowed(double alone, double perRow) {
        Run run = new Run(8, 1.5, 64);
        run.alone = alone;
        run.perRow = perRow;
        for (int i = 0; i < 8; i++) {
            run.add(job("t" + i, 1));
        }
        run.until(() -> run.active.stream().allMatch(Ticket::isDecoding));
        Job reader = job("long", 3_000);
        run.add(reader);
        run.nanos.clear();
        run.until(reader::isDecoding);
        List<Double> sorted = run.nanos.stream().sorted().toList();
        double p99 = sorted.get((int) (0.99 * (sorted.size() - 1)));
        assertThat(p99).isLessThanOrEqualTo(Math.max(1.5 * alone, alone + perRow));
    }

    /** Goal: what holds up steps from outside takes nothing from who reads. Method: every seventh step takes ten times as long. */
    @Test
    void stepsThatAreHeldUpDoNotSlowReadingDown() {
        int[] steps = new int[2];
        for (int heldUp = 0; heldUp < 2; heldUp++) {
            Run run = new Run(8, 1.5, 64);
            run.heldUpEvery = heldUp == 1 ? 7 : Integer.MAX_VALUE;
            for (int i = 0; i < 8; i++) {
                run.add(job("t" + i, 1));
            }
            run.until(() -> run.active.stream().allMatch(Ticket::isDecoding));
            Job reader = job("long", 3_000);
            run.add(reader);
            steps[heldUp] = run.until(reader::isDecoding);
        }
        assertThat(steps[1]).isLessThan(steps[0] * 3 / 2);
    }

    @Test
    void fullChunksAreReadWhenNobodyWaits() {
        Run run = new Run(8, 1.5, 64);
        Job reader = job("a", 1_200);
        run.add(reader);
        assertThat(run.until(reader::isDecoding)).isEqualTo(3);
    }

    @Test
    void batchAnswersDoNotHoldUpAnInteractivePrompt() {
        Run run = new Run(8, 1.5, 64);
        run.add(batch("a", 1));
        run.until(() -> run.active.getFirst().isDecoding());
        Job reader = job("b", 1_000);
        run.add(reader);
        assertThat(run.until(reader::isDecoding)).isEqualTo(2);
    }

    /** Goal: many who wait for their first token are not held up by one who has it. Method: fifteen prompts beside one answer. */
    @Test
    void manyPromptsBesideOneAnswerAreReadInLargerPieces() {
        int[] steps = new int[2];
        for (int many = 0; many < 2; many++) {
            Run run = new Run(64, 1.5, 96);
            run.add(job("a", 1));
            run.until(() -> run.active.getFirst().isDecoding());
            for (int i = 0; i < (many == 1 ? 15 : 1); i++) {
                run.add(job("b" + i, many == 1 ? 100 : 1_500));
            }
            steps[many] = run.until(() -> run.active.stream().allMatch(Ticket::isDecoding));
        }
        assertThat(steps[1] * 2).isLessThan(steps[0]);
    }

    @Test
    void moreDecodingRequestsThanAStepTakesHaveTurnsByTenant() {
        Run run = new Run(4, 1.5, 4);
        for (int i = 0; i < 12; i++) {
            run.add(job("many", 1));
        }
        run.add(job("one", 1));
        run.until(() -> run.active.stream().allMatch(Ticket::isDecoding));
        int[] before = run.active.stream().mapToInt(j -> j.answered).toArray();
        for (int i = 0; i < 400; i++) {
            run.step();
        }
        assertThat(run.active.getLast().answered - before[12]).as("the one of its tenant").isGreaterThan(390);
        for (int i = 0; i < 12; i++) {
            assertThat(run.active.get(i).answered - before[i]).isBetween(98, 102);
        }
    }

    /**
     * Goal: nothing is lost or served twice. Method: random arrivals of three tenants, both priorities; each job gets exactly
     * what it wants.
     */
    @Test
    void everyJobIsReadOnceWhateverComes() {
        for (long seed = 0; seed < 20; seed++) {
            Gen gen = new Gen(seed);
            Run run = new Run(6, 1.5, 16);
            for (int i = 0; i < 40; i++) {
                run.add(new Job(gen.oneOf("a", "b", "c"), gen.oneOf(Priority.values()), gen.between(1, 900)));
                for (int k = gen.between(0, 4); k > 0; k--) {
                    run.step();
                }
            }
            run.until(() -> run.active.stream().allMatch(Ticket::isDecoding));
            run.queue.checkIntegrity(run.active);
        }
    }

    /** A scheduler without memory and model. */
    private final class Run {
        final FairQueue queue = new FairQueue(PATIENCE);
        final List<Job> active = new ArrayList<>();
        final List<Double> nanos = new ArrayList<>();
        final StepPlan<Job> plan;
        final StepBudget budget;
        double alone = 10e6;
        double perRow = 3e5;
        int heldUpEvery = Integer.MAX_VALUE;
        private long steps;

        Run(int decodeMax, double stallMax, int partsMax) {
            plan = new StepPlan<>(decodeMax, Math.max(partsMax, decodeMax + 1));
            budget = new StepBudget(stallMax, 512, decodeMax);
        }

        void add(Job job) {
            queue.enter(job);
            queue.admit(job);
            active.add(job);
        }

        void step() {
            plan.make(active, queue, budget, ++steps, 0);
            for (int i = 0; i < plan.size(); i++) {
                Job job = plan.part(i);
                if (job.isDecoding()) {
                    job.answered += plan.rows(i);
                } else {
                    job.read += plan.rows(i);
                    assertThat(job.read).isLessThanOrEqualTo(job.prompt);
                }
            }
            double time = (plan.decodeRows() > 0 ? alone : 0) + perRow * plan.promptRows();
            time *= steps % heldUpEvery == 0 ? 10 : 1;
            nanos.add(time);
            budget.record(plan.decodeRows(), plan.promptRows(), (long) time);
        }

        int until(java.util.function.BooleanSupplier isDone) {
            int count = 0;
            while (!isDone.getAsBoolean()) {
                step();
                assertThat(++count).as("steps").isLessThan(20_000);
            }
            return count;
        }
    }
}
