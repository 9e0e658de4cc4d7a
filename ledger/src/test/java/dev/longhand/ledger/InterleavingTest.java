package dev.longhand.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.longhand.base.Problem;
import dev.longhand.ledger.Budget.Period;
import dev.longhand.ledger.Transfer.Kind;
import dev.longhand.store.DatabasePlace;
import dev.longhand.store.Store;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.ManualClock;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: whatever the order of reserve, post, void, expire, book, correct, repeat, restart and crash, with a clock that jumps, the
 * ledger answers as the naive one does, and no budget is overrun.
 *
 * <p>Method: seeded steps on both; each answer is compared, and now and then all balances and the check of the books. The seed is
 * {@code -Dledger.seed}, else a fixed one; a failure prints it with the command that repeats it.
 */
class InterleavingTest {
    private static final long SEED = Long.getLong("ledger.seed", 20_261_127L);
    private static final List<String> PEOPLE = List.of("person:a", "person:b", "person:c", "person:d");
    private static final List<String> MACHINES = List.of("machine:cpu", "machine:disk");
    private static final int LOOK_EVERY = 250;

    private final ManualClock clock = new ManualClock();
    private final List<Wish> wishes = new ArrayList<>();
    private final List<String> lineIds = new ArrayList<>();
    private final Map<String, Long> reserved = new LinkedHashMap<>();
    private final Map<String, Long> hardHighest = new HashMap<>();
    private NaiveLedger naive;
    private Gen gen;
    private DatabasePlace place;
    private Store store;
    private Ledger ledger;
    private int names;

    /** One call of the ledger, to be made again. */
    private record Wish(Kind kind, String id, String debit, String credit, long amount, String refers, long timeoutMicros) {}

    @Test
    void answersAsTheNaiveLedgerOnSqlite(@TempDir Path folder) throws Problem {
        run(DatabasePlace.sqlite(folder, List.of(Ledger.SCHEMA)), 10_000);
    }

    @Test
    void answersAsTheNaiveLedgerOnPostgres() throws Problem {
        run(DatabasePlace.postgres(List.of(Ledger.SCHEMA)), 500);
    }

    private void run(DatabasePlace where, int steps) throws Problem {
        place = where;
        gen = new Gen(SEED);
        naive = new NaiveLedger(Set.of("person:a", "person:b", "person:c", "person:d", "machine:cpu", "machine:disk"),
                Limits.DEFAULT);
        int step = 0;
        try {
            open();
            for (String each : PEOPLE) {
                ledger.open(new Account(each, Unit.EUR, Account.Kind.PERSON));
            }
            for (String each : MACHINES) {
                ledger.open(new Account(each, Unit.EUR, Account.Kind.MACHINE));
            }
            for (; step < steps; step++) {
                step();
                if (step % LOOK_EVERY == LOOK_EVERY - 1 || step == steps - 1) {
                    look();
                }
            }
            store.close();
        } catch (Problem | RuntimeException | AssertionError e) {
            throw new AssertionError("step " + step + ", seed " + SEED
                    + "; again by: mvn -pl ledger -am test -Dtest=InterleavingTest "
                    + "-Dsurefire.failIfNoSpecifiedTests=false -DargLine=-Dledger.seed=" + SEED, e);
        }
    }

    private void open() throws Problem {
        store = place.open();
        ledger = Ledger.open(store, clock, Limits.DEFAULT);
    }

    private void step() throws Problem {
        int dice = gen.between(0, 1000);
        if (dice < 320) {
            ask(admission(dice < 280 ? Kind.RESERVE : Kind.BOOK));
        } else if (dice < 700) {
            ask(end(dice < 600 ? Kind.POST : Kind.VOID));
        } else if (dice < 760) {
            ask(new Wish(Kind.CORRECT, name(), "", "", gen.between(-1, 200), anyLine(), 0));
        } else if (dice < 850 && !wishes.isEmpty()) {
            Wish again = wishes.get(gen.between(0, wishes.size()));
            ask(gen.chance(0.7) || again.kind == Kind.VOID ? again : new Wish(again.kind, again.id, again.debit, again.credit,
                    again.amount + 1, again.refers,
                    again.timeoutMicros));
        } else if (dice < 900) {
            int expected = naive.expire(wall());
            int expired = 0;
            for (int n; (n = ledger.expire()) > 0; ) {
                expired += n;
            }
            assertEquals(expected, expired);
        } else if (dice < 970) {
            long jump = Duration.ofSeconds(gen.between(-200_000, 300_000)).toNanos();
            clock.advance(Math.max(jump, -clock.nanos() + 1));
        } else if (dice < 985) {
            budget();
        } else if (dice < 993) {
            ledger.seal();
        } else {
            restart();
        }
    }

