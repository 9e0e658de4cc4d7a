package dev.longhand.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.ledger.Budget.Period;
import dev.longhand.lm.Answer;
import dev.longhand.lm.Embeddings;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.LanguageModel;
import dev.longhand.lm.Message;
import dev.longhand.lm.ModelInfo;
import dev.longhand.lm.Pooling;
import dev.longhand.lm.SegmentRef;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.lm.Unfinished;
import dev.longhand.lm.Usage;
import dev.longhand.store.StoreSetting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What reaches the books when a model is called. The model counts as it is told to; engines are tested with the engine. */
class MeteredModelTest {
    private static final Payer ANNA = new Payer("person:anna", Cause.of("answer").withPerson("anna").withDesk("papers"));
    private static final int[] PROMPT = new int[100];
    /** 3 s of a processor, at the assumed price of two: 65 W / 2 = 97.5 J, 8.125 millionths; wear 11.885 millionths. */
    private static final Usage THREE_SECONDS = new Usage(90, 10, 20, 5, 1, 2, 0, 3_000_000, 77);
    private static final MachinePrice PRICE = new MachinePrice(1, 300_000, 65_000, 20_000, 1_000_000_000, 1_461, 2, false);

    @TempDir
    private Path folder;
    private Books books;
    private Usage next = THREE_SECONDS;
    private Problem failure;
    private boolean isInterrupting;
    private int calls;
    private int closed;

    @BeforeEach
    void openBooks() throws Problem {
        books = Books.open(new StoreSetting.Sqlite(folder.resolve("books.db")), Clock.SYSTEM, Disk.REAL, List.of(),
                new Energy(folder.resolve("no-counters"), () -> 0));
        books.prices().put(PRICE);
    }

    @AfterEach
    void booksAreClean() throws Problem {
        CheckReport report = books.ledger().check();
        books.close();
        assertEquals(List.of(), report.findings());
    }

    private final class Counting implements LanguageModel {
        @Override
        public ModelInfo info() {
            return new ModelInfo("small model", "llama", 1000, "f", true);
        }

        @Override
        public int[] tokenize(String text) {
            return new int[text.length()];
        }

        @Override
        public int[] render(List<Message> conversation) {
            return PROMPT;
        }

        @Override
        public Embeddings embed(List<int[]> texts, Pooling pooling) throws Problem {
            if (failure != null) {
                throw failure;
            }
            return new Embeddings(new float[texts.size()][2], next);
        }

        @Override
        public Sequence open(SequenceSpec spec) {
            return opened(Usage.NONE);
        }

        @Override
        public Sequence open(SequenceSpec spec, List<SegmentRef> attached) {
            return opened(next);
        }

        private Sequence opened(Usage before) {
            return new Sequence() {
                private Usage used = before;

                @Override
                public int tokens() {
                    return 0;
                }

                @Override
                public Usage usage() {
                    return used;
                }

                @Override
                public int cachedTokens(int[] prompt) {
                    return 0;
                }

                @Override
                public Answer generate(int[] prompt, GenerationSpec spec, Sink sink) throws Problem {
                    calls++;
                    used = used.plus(next);
                    if (isInterrupting) {
                        Thread.currentThread().interrupt();
                    }
                    sink.token(0);
                    if (failure != null) {
                        throw failure;
                    }
                    return new Answer("yes", new int[1], Answer.Stop.END, next);
                }

                @Override
                public float[] score(int[] tokens) {
                    used = used.plus(next);
                    return new float[tokens.length - 1];
                }

                @Override
                public void close() {
                    closed++;
                }
            };
        }

        @Override
        public void close() {
            throw new IllegalStateException("the model is not the meter's to close");
        }
    }

    private MeteredModel metered() {
        return books.meter(new Counting(), ANNA);
    }

    private List<Transfer> lines() throws Problem {
        return books.store().read(tx -> Rows.transfersAfter(tx, 0, 100));
    }

    private static Answer ask(MeteredModel model) throws Problem {
        try (Sequence sequence = model.open(new SequenceSpec(200))) {
            return sequence.generate(PROMPT, GenerationSpec.greedy(50), Sink.SILENT);
        }
    }

