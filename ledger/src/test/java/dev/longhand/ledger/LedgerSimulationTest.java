package dev.longhand.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Problem;
import dev.longhand.ledger.Budget.Period;
import dev.longhand.store.Store;
import dev.longhand.testkit.Scratch;
import dev.longhand.testkit.Seed;
import dev.longhand.testkit.Simulation;
import dev.longhand.testkit.Simulation.Next;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * Goal: with callers, a sealer and an expirer at once, on a clock that jumps and machines that sleep, no day's budget is given
 * twice, what is booked under an id is booked once, and in the end nothing stays set aside. Method: a {@link Simulation}; callers
 * die between two calls and ask again.
 */
class LedgerSimulationTest {
    private static final Seed SEED = Seed.of("ledger", LedgerSimulationTest.class, 21);
    private static final int STEPS = Integer.getInteger("steps", 4_000);
    private static final int LOOK_EVERY = 400;
    private static final long PER_DAY = 3_000;
    private static final String PAYER = "person:a";
    private static final String PAID = "machine:cpu";
    private static final Duration TIMEOUT = Duration.ofMinutes(10);

    private final Simulation simulation = new Simulation(SEED);
    private Ledger ledger;
    private Store store;
    private int names;
    private int refused;
    private int ended;

    /**
     * Reserves, works for a while, posts or voids; half of the steps are asked twice, and one caller in ten is never seen
     * again.
     */
    private final class Caller implements Simulation.Task {
        private final String name = "c" + names++;
        private final long amount = simulation.gen().between(1, 200);
        private boolean isReserved;

        @Override
        public Next step() throws Problem {
            if (!isReserved) {
                return reserve();
            }
            if (simulation.gen().chance(0.1)) {
                return Next.DONE;
            }
            try {
                Transfer line = end();
                if (simulation.gen().chance(0.5)) {
                    assertThat(end()).isEqualTo(line);
                }
                ended++;
            } catch (Conflict e) {
                assertThat(e).hasMessageContaining("EXPIRE");
            }
            return Next.DONE;
        }

        private Next reserve() throws Problem {
            Booking booking = new Booking(name, PAYER, PAID, amount, Unit.EUR, Cause.of("answer"));
            Admission admission = ledger.reserve(booking, TIMEOUT);
            if (!(admission instanceof Admission.Admitted admitted)) {
                refused++;
                return simulation.gen().chance(0.5) ? Next.DONE : Next.after(Duration.ofHours(6));
            }
            if (simulation.gen().chance(0.5)) {
                assertThat(((Admission.Admitted) ledger.reserve(booking, TIMEOUT)).transfer()).isEqualTo(admitted.transfer());
            }
            isReserved = true;
            return Next.after(Duration.ofSeconds(simulation.gen().between(0, 1_200)));
        }

        private Transfer end() throws Problem {
            return amount % 3 == 0 ? ledger.release("v" + name, name) : ledger.post("p" + name, name, amount / 2, Meters.NONE);
        }
    }

    private Next arrive() {
        simulation.add("caller", new Caller());
        return Next.after(Duration.ofSeconds(simulation.gen().between(0, 400)));
    }

    private void look() throws Problem {
        assertThat(ledger.check().findings()).isEmpty();
        assertThat((long) store.read(tx -> tx.number("SELECT max(pending + posted) FROM spending"))).as("a day's spending")
                .isLessThanOrEqualTo(PER_DAY);
    }

    @Test
    void givesNoBudgetTwiceHoweverTheClockJumps() throws Exception {
        Path home = Scratch.folder();
        try {
            store = RecordedBooks.open(home, false);
            ledger = Ledger.open(store, simulation.clock(), Limits.DEFAULT);
            ledger.open(new Account(PAYER, Unit.EUR, Account.Kind.PERSON));
            ledger.open(new Account(PAID, Unit.EUR, Account.Kind.MACHINE));
            ledger.put(Budget.of(PAYER, Period.DAY, PER_DAY));
            simulation.add("arrivals", this::arrive);
            simulation.add("expirer", () -> {
                ledger.expire();
                return Next.after(Duration.ofMinutes(10));
            });
            simulation.add("sealer", () -> {
                ledger.seal();
                return Next.after(Duration.ofMinutes(20));
            });
            simulation.run(STEPS, LOOK_EVERY, this::look);
            assertThat(ended).isGreaterThan(STEPS / 50);
            assertThat(refused).as("the budget is reached").isPositive();
            simulation.clock().jump(Duration.ofDays(400).toNanos());
            while (ledger.expire() > 0) {
                // Until none is due.
            }
            assertThat(ledger.balance(PAYER).debitsPending()).as("still set aside").isZero();
            look();
            store.close();
        } finally {
            Scratch.delete(home);
        }
    }
}
