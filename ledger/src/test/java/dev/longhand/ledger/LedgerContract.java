package dev.longhand.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.ledger.Budget.Period;
import dev.longhand.store.DatabasePlace;
import dev.longhand.store.Store;
import dev.longhand.testkit.ManualClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What the books promise on any database. Anna pays the processor, in euros. */
abstract class LedgerContract {
    private static final String ANNA = "person:anna";
    private static final String CPU = "machine:cpu";
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Cause ANSWER = Cause.of("answer").withPerson("a").withDesk("papers").withModel("m").withJob("job-1", 2, 1);

    private final ManualClock clock = new ManualClock();
    private DatabasePlace place;
    private Store store;
    private Ledger ledger;

    abstract DatabasePlace place();

    @BeforeEach
    void openBooks() throws Problem {
        place = place();
        store = place.open();
        ledger = Ledger.open(store, clock, Limits.DEFAULT);
        ledger.open(new Account(ANNA, Unit.EUR, Account.Kind.PERSON));
        ledger.open(new Account(CPU, Unit.EUR, Account.Kind.MACHINE));
        clock.advance(Duration.ofDays(20_000).toNanos());
    }

    @AfterEach
    void closeBooks() {
        store.close();
    }

    private static Booking anna(String id, long amount) {
        return new Booking(id, ANNA, CPU, amount, Unit.EUR, ANSWER);
    }

    private Transfer admitted(Admission admission) {
        return assertInstanceOf(Admission.Admitted.class, admission).transfer();
    }

    private Transfer reserve(String id, long amount) throws Problem {
        return admitted(ledger.reserve(anna(id, amount), HOUR));
    }

    private static <T extends Problem> T refused(Class<T> type, Problem.Kind kind, String words, Executable call) {
        T problem = assertThrows(type, call);
        assertEquals(kind, problem.kind());
        assertThat(problem).hasMessageContaining(words).hasMessageContaining("nothing was booked");
        return problem;
    }

    /** Goal: what is set aside is worst case, what is posted is real. Method: reserve 100, post 60, look at both sides. */
    @Test
    void postsWhatWasUsedAndFreesTheRest() throws Problem {
        reserve("r", 100);
        assertEquals(new Balance(100, 0, 0, 0, 0), ledger.balance(ANNA));
        Meters meters = new Meters(1, 2, 3, 4, 5, 6, 7, 8, 9, true);
        Transfer line = ledger.post("p", "r", 60, meters);
        assertEquals(new Balance(0, 60, 0, 0, 60), ledger.balance(ANNA));
        assertEquals(new Balance(0, 0, 0, 60, 0), ledger.balance(CPU));
        assertEquals(line, ledger.transfer("p").orElseThrow());
        assertEquals(meters, line.meters());
        assertEquals(ANSWER, line.booking().cause());
    }

    /** Goal: a budget is refused, never overrun, and the figures are said. Method: reserve up to it, then one more. */
    @Test
    void refusesWhatCouldOverrunABudget() throws Problem {
        ledger.put(new Budget(ANNA, Period.DAY, 50, 100, 80));
        assertEquals(List.of(), ((Admission.Admitted) ledger.reserve(anna("a", 50), HOUR)).warnings());
        Budget budget = ledger.budgets(ANNA).getFirst();
        assertEquals(List.of(budget), ((Admission.Admitted) ledger.reserve(anna("b", 20), HOUR)).warnings());
        assertEquals(new Admission.OverBudget(budget, Unit.EUR, 31, 70, 30), ledger.reserve(anna("c", 31), HOUR));
        assertEquals("person:anna would need up to 0.000031 EUR for this and has 0.00003 EUR left: its budget per day is "
                + "0.0001 EUR, of which 0.00007 EUR is used or set aside",
                ((Admission.OverBudget) ledger.book(anna("c", 31), Meters.NONE)).message());
        assertEquals("person:anna would need up to 0.000081 EUR for this, and its budget allows 0.00008 EUR per request",
                ((Admission.OverBudget) ledger.book(anna("c", 81), Meters.NONE)).message());
        ledger.post("p", "a", 10, Meters.NONE);
        assertInstanceOf(Admission.OverBudget.class, ledger.reserve(anna("d", 81), HOUR));
        assertEquals("c", reserve("c", 70).id());
        assertEquals(4, ledger.check().transfers());
    }

