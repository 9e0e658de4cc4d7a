package dev.longhand.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.ledger.Budget.Period;
import dev.longhand.ledger.Transfer.Kind;
import dev.longhand.store.DatabasePlace;
import dev.longhand.store.Store;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.ManualClock;
import dev.longhand.testkit.Scratch;
import dev.longhand.testkit.Seed;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Goal: after ten years of use the books balance, reports are the sums of what was booked, budgets were exact, and old lines are in
 * archives with the chain intact. Method: a request in two phases every {@code -Dhours} simulated hours on a real store (each line
 * synced), with restarts, clock jumps, price changes, budgets of all periods, corrections, expiries, voids, and a dedicated machine
 * from the third year on; each year ends with its reports and an archive. Beside it, plain maps add up what was asked for.
 */
@Tag("full")
class TenYearsTest {
    private static final Seed SEED = Seed.of("ledger", TenYearsTest.class, 10);
    private static final int HOURS = Integer.getInteger("hours", 1);
    private static final int YEARS = 10;
    private static final LocalDate FIRST = LocalDate.of(2027, 1, 1);
    private static final Duration TIMEOUT = Duration.ofHours(20);
    private static final long PER_DAY = 110 * 24 / HOURS;
    private static final long PER_MONTH = 30 * 95 * 24 / HOURS;
    private static final long DAY_NANOS = Duration.ofDays(1).toNanos();

    private final Gen gen = SEED.gen();
    private final ManualClock clock = new ManualClock();
    private final NaiveSums naive = new NaiveSums();
    private final Deque<Transfer> spent = new ArrayDeque<>();
    private final Map<String, Transfer> reserved = new HashMap<>();
    private final List<String> abandoned = new ArrayList<>();
    private final Map<Kind, Integer> kinds = new TreeMap<>();
    private DatabasePlace place;
    private Store store;
    private Ledger ledger;
    private Prices prices;
    private Reports reports;
    private MachineDays days;
    private Archives archives;
    private int number;
    private int refused;
    private int jumps;

    /** What was booked, added up one by one. Keys are a dimension and its value. */
    private static final class NaiveSums {
        private final Map<String, Long> groups = new HashMap<>();
        /** Pending or posted by day of the reservation, of the account with budgets. */
        private final TreeMap<Long, Long> used = new TreeMap<>();
        private final Map<Long, Long> paidToMachine = new HashMap<>();

        /** A charge, or with a negative amount what a correction of it gives back. */
        void add(Transfer line, long amount) {
            LocalDate day = LocalDate.ofEpochDay(Times.day(line.atMicros()));
            Cause c = line.booking().cause();
            for (String each : List.of("HOUR " + Times.instant(line.atMicros()).toString().substring(0, 13), "DAY " + day,
                    "MONTH " + day.toString().substring(0, 7), "PERSON " + c.person(),
                    "DESK " + c.desk(), "MODEL " + c.model(), "PURPOSE " + c.purpose(), "JOB " + c.job(),
                    "ACCOUNT " + line.booking().debit())) {
                groups.merge(day.getYear() + " " + each, amount, Long::sum);
            }
        }

        Map<String, Long> of(By by, int year) {
            Map<String, Long> of = new TreeMap<>();
            groups.forEach((key, amount) -> {
                if (key.startsWith(year + " " + by + " ")) {
                    of.put(key.substring((year + " " + by + " ").length()), amount);
                }
            });
            return of;
        }

        long usedSince(long day) {
            return used.tailMap(day, true).values().stream().mapToLong(Long::longValue).sum();
        }
    }

    private void open() throws Problem {
        store = place.open();
        ledger = Ledger.open(store, clock, Limits.DEFAULT);
        prices = new Prices(store, 2);
        reports = new Reports(store);
        days = new MachineDays(store, ledger, clock, 2);
        archives = new Archives(store, clock, Limits.DEFAULT);
    }

    private long now() throws Problem {
        return Math.max(Times.micros(clock.now()), store.<Long>read(tx -> Rows.head(tx).atMicros() + 1));
    }

    /** One request; whether it is admitted is foretold by sums of this test. */
    private void request() throws Problem {
        String id = "r" + number++;
        String payer = gen.chance(0.7) ? "person:anna" : "desk:papers";
        Cause cause = Cause.of(gen.oneOf("answer", "answer", "read")).withPerson(gen.oneOf("anna", "bob"))
                .withDesk(gen.oneOf("papers", "code", "")).withModel(gen.oneOf("small", "big"))
                .withJob(gen.oneOf("", "j" + number / 1000), 0, 1);
        long amount = gen.between(100, 400);
        Admission admission = ledger.reserve(new Booking(id, payer, "machine:cpu", amount, Unit.EUR, cause), TIMEOUT);
        if (payer.equals("person:anna")) {
            long today = admission instanceof Admission.Admitted a ? Times.day(a.transfer().atMicros()) : Times.day(now());
            long month = Period.MONTH.firstDay(today);
            boolean fits = naive.used.getOrDefault(today, 0L) + amount <= PER_DAY && naive.usedSince(month) + amount <= PER_MONTH;
            assertThat(admission instanceof Admission.Admitted).as("%s of %d on day %d is admitted; %s", id, amount, today, SEED)
                    .isEqualTo(fits);
            if (!fits) {
                refused++;
                return;
            }
        }
        end(((Admission.Admitted) admission).transfer());
    }

