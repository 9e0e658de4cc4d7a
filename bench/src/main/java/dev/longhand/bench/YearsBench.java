package dev.longhand.bench;

import dev.longhand.base.Check;
import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.ledger.Account;
import dev.longhand.ledger.Admission;
import dev.longhand.ledger.Archives;
import dev.longhand.ledger.Booking;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.Budget;
import dev.longhand.ledger.By;
import dev.longhand.ledger.Cause;
import dev.longhand.ledger.CheckReport;
import dev.longhand.ledger.Filter;
import dev.longhand.ledger.Group;
import dev.longhand.ledger.Limits;
import dev.longhand.ledger.MachinePrice;
import dev.longhand.ledger.Meters;
import dev.longhand.ledger.Times;
import dev.longhand.ledger.Unit;
import dev.longhand.store.StoreSetting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Years of use of the books: one request in two phases after another at an even pace of simulated time, each line durable before
 * the next. Every month the books are closed and opened, the clock jumps, the price of power changes, the month's report is
 * compared with a sum kept beside, and the lines go into an archive. At the end all is checked.
 */
public final class YearsBench {
    private static final LocalDate FIRST = LocalDate.of(2027, 1, 1);
    private static final String PAYER = "person:bench";
    private static final String PAID = "machine:cpu";
    private static final double KIB = 1024;
    private static final long PAGE_BYTES = 4096;

    /**
     * What is simulated.
     *
     * @param days     how long
     * @param every    simulated time between two requests
     * @param progress told now and then, for people
     */
    public record Plan(long days, Duration every, Consumer<String> progress, BooleanSupplier isCancelled) {}

    /** Wall-clock time is what the bench says; waiting is real. */
    private static final class Simulated implements Clock {
        private volatile Instant now = FIRST.atStartOfDay().toInstant(ZoneOffset.UTC);

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

    private final Clock clock;
    private final Plan plan;
    private final Path folder;
    private final Simulated simulated = new Simulated();
    private final List<Path> files = new ArrayList<>();
    private Books books;
    private long requests;
    private long monthPosted;
    private long posted;
    private long bytesGrown;
    private long requestsGrown;
    private long gone;
    private double archiveSeconds;
    private long startNanos;

    public YearsBench(Clock clock, Plan plan, Path folder) {
        this.clock = clock;
        this.plan = plan;
        this.folder = folder;
    }

    public List<Measure> run() throws Problem {
        startNanos = clock.nanos();
        open();
        try {
            for (String each : List.of(PAYER, PAID)) {
                books.ledger().open(Account.of(each, Unit.EUR));
            }
            for (Budget.Period each : Budget.Period.values()) {
                books.ledger().put(Budget.of(PAYER, each, Limits.DEFAULT.amountMax()));
            }
            LocalDate end = FIRST.plusDays(plan.days());
            for (LocalDate month = FIRST; month.isBefore(end); month = month.plusMonths(1)) {
                LocalDate next = month.plusMonths(1);
                month(month, next.isBefore(end) ? next : end);
            }
            double seconds = clock.secondsSince(startNanos);
            return measures(seconds, checked());
        } finally {
            books.close();
        }
    }

    private void open() throws Problem {
        books = Books.open(new StoreSetting.Sqlite(folder.resolve("years.db").toAbsolutePath()), simulated, Disk.REAL, List.of());
    }

    private void month(LocalDate month, LocalDate end) throws Problem {
        long bytes = bytes();
        long first = requests;
        Instant until = end.atStartOfDay().toInstant(ZoneOffset.UTC);
        monthPosted = 0;
        books.prices().put(new MachinePrice(Math.max(1, Times.micros(simulated.now)), 300_000 + month.getMonthValue() * 1_000L,
                65_000, 20_000, 1_000_000_000, 1_461, 2, true));
        while (simulated.now.isBefore(until)) {
            request(month);
            simulated.now = simulated.now.plus(plan.every());
        }
        bytesGrown += bytes() - bytes;
        requestsGrown += requests - first;
        posted += monthPosted;
        Filter filter = Filter.ALL.since(month).until(end.minusDays(1));
        long reported = books.reports().report(By.DAY, filter).groups().stream().mapToLong(Group::amount).sum();
        Check.invariant(reported == monthPosted, "the report of %s has %d, and %d was posted", month, reported, monthPosted);
        archive(end);
        simulated.now = simulated.now.minus(Duration.ofHours(5));
        books.close();
        open();
        simulated.now = until;
    }