    /** Goal: a day's budget is given once. Method: spend it, step over midnight and back, and look what is left. */
    @Test
    void givesADaysBudgetOnceWhateverTheClockDoes() throws Problem {
        ledger.put(Budget.of(ANNA, Period.DAY, 100));
        ledger.put(Budget.of(ANNA, Period.MONTH, 150));
        reserve("a", 100);
        assertInstanceOf(Admission.OverBudget.class, ledger.reserve(anna("b", 1), HOUR));
        clock.advance(Duration.ofDays(1).toNanos());
        reserve("c", 40);
        clock.advance(Duration.ofDays(-2).toNanos());
        assertEquals(60, assertInstanceOf(Admission.OverBudget.class, ledger.reserve(anna("d", 61), HOUR)).left());
        assertEquals(10, assertInstanceOf(Admission.OverBudget.class, ledger.reserve(anna("e", 11), HOUR)).left());
        reserve("f", 10);
        assertEquals(List.of(), ledger.check().findings());
    }

    /** Goal: time goes on in the books. Method: the clock stands still, then goes back a day. */
    @Test
    void keepsTimesInOrder() throws Problem {
        long first = reserve("a", 1).atMicros();
        assertEquals(first + 1, reserve("b", 1).atMicros());
        clock.advance(Duration.ofDays(-1).toNanos());
        assertEquals(first + 2, reserve("c", 1).atMicros());
    }

