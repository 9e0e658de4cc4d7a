package dev.longhand.cli;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.ledger.Account;
import dev.longhand.ledger.Booking;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.Budget;
import dev.longhand.ledger.Cause;
import dev.longhand.ledger.MachinePrice;
import dev.longhand.ledger.Meters;
import dev.longhand.ledger.Times;
import dev.longhand.ledger.TokenPrice;
import dev.longhand.ledger.Unit;
import dev.longhand.store.StoreSetting;
import dev.longhand.testkit.Gen;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Books of a small house: three people ask two local models and a provider's for some weeks, until yesterday. {@code main} makes
 * them in a data directory: {@code SeededBooks HOME [DAYS] [DEDICATED]}.
 */
final class SeededBooks {
    static final long SEED = 7;
    private static final Duration HOUR = Duration.ofHours(1);

    private SeededBooks() {}

    public static void main(String[] arguments) throws Problem {
        make(new Home(Path.of(arguments[0]).toAbsolutePath()), arguments.length > 1 ? Integer.parseInt(arguments[1]) : 60,
                arguments.length > 2);
    }

    /** Time that a test moves; sleepers really sleep. */
    private static final class Past implements Clock {
        private volatile Instant now;

        Past(Instant now) {
            this.now = now;
        }

        @Override
        public long nanos() {
            return Clock.SYSTEM.nanos();
        }

        @Override
        public Instant now() {
            return now;
        }

        @Override
        public void sleep(long nanos) throws InterruptedException {
            Clock.SYSTEM.sleep(nanos);
        }
    }

    /** Lines of {@code days} days that end before today. */
    static void make(Home home, int days, boolean isDedicated) throws Problem {
        Gen gen = new Gen(SEED);
        long today = Times.day(Times.micros(Clock.SYSTEM.now()));
        Past clock = new Past(Times.instant(Times.startOfDay(today - days)));
        MachinePrice price = new MachinePrice(Times.startOfDay(today - days), 320_000, 95_000, 30_000, 1_800_000_000, 1_826, 8,
                isDedicated);
        try (Books books = Books.open(new StoreSetting.Sqlite(home.database()), clock, Disk.REAL, List.of())) {
            books.prices().put(price);
            books.prices().put(new TokenPrice("far-large", Times.startOfDay(today - days), Unit.USD, 2_000_000, 500_000,
                    8_000_000));
            for (String each : List.of("person:anna", "person:bob", "desk:papers", "machine:cpu", "machine:overrun",
                    "provider:far-large")) {
                books.ledger().open(Account.of(each, Unit.EUR));
                books.ledger().open(Account.of(each, Unit.USD));
            }
            int number = 0;
            for (long day = today - days; day < today; day++) {
                boolean isWeekend = (day + 3) % 7 >= 5;
                int calls = isWeekend ? gen.between(0, 3) : gen.between(3, 14);
                for (int i = 0; i < calls; i++) {
                    clock.now = Times.instant(Times.startOfDay(day)).plusSeconds(8 * 3600 + i * 2_400L + gen.between(0, 2_000));
                    call(books, gen, price, number++, (double) (day - today + days) / days);
                }
            }
            books.ledger().put(new Budget("person:anna", Budget.Period.MONTH, 20_000, 5_000_000, 100_000));
            books.ledger().put(Budget.of("person:bob", Budget.Period.EVER, 1_000_000));
        }
    }

    /** As time passes more of a prompt is in memory already. */
    private static void call(Books books, Gen gen, MachinePrice price, int number, double progress) throws Problem {
        boolean isFar = gen.chance(0.05);
        String person = gen.oneOf("anna", "anna", "anna", "bob", "carla");
        String payer = person.equals("carla") ? "desk:papers" : "person:" + person;
        String model = isFar ? "far-large" : gen.oneOf("smollm2", "smollm2", "gemma3-270m");
        Cause cause = Cause.of(gen.chance(0.15) ? "read" : "answer").withPerson(person).withModel(model)
                .withDesk(gen.oneOf("papers-3f2a1b", "code-99aa01", ""));
        int prompt = gen.between(300, 2_000);
        long cached = Math.round(prompt * progress * gen.between(40, 90) / 100);
        long in = prompt - cached;
        long out = cause.purpose().equals("read") ? 0 : gen.between(20, 200);
        long perToken = model.equals("smollm2") ? 9_000 : 21_000;
        long cpu = isFar ? 0 : in * perToken + out * perToken * 5 + gen.between(0, 400_000);
        long millijoules = price.declaredMillijoules(cpu);
        Meters meters = new Meters(in, cached, 0, 0, out, cpu, 0, (in + cached) * 45_000 * gen.between(5, 40), millijoules,
                cpu > 0);
        Unit unit = isFar ? Unit.USD : Unit.EUR;
        long cost = isFar ? (in * 2_000_000 + cached * 500_000 + out * 8_000_000) / 1_000_000 + 1 : price.cost(cpu, millijoules);
        Booking booking = new Booking("r" + number, Account.of(payer, unit).id(),
                Account.of(isFar ? "provider:far-large" : "machine:cpu", unit).id(), cost * 3, unit, cause);
        books.ledger().reserve(booking, HOUR);
        if (gen.chance(0.03)) {
            books.ledger().release("free:r" + number, "r" + number);
            return;
        }
        books.ledger().post("post:r" + number, "r" + number, cost, meters);
        if (gen.chance(0.02)) {
            books.ledger().correct("c" + number, "post:r" + number, Math.max(1, cost / 2), Cause.of("refund").withPerson("anna"));
        }
    }
}