    @Test
    void setsTheWorstCaseAsideAndPostsWhatWasUsed() throws Problem {
        MeteredModel model = metered();
        ask(model);
        Transfer reserved = lines().get(0);
        Transfer posted = lines().get(1);
        assertEquals(Transfer.Kind.RESERVE, reserved.kind());
        assertEquals(PRICE.cost(150 * 100_000L, PRICE.declaredMillijoules(150 * 100_000L)), reserved.amount());
        assertEquals(Transfer.Kind.POST, posted.kind());
        assertEquals(20, posted.amount(), "97.5 J and 3 s of wear");
        assertEquals(new Meters(90, 10, 0, 5, 20, 3_000_000, 0, 77, 97_500, true), posted.meters());
        assertEquals(Cause.of("answer").withPerson("anna").withDesk("papers").withModel("small model"), posted.booking().cause());
        assertEquals("machine:cpu", posted.booking().credit());
        assertEquals(new Charges(20, Unit.EUR, posted.meters(), 1), model.charges());
        model.close();
    }

    @Test
    void postsWhatAFailedCallUsed() throws Problem {
        failure = new Problem(Problem.Kind.LIMIT, "no room");
        assertEquals(failure, assertThrows(Problem.class, () -> ask(metered())));
        assertEquals(20, lines().get(1).amount());
    }

    /** Goal: a client that leaves has its answer's thread interrupted, and pays. Method: an interrupt while the model works. */
    @Test
    void postsWhatAnInterruptedCallUsedAndKeepsTheInterrupt() throws Problem {
        isInterrupting = true;
        ask(metered());
        assertTrue(Thread.interrupted());
        assertEquals(Transfer.Kind.POST, lines().get(1).kind());
        assertEquals(20, lines().get(1).amount());
    }

    @Test
    void postsWhatACallWithoutAResultSaysThatItUsed() throws Problem {
        failure = new Problem(Problem.Kind.CANCELLED, "the client left");
        Unfinished.note(failure, next);
        assertEquals(failure, assertThrows(Problem.class, () -> metered().embed(List.of(PROMPT), Pooling.MEAN)));
        assertEquals(20, lines().get(1).amount());
    }

    @Test
    void freesTheReservationOfACallThatUsedNothing() throws Problem {
        next = Usage.NONE;
        failure = new Problem(Problem.Kind.USAGE, "no such token");
        assertThrows(Problem.class, () -> ask(metered()));
        assertEquals(Transfer.Kind.VOID, lines().get(1).kind());
        assertEquals(0, books.ledger().balance("person:anna").used());
    }

    @Test
    void refusesBeforeItRunsWhatABudgetDoesNotAllow() throws Problem {
        ask(metered());
        books.ledger().put(Budget.of("person:anna", Period.MONTH, 40));
        int before = calls;
        OverBudgetProblem refused = assertThrows(OverBudgetProblem.class, () -> ask(metered()));
        assertEquals(Problem.Kind.OVER_BUDGET, refused.kind());
        assertEquals(20, refused.refusal().left());
        assertTrue(refused.getMessage().contains("has 0.00002 EUR left"), refused.getMessage());
        assertEquals(before, calls);
        assertEquals(20, books.ledger().balance("person:anna").used());
    }

    /** Goal: what is read so that documents fit together is paid, once. */
    @Test
    void postsWhatAttachingUsed() throws Problem {
        try (Sequence sequence = metered().open(new SequenceSpec(200), List.of())) {
            assertEquals("attach", lines().get(1).booking().cause().purpose());
            assertEquals(20, lines().get(1).amount());
            sequence.generate(PROMPT, GenerationSpec.greedy(50), Sink.SILENT);
            assertEquals(20, lines().get(3).amount());
        }
        books.ledger().put(Budget.of("person:anna", Period.MONTH, 41));
        assertThrows(OverBudgetProblem.class, () -> metered().open(new SequenceSpec(200), List.of()));
        assertEquals(2, closed);
        next = Usage.NONE;
        int before = lines().size();
        metered().open(new SequenceSpec(200), List.of()).close();
        assertEquals(before, lines().size());
    }