    private void end(Transfer reservation) throws Problem {
        String id = reservation.id();
        long day = Times.day(reservation.atMicros());
        boolean isAnna = reservation.booking().debit().equals("person:anna");
        long counted = 0;
        if (gen.chance(0.02)) {
            abandoned.add(id);
            kinds.merge(Kind.EXPIRE, 1, Integer::sum);
            counted = reservation.amount();
        } else if (gen.chance(0.05)) {
            ledger.release("free:" + id, id);
            kinds.merge(Kind.VOID, 1, Integer::sum);
        } else {
            counted = gen.between(50, (int) reservation.amount());
            Meters meters = new Meters(gen.between(1, 900), 0, 0, 0, 9, 1_000_000, 0, 0, 70_000, true);
            Transfer line = ledger.post("post:" + id, id, counted, meters);
            kinds.merge(Kind.POST, 1, Integer::sum);
            naive.add(line, counted);
            naive.paidToMachine.merge(Times.day(line.atMicros()), counted, Long::sum);
            spent.addLast(line);
            if (spent.size() > 40) {
                spent.removeFirst();
            }
        }
        if (isAnna) {
            naive.used.merge(day, counted, Long::sum);
        }
        reserved.put(id, reservation);
    }

    private void correct() throws Problem {
        Transfer line = spent.removeFirst();
        Transfer reservation = reserved.get(line.refers());
        Transfer correction = ledger.correct("c" + number, line.id(), 20, Cause.of("refund"));
        kinds.merge(Kind.CORRECT, 1, Integer::sum);
        naive.add(line, -20);
        naive.paidToMachine.merge(Times.day(correction.atMicros()), -20L, Long::sum);
        if (line.booking().debit().equals("person:anna")) {
            naive.used.merge(Times.day(reservation.atMicros()), -20L, Long::sum);
        }
    }

    /** What was abandoned is free again once its time is over. */
    private void expire() throws Problem {
        ledger.expire();
        for (String each : List.copyOf(abandoned)) {
            if (ledger.transfer("expire:" + each).isPresent()) {
                abandoned.remove(each);
                Transfer reservation = reserved.get(each);
                if (reservation.booking().debit().equals("person:anna")) {
                    naive.used.merge(Times.day(reservation.atMicros()), -reservation.amount(), Long::sum);
                }
            }
        }
    }

    private void day(int year, int day) throws Problem {
        for (int hour = 0; hour < 24; hour += HOURS) {
            if (gen.chance(0.01)) {
                clock.jump(gen.between(-20, 20) * DAY_NANOS / 48);
                jumps++;
            }
            expire();
            request();
            clock.advance(HOURS * DAY_NANOS / 24);
        }
        if (spent.size() > 30 && gen.chance(0.1)) {
            correct();
        }
        if (day % 90 == 0) {
            long from = now();
            prices.put(new MachinePrice(from, 300_000 + 1_000L * day + year, 65_000, 20_000, 1_000_000_000, 1_461, 2, year >= 2));
        }
        if (day % 5 == 0) {
            while (days.close() > 0) {
                // Until none is due.
            }
            while (ledger.seal().isPresent()) {
                // Until none waits.
            }
        }
        if (gen.chance(0.02)) {
            store.close();
            open();
        }
    }

    /** Reports of a year by every grouping are the naive sums; then all of it but the last days goes into an archive. */
    private long endYear(int year, Path folder) throws Problem {
        int calendar = FIRST.getYear() + year;
        while (days.close() > 0) {
            // Until none is due.
        }
        ledger.seal();
        Filter filter = Filter.ALL.since(LocalDate.of(calendar, 1, 1)).until(LocalDate.of(calendar, 12, 31));
        for (By by : By.values()) {
            Map<String, Long> groups = new TreeMap<>();
            Report report = reports.report(by, filter);
            report.groups().forEach(g -> groups.put(g.key(), g.amount()));
            assertThat(groups).as("%s of %d, %s", by, calendar, SEED).isEqualTo(naive.of(by, calendar));
            assertThat(report.totals().getFirst().amount()).isEqualTo(groups.values().stream().mapToLong(Long::longValue).sum());
        }
        machineDays(calendar);
        Archives.Made made = archives.archive(LocalDate.of(calendar, 12, 1), folder.resolve(calendar + ".books"), Disk.REAL)
                .orElseThrow();
        CheckReport check = ledger.check();
        assertThat(check.findings()).as("%d, %s", calendar, SEED).isEmpty();
        assertThat(check.archived()).isGreaterThanOrEqualTo(made.gone());
        return made.gone();
    }