    private void request(LocalDate month) throws Problem {
        if (plan.isCancelled().getAsBoolean()) {
            throw new Problem(Problem.Kind.CANCELLED, "stopped in " + month + " after " + requests + " requests, "
                    + rate(clock.secondsSince(startNanos)) + " per second");
        }
        String id = "r" + requests++;
        long amount = 50 + requests % 41;
        Admission admission = books.ledger().reserve(new Booking(id, PAYER, PAID, 100, Unit.EUR, Cause.of("answer")
                .withPerson("bench").withModel("instant")), Duration.ofHours(1));
        Check.invariant(admission instanceof Admission.Admitted, "a request was not admitted: %s", admission);
        books.ledger().post("post:" + id, id, amount, Meters.tokens(900, 100, 80));
        monthPosted += amount;
        if (requests % 1_000 == 0) {
            books.ledger().correct("fix:" + id, "post:" + id, 1, Cause.of("refund"));
            monthPosted--;
            plan.progress().accept("%s: %d requests, %s per second".formatted(month, requests,
                    rate(clock.secondsSince(startNanos))));
        }
    }

    private String rate(double seconds) {
        return String.format(Locale.ROOT, "%.0f", requests / seconds);
    }

    /** Takes what was sealed before {@code end} out, in one file or several. */
    private void archive(LocalDate end) throws Problem {
        long start = clock.nanos();
        books.closeDays();
        while (books.ledger().seal().isPresent()) {
            // Until none waits.
        }
        for (Optional<Archives.Made> made; (made = books.archives().archive(end, next(), Disk.REAL)).isPresent(); ) {
            files.add(next());
            gone += made.get().gone();
        }
        archiveSeconds += clock.secondsSince(start);
    }

    private Path next() {
        return folder.resolve(files.size() + ".books");
    }

    /** Bytes of pages in use. */
    private long bytes() throws Problem {
        return books.store().read(tx -> tx.number("SELECT (SELECT page_count FROM pragma_page_count()) "
                + "- (SELECT freelist_count FROM pragma_freelist_count())")) * PAGE_BYTES;
    }

    /** Seconds of the check. */
    private double checked() throws Problem {
        long start = clock.nanos();
        CheckReport check = books.ledger().check();
        Check.invariant(check.isClean(), "the books are not clean: %s", check.findings());
        long spent = books.ledger().balance(PAYER).spent();
        Check.invariant(spent == posted, "%s spent %d, and %d was posted", PAYER, spent, posted);
        for (Path each : files) {
            Check.invariant(books.archives().check(each).ours().isPresent(), "%s is no archive of these books", each);
        }
        return clock.secondsSince(start);
    }

    private List<Measure> measures(double seconds, double checkSeconds) throws Problem {
        long archived = 0;
        for (Path each : files) {
            try {
                archived += Files.size(each);
            } catch (IOException e) {
                throw Disk.problem("looking at", each, e);
            }
        }
        String row = "years/%d-days-every-%ds".formatted(plan.days(), plan.every().toSeconds());
        return List.of(
                Measure.of(row, "sqlite", requests / seconds, "requests/s, one caller", Optional.empty(), "requests", requests,
                        "seconds", seconds, "of them archiving", archiveSeconds, "hours for ten years of one a minute",
                        5_258_880 / (requests / seconds) / 3600, "seconds to check all", checkSeconds),
                Measure.of(row + "-growth", "sqlite", bytesGrown / KIB * 1_000 / requestsGrown, "KiB per 1,000 requests",
                        Optional.empty(), "left in the database after archiving", bytes() / KIB * 1_000 / requests,
                        "in archives", archived / KIB * 1_000 / requests, "lines archived", gone, "archives", files.size()));
    }
}