    @Test
    void saysWhichSoftLimitsItPassed() throws Problem {
        MeteredModel model = metered();
        ask(model);
        assertEquals(List.of(), model.warnings());
        books.ledger().put(new Budget("person:anna", Period.DAY, 30, 1_000_000, Long.MAX_VALUE));
        ask(model);
        ask(model);
        assertEquals(List.of("person:anna is over the soft limit of its budget per day, 0.00003 EUR, with what was set aside "
                + "for this"),
                model.warnings());
    }

    @Test
    void booksWhatGoesBeyondTheReservationToTheMachine() throws Problem {
        next = new Usage(90, 0, 20, 0, 1, 2, 0, 3_600_000_000L, 0);
        MeteredModel model = metered();
        ask(model);
        Transfer reserved = lines().get(0);
        Transfer over = lines().get(2);
        assertEquals(reserved.amount(), lines().get(1).amount());
        assertEquals("machine:overrun", over.booking().debit());
        assertEquals("overrun", over.booking().cause().purpose());
        long cost = PRICE.cost(3_600_000_000L, PRICE.declaredMillijoules(3_600_000_000L));
        assertEquals(cost, reserved.amount() + over.amount());
        assertEquals(cost, model.charges().amount());
    }

    @Test
    void learnsHowMuchATokenTakesAndKeepsIt() throws Problem {
        assertEquals(100_000, books.times().reserved("small model"));
        ask(metered());
        long learnt = 4 * Math.ceilDiv(3_000_000L, 110);
        assertEquals(learnt, books.times().reserved("small model"));
        assertEquals(learnt, new TokenTimes(books.store()).reserved("small model"));
        next = new Usage(90, 0, 20, 0, 1, 2, 0, 1_000, 0);
        ask(metered());
        assertEquals(learnt, books.times().reserved("small model"), "a faster call takes nothing back");
    }

    @Test
    void booksScoresAndVectorsUnderTheirOwnPurpose() throws Problem {
        MeteredModel model = metered();
        try (Sequence sequence = model.open(new SequenceSpec(200))) {
            sequence.score(PROMPT);
        }
        model.embed(List.of(PROMPT, PROMPT), Pooling.MEAN);
        assertEquals("score", lines().get(1).booking().cause().purpose());
        assertEquals("embed", lines().get(3).booking().cause().purpose());
        assertEquals(2, model.charges().calls());
    }

    @Test
    void paysAProviderByItsPriceInItsCurrency() throws Problem {
        books.prices().put(new TokenPrice("small model", 1, Unit.USD, 150_000, 75_000, 600_000));
        next = new Usage(90, 10, 20, 0, 0, 0, 0, 0, 0);
        MeteredModel model = metered();
        ask(model);
        Transfer posted = lines().get(1);
        assertEquals("person:anna/usd", posted.booking().debit());
        assertEquals("provider:small-model/usd", posted.booking().credit());
        assertEquals(27, posted.amount(), "13.5 + 0.75 + 12, rounded up");
        assertEquals(Unit.USD, model.charges().unit());
        assertFalse(posted.meters().isEstimated());
    }

    @Test
    void takesTheEnergyThatTheProcessorCounted() throws Problem, IOException {
        Path zone = Files.createDirectories(folder.resolve("powercap/intel-rapl:0"));
        Files.createDirectories(folder.resolve("powercap/intel-rapl:0:0"));
        Files.writeString(zone.resolve("max_energy_range_uj"), "1000000000\n");
        Files.writeString(zone.resolve("energy_uj"), "999000000\n");
        long[] processNanos = {0};
        Energy energy = new Energy(folder.resolve("powercap"), () -> processNanos[0]);
        Files.writeString(zone.resolve("energy_uj"), "49000000\n"); // it began anew: 50 J
        processNanos[0] = 10_000_000_000L;
        assertEquals(new Energy.Reading(15_000, false), energy.of(3_000_000, PRICE), "3 of 10 seconds");
        Files.delete(zone.resolve("energy_uj"));
        assertEquals(new Energy.Reading(97_500, true), energy.of(3_000_000, PRICE));
    }