    /** Users + idle = electricity + write-off of each closed day, which leaves nothing on the machine's account for it. */
    private void machineDays(int calendar) throws Problem {
        long from = LocalDate.of(calendar, 2, 1).toEpochDay();
        long to = LocalDate.of(calendar, 11, 30).toEpochDay();
        Filter filter = Filter.ALL.since(LocalDate.ofEpochDay(from)).until(LocalDate.ofEpochDay(to));
        MachineCost cost = reports.report(By.MONTH, filter).machine();
        if (calendar >= FIRST.getYear() + 3) {
            long paid = 0;
            for (long day = from; day <= to; day++) {
                paid += naive.paidToMachine.getOrDefault(day, 0L);
            }
            assertThat(cost.days()).as("%d, %s", calendar, SEED).isEqualTo(to - from + 1);
            assertThat(paid + cost.idle()).as("%d, %s", calendar, SEED).isEqualTo(cost.energy() + cost.writeOff());
        }
    }

    @Test
    void balancesAfterTenYears() throws Exception {
        Path folder = Scratch.folder();
        try {
            place = DatabasePlace.sqlite(folder, List.of(Ledger.SCHEMA));
            live(folder);
        } finally {
            store.close();
            Scratch.delete(folder);
        }
    }

    private void live(Path folder) throws Exception {
        long start = Clock.SYSTEM.nanos();
        clock.advance(FIRST.toEpochDay() * DAY_NANOS);
        open();
        for (String each : List.of("person:anna", "desk:papers", "machine:cpu")) {
            ledger.open(Account.of(each, Unit.EUR));
        }
        ledger.put(Budget.of("person:anna", Period.DAY, PER_DAY));
        ledger.put(Budget.of("person:anna", Period.MONTH, PER_MONTH));
        ledger.put(Budget.of("person:anna", Period.EVER, Limits.DEFAULT.amountMax()));
        StringBuilder sizes = new StringBuilder();
        for (int year = 0; year < YEARS; year++) {
            int before = number;
            long bytes = bytes();
            for (int day = 0; LocalDate.ofEpochDay(Times.day(now())).getYear() == FIRST.getYear() + year; day++) {
                day(year, day);
            }
            long grown = bytes() - bytes;
            long gone = endYear(year, folder);
            sizes.append("%n%d: %d requests, the database grew %d KiB per 1,000; %d lines archived, %d KiB in use after it"
                    .formatted(FIRST.getYear() + year, number - before, grown * 1000 / 1024 / (number - before), gone,
                            bytes() / 1024));
        }
        assertThat(ledger.balance("person:anna").spent() + ledger.balance("desk:papers").spent()).isEqualTo(postedInAll());
        check(folder);
        System.out.printf("ten years: %d requests, %d refused, %d clock jumps, lines %s, %.0f s%s%n", number, refused, jumps, kinds,
                Clock.SYSTEM.secondsSince(start), sizes);
        assertThat(List.of(refused, jumps)).allSatisfy(n -> assertThat(n).isPositive());
        assertThat(kinds).hasSize(4);
    }

    private long postedInAll() {
        return naive.groups.entrySet().stream().filter(e -> e.getKey().contains(" MONTH ")).mapToLong(Map.Entry::getValue).sum();
    }

    /** Each archive is whole and goes on where the one before ended; together with the database they are all lines. */
    private void check(Path folder) throws Exception {
        long last = 0;
        long[] posted = {0};
        for (Archive each : archives.list()) {
            Path file = folder.resolve(each.file());
            Archives.Checked checked = archives.check(file);
            assertThat(checked.ours()).contains(each);
            assertThat(checked.before().lastSeq()).isEqualTo(last);
            last = checked.last().lastSeq();
            ArchiveFile.read(file, line -> posted[0] += signed(line));
        }
        long after = last;
        for (List<Transfer> page; !(page = page(after)).isEmpty(); after = page.getLast().seq()) {
            page.forEach(line -> posted[0] += signed(line));
        }
        assertThat(posted[0]).as(SEED.toString()).isEqualTo(postedInAll());
    }

    private List<Transfer> page(long after) throws Problem {
        return store.read(tx -> Rows.transfersAfter(tx, after, 1000));
    }

    private static long signed(Transfer line) {
        return line.kind() == Kind.POST ? line.amount() : line.kind() == Kind.CORRECT ? -line.amount() : 0;
    }

    /** Pages in use: what is free after an archive is used again. */
    private long bytes() throws Problem {
        return store.read(tx -> tx.number("SELECT (SELECT page_count FROM pragma_page_count()) "
                + "- (SELECT freelist_count FROM pragma_freelist_count())")) * 4096;
    }
}