    private Wish admission(Kind kind) {
        long amount = gen.chance(0.05) ? gen.oneOf(-1L, Long.MIN_VALUE, Long.MAX_VALUE, Limits.DEFAULT.amountMax() + 1)
                : gen.between(0, 400);
        String debit = gen.chance(0.02) ? gen.oneOf("person:nobody", "machine:cpu") : PEOPLE.get(gen.between(0, PEOPLE.size()));
        String credit = MACHINES.get(gen.between(0, MACHINES.size()));
        long timeout = kind == Kind.RESERVE ? gen.between(1, 400_000) * 1_000_000L : 0;
        String id = name();
        if (kind == Kind.RESERVE) {
            reserved.put(id, amount);
        }
        return new Wish(kind, id, debit, credit, amount, "", timeout);
    }

    /** Of a reservation of late, most of which are open. */
    private Wish end(Kind kind) {
        List<String> ids = List.copyOf(reserved.keySet());
        String id = ids.isEmpty() || gen.chance(0.02) ? "nothing" : ids.get(Math.max(0, ids.size() - 1 - gen.between(0, 30)));
        long amount = kind == Kind.VOID ? 0 : Math.min(reserved.getOrDefault(id, 0L), 500) - gen.between(-1, 60);
        return new Wish(kind, name(), "", "", amount, id, 0);
    }

    private String name() {
        return "n" + names++;
    }

    private String anyLine() {
        return lineIds.isEmpty() ? "nothing" : lineIds.get(gen.between(0, lineIds.size()));
    }

    private void ask(Wish wish) throws Problem {
        wishes.add(wish);
        String expected = naive.ask(wish.kind, wish.id, wish.debit, wish.credit, wish.amount, wish.refers, wish.timeoutMicros,
                wall());
        assertEquals(expected, answer(wish), wish::toString);
        if (expected.startsWith("line")) {
            lineIds.add(wish.id);
        }
    }

    private String answer(Wish wish) throws Problem {
        Booking booking = new Booking(wish.id, wish.debit, wish.credit, wish.amount, Unit.EUR, Cause.of("answer"));
        try {
            return switch (wish.kind) {
                case RESERVE -> text(ledger.reserve(booking, Duration.ofNanos(wish.timeoutMicros * 1000)));
                case BOOK -> text(ledger.book(booking, Meters.NONE));
                case POST -> text(ledger.post(wish.id, wish.refers, wish.amount, Meters.NONE));
                case VOID, EXPIRE -> text(ledger.release(wish.id, wish.refers));
                case CORRECT -> text(ledger.correct(wish.id, wish.refers, wish.amount, Cause.of("answer")));
            };
        } catch (Conflict e) {
            return "conflict";
        } catch (Problem e) {
            return switch (e.kind()) {
                case USAGE -> "refused";
                case NOT_FOUND -> "missing";
                default -> throw e;
            };
        }
    }

    private static String text(Admission admission) {
        return switch (admission) {
            case Admission.Admitted admitted -> text(admitted.transfer());
            case Admission.OverBudget over -> "over " + over.budget().period() + " " + over.left();
        };
    }

    private static String text(Transfer line) {
        return "line " + line.seq() + " " + line.amount();
    }

    private long wall() {
        return clock.nanos() / 1000;
    }

    private void budget() throws Problem {
        String account = PEOPLE.get(gen.between(0, PEOPLE.size()));
        Period period = gen.oneOf(Period.values());
        long used = naive.used(account, Long.MIN_VALUE);
        long hard = period == Period.EVER ? used + gen.between(0, 20_000) : gen.between(0, 3000);
        Budget budget = new Budget(account, period, hard / 2, hard, gen.chance(0.5) ? 300 : Long.MAX_VALUE);
        ledger.put(budget);
        naive.budgets.computeIfAbsent(account, a -> new HashMap<>()).put(period, budget);
        hardHighest.merge(account + period, hard, Math::max);
    }

    private void restart() throws Problem {
        if (gen.chance(0.5)) {
            place.crash(store);
        } else {
            store.close();
        }
        open();
    }

    private void look() throws Problem {
        for (String each : PEOPLE) {
            assertEquals(naive.balance(each), ledger.balance(each), each);
            Budget ever = naive.budgets.getOrDefault(each, Map.of()).get(Period.EVER);
            assertTrue(ever == null || ledger.balance(each).used() <= hardHighest.get(each + Period.EVER), each
                    + " is over its budget");
        }
        for (String each : MACHINES) {
            assertEquals(naive.balance(each), ledger.balance(each), each);
        }
        CheckReport report = ledger.check();
        assertEquals(List.of(), report.findings());
        assertEquals(naive.lines.size(), report.transfers());
    }
}