    /** Leaves what a process leaves that dies within a call: it is set aside and not posted. */
    private void die(String job, long attempt) throws Problem {
        books.meter(new Counting(), new Payer("person:anna", ANNA.cause().withJob(job, 0, attempt))).reserve("", 100, 50);
    }

    /** Goal: what a dead process did is booked as far as it is known, once, and the rest is free. */
    @Test
    void endsWhatADeadProcessLeft() throws Problem {
        die("one", 1);
        die("one", 2);
        die("one", 3);
        die("two", 1);
        assertEquals(2, books.endLost("one", 3, Map.of(1L, THREE_SECONDS)));
        assertEquals(0, books.endLost("one", 3, Map.of(1L, THREE_SECONDS)));
        List<Transfer> ends = lines().stream().filter(t -> t.kind().isEnd()).toList();
        assertEquals(List.of(Transfer.Kind.POST, Transfer.Kind.VOID), ends.stream().map(Transfer::kind).toList());
        assertEquals(20, ends.getFirst().amount());
        assertEquals(new Meters(90, 10, 0, 5, 20, 3_000_000, 0, 77, 97_500, true), ends.getFirst().meters());
        assertEquals(1, ends.getFirst().booking().cause().attempt());
        assertEquals(1, books.endLost("two", 2, Map.of()));
        assertEquals(1, books.endLost("one", 4, Map.of()));
        assertEquals(0, books.ledger().balance("person:anna").debitsPending());
    }

    /** Goal: work of a process that only seemed dead is booked, once, and nobody's budget pays for it twice. */
    @Test
    void booksWhatComesFromAProcessThatWasTakenForDead() throws Problem {
        MeteredModel model = books.meter(new Counting(), new Payer("person:anna", ANNA.cause().withJob("one", 0, 1)));
        Charge charge = model.reserve("", 100, 50);
        assertEquals(1, books.endLost("one", 2, Map.of()));
        model.settle(charge, THREE_SECONDS);
        charge.settle(THREE_SECONDS, 0);
        Transfer late = lines().getLast();
        assertEquals(3, lines().size());
        assertEquals("machine:overrun", late.booking().debit());
        assertEquals("one", late.booking().cause().job());
        assertEquals(20, late.amount());
        assertEquals(new Meters(90, 10, 0, 5, 20, 3_000_000, 0, 77, 97_500, true), late.meters());
        assertEquals(0, books.ledger().balance("person:anna").spent());
    }

    @Test
    void refusesByABudgetWithoutSettingAside() throws Problem {
        MeteredModel model = metered();
        model.checkBudget(1_000_000, 1_000_000); // the account is not there, so it has no budget
        ask(model);
        int before = lines().size();
        long needed = lines().getFirst().amount();
        model.checkBudget(100, 50);
        books.ledger().put(new Budget("person:anna", Period.DAY, 20, 20 + 4 * Math.ceilDiv(3_000_000L, 110), Long.MAX_VALUE));
        OverBudgetProblem refused = assertThrows(OverBudgetProblem.class, () -> model.checkBudget(100_000, 50_000));
        assertEquals(20, refused.refusal().used());
        books.ledger().put(new Budget("person:anna", Period.EVER, 20, 20, needed));
        assertThrows(OverBudgetProblem.class, () -> model.checkBudget(100, 50));
        assertEquals(before, lines().size());
    }

    @Test
    void tellsWhatTheCallThatRunsHasUsed() throws Problem {
        MeteredModel model = metered();
        List<Usage> told = new ArrayList<>();
        Sink sink = new Sink() {
            @Override
            public void text(String piece) {}

            @Override
            public void token(int id) {
                told.add(model.underWay());
            }
        };
        assertEquals(Usage.NONE, model.underWay());
        try (Sequence sequence = model.open(new SequenceSpec(200))) {
            sequence.generate(PROMPT, GenerationSpec.greedy(50), sink);
            sequence.generate(PROMPT, GenerationSpec.greedy(50), sink);
        }
        assertEquals(List.of(THREE_SECONDS, THREE_SECONDS), told, "of each call apart");
        assertEquals(Usage.NONE, model.underWay(), "no call runs");
    }
}