    /** Goal: the same is booked once. Method: ask for each kind of line twice; ask with other content; the same from 16 callers. */
    @Test
    void booksTheSameIdOnce() throws Exception {
        assertEquals(reserve("r", 100), reserve("r", 100));
        refused(Conflict.class, Problem.Kind.USAGE, "id r is taken: it is a RESERVE of 100 EUR", () -> reserveAgain("r", 101,
                HOUR));
        refused(Conflict.class, Problem.Kind.USAGE, "id r is taken", () -> reserveAgain("r", 100, HOUR.plusSeconds(1)));
        refused(Conflict.class, Problem.Kind.USAGE, "id r is taken", () -> ledger.book(anna("r", 100), Meters.NONE));
        Set<Long> numbers = new TreeSet<>();
        try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Transfer>> all = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                all.add(pool.submit(() -> ledger.post("p", "r", 7, Meters.tokens(3, 0, 4))));
            }
            for (Future<Transfer> each : all) {
                numbers.add(each.get().seq());
            }
        }
        assertEquals(Set.of(2L), numbers);
        refused(Conflict.class, Problem.Kind.USAGE, "id p is taken", () -> ledger.post("p", "r", 7, Meters.tokens(3, 0, 5)));
        refused(Conflict.class, Problem.Kind.USAGE, "reservation r has ended already: POST by p with 7", () -> ledger.release("v",
                "r"));
        assertEquals(2, ledger.check().transfers());
    }

    private void reserveAgain(String id, long amount, Duration timeout) throws Problem {
        ledger.reserve(anna(id, amount), timeout);
    }

    /** Goal: who asked and died leaves nothing set aside for ever. Method: let the time pass; post too late. */
    @Test
    void expiresReservationsWhoseTimeIsOver() throws Problem {
        reserve("a", 30);
        clock.advance(HOUR.toNanos() - 1_000);
        assertEquals(0, ledger.expire());
        reserve("b", 40);
        clock.advance(1_000);
        assertEquals(1, ledger.expire());
        assertEquals(new Balance(40, 0, 0, 0, 0), ledger.balance(ANNA));
        refused(Conflict.class, Problem.Kind.USAGE, "reservation a has ended already: EXPIRE", () -> ledger.post("p", "a", 1,
                Meters.NONE));
        ledger.release("v", "b");
        assertEquals(Balance.ZERO, ledger.balance(ANNA));
        assertEquals(List.of(), ledger.check().findings());
    }

    /** Goal: a mistake is corrected by a line, not by a change. Method: give back in two parts, then too much. */
    @Test
    void correctsByALineOfItsOwn() throws Problem {
        ledger.put(Budget.of(ANNA, Period.EVER, 100));
        reserve("r", 100);
        ledger.post("p", "r", 90, Meters.NONE);
        ledger.correct("c1", "p", 50, Cause.of("refund"));
        ledger.correct("c2", "p", 15, Cause.of("refund"));
        refused(Problem.class, Problem.Kind.USAGE, "of its 90 there is 25 left to correct", () -> ledger.correct("c3", "p", 26,
                ANSWER));
        refused(Problem.class, Problem.Kind.NOT_FOUND, "there is no booked or posted line \"r\"", () -> ledger.correct("c4", "r", 1,
                ANSWER));
        assertEquals(new Balance(0, 90, 0, 65, 25), ledger.balance(ANNA));
        assertEquals(new Balance(0, 65, 0, 90, 0), ledger.balance(CPU));
        assertEquals(75, assertInstanceOf(Admission.OverBudget.class, ledger.reserve(anna("x", 76), HOUR)).left());
        assertEquals(List.of(), ledger.check().findings());
    }

    /** Goal: bad input is named and changes nothing. Method: a table of it. */
    @Test
    void refusesBadInput() throws Problem {
        ledger.open(new Account("machine:energy", Unit.MILLIJOULES, Account.Kind.MACHINE));
        reserve("r", 10);
        bad("its amount is -1; it must lie in", () -> ledger.reserve(anna("x", -1), HOUR));
        bad("its amount is 9223372036854775807", () -> ledger.book(anna("x", Long.MAX_VALUE), Meters.NONE));
        bad("debits and credits the same account", () -> ledger.book(new Booking("x", ANNA, ANNA, 1, Unit.EUR, ANSWER),
                Meters.NONE));
        bad("account machine:energy counts MILLIJOULES",
                () -> ledger.book(new Booking("x", ANNA, "machine:energy", 1, Unit.EUR, ANSWER), Meters.NONE));
        bad("it is in USD and account person:anna counts EUR",
                () -> ledger.book(new Booking("x", ANNA, CPU, 1, Unit.USD, ANSWER), Meters.NONE));
        bad("an id has 1 to 120 characters", () -> ledger.book(anna("", 1), Meters.NONE));
        bad("an id has 1 to 120 characters", () -> ledger.book(anna("expire:r", 1), Meters.NONE));
        bad("an id has 1 to 120 characters", () -> ledger.book(anna("x".repeat(121), 1), Meters.NONE));
        bad("its timeout is PT0S", () -> ledger.reserve(anna("x", 1), Duration.ZERO));
        bad("it posts 11 of reservation r, which set 10 aside", () -> ledger.post("x", "r", 11, Meters.NONE));
        bad("it posts -1 of reservation r", () -> ledger.post("x", "r", -1, Meters.NONE));
        refused(Problem.class, Problem.Kind.NOT_FOUND, "there is no account \"person:bob\"",
                () -> ledger.book(new Booking("x", "person:bob", CPU, 1, Unit.EUR, ANSWER), Meters.NONE));
        refused(Problem.class, Problem.Kind.NOT_FOUND, "there is no reservation \"s\"", () -> ledger.post("x", "s", 1,
                Meters.NONE));
        assertThat(assertThrows(Problem.class, () ->
                Unit.parse("ducats"))).hasMessageContaining("there is no unit \"ducats\"; the units are [EUR");
        assertEquals(1, ledger.check().transfers());
        assertEquals(new Balance(10, 0, 0, 0, 0), ledger.balance(ANNA));
    }

    private static void bad(String words, Executable call) {
        refused(Problem.class, Problem.Kind.USAGE, words, call);
    }

    /** Goal: sums never wrap. Method: book the largest amounts until one does not fit. */
    @Test
    void refusesASumThatWouldOverflow() throws Problem {
        long quarter = Limits.BALANCE_MAX / 4;
        Ledger huge = Ledger.open(store, clock, new Limits(quarter, HOUR, 1, 1, 1));
        for (int i = 0; i < 4; i++) {
            huge.book(anna("b" + i, quarter), Meters.NONE);
        }
        bad("would take account person:anna over", () -> huge.book(anna("b5", quarter), Meters.NONE));
        assertEquals(4 * quarter, huge.balance(ANNA).debitsPosted());
        assertEquals(List.of(), huge.check().findings());
    }

    /** Goal: nobody changes a line unseen. Method: seal in two batches, leave a tail, change a sealed line, a sum, a seal. */
    @Test
    void findsWhatWasChanged() throws Exception {
        Ledger small = Ledger.open(store, clock, new Limits(1000, HOUR, 3, 2, 10));
        for (int i = 0; i < 7; i++) {
            reserve("r" + i, 10 + i);
        }
        assertEquals(3, small.seal().orElseThrow().lastSeq());
        assertEquals(6, small.seal().orElseThrow().lastSeq());
        assertEquals(new CheckReport(7, 0, 1, List.of()), small.check());
        place.tamper("UPDATE transfer SET purpose = 'gift' WHERE seq = 5");
        assertThat(small.check().findings()).hasSize(1).first().asString().startsWith("seal 2 does not fit its lines");
        place.tamper("UPDATE transfer SET purpose = 'answer' WHERE seq = 5", "UPDATE seal SET hash = '" + "0".repeat(64)
                + "' WHERE number = 1");
        assertThat(small.check().findings()).hasSize(2).first().asString().startsWith("seal 1 does not fit");
        place.tamper("DELETE FROM seal WHERE number = 1");
        assertThat(small.check().findings()).containsExactly("there are 1 seals, and seal 1 is missing");
        place.tamper("UPDATE spending SET posted = 1", "DELETE FROM open_reservation WHERE id = 'r3'");
        assertThat(small.check().findings()).anyMatch(f -> f.contains("its lines add up to Spent"))
                .anyMatch(f -> f.contains("reservation r3 is open by its lines"));
    }

    /** Goal: books that do not balance are not written on. Method: change one side's sum, open again. */
    @Test
    void refusesBooksThatDoNotBalance() throws Exception {
        reserve("r", 10);
        place.tamper("UPDATE account SET credits_pending = 9 WHERE id = 'machine:cpu'");
        Problem problem = assertThrows(Problem.class, () -> Ledger.open(store, clock, Limits.DEFAULT));
        assertEquals(Problem.Kind.MALFORMED, problem.kind());
        assertThat(problem).hasMessageContaining("in EUR the debits are 10 pending and 0 posted, the credits 9 pending");
        assertFalse(ledger.check().isClean());
    }

    /** Goal: sealing and expiring happen by themselves. Method: a sealer with a short period; at its end all lines are sealed. */
    @Test
    void sealsBesideTheWriters() throws Exception {
        try (Sealer sealer = new Sealer(ledger, Clock.SYSTEM, Duration.ofMillis(5))) {
            for (int i = 0; i < 50; i++) {
                reserve("r" + i, 1);
            }
            // Lines of one moment are microseconds apart in ledger time.
            clock.advance(HOUR.plusSeconds(1).toNanos());
            for (int looks = 0; ledger.balance(ANNA).debitsPending() > 0; looks++) {
                assertTrue(looks < 5_000, "nothing expired");
                Clock.SYSTEM.sleep(1_000_000);
            }
            assertTrue(sealer.trouble().isEmpty(), () -> String.valueOf(sealer.trouble()));
        }
        assertEquals(new CheckReport(100, 0, 0, List.of()), ledger.check());
    }

    /**
     * Symptom: a sealer that was closed in the middle of a write left lines unsealed. Method: close it at all moments of its first
     * rounds; everything is sealed after it.
     */
    @Test
    void sealsAllBeforeItEndsWheneverItIsClosed() throws Exception {
        for (int i = 0; i < 60; i++) {
            reserve("c" + i, 1);
            Sealer sealer = new Sealer(ledger, Clock.SYSTEM, Duration.ofNanos(50_000));
            Clock.SYSTEM.sleep(40_000L * (i % 20));
            sealer.close();
            assertTrue(sealer.trouble().isEmpty(), () -> String.valueOf(sealer.trouble()));
            assertEquals(new CheckReport(i + 1, 0, 0, List.of()), ledger.check());
        }
    }

    /** Goal: an account is what it was opened as. Method: open it again with another unit. */
    @Test
    void keepsAnAccountsUnit() throws Problem {
        ledger.open(new Account(ANNA, Unit.EUR, Account.Kind.PERSON));
        assertThat(assertThrows(Conflict.class, () -> ledger.open(new Account(ANNA, Unit.USD, Account.Kind.PERSON))))
                .hasMessageContaining("is there with unit EUR");
    }
}
