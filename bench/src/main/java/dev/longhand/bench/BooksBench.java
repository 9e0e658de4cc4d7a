package dev.longhand.bench;

import dev.longhand.base.Check;
import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.ledger.Account;
import dev.longhand.ledger.Admission;
import dev.longhand.ledger.Booking;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.Budget;
import dev.longhand.ledger.Cause;
import dev.longhand.ledger.CheckReport;
import dev.longhand.ledger.Ledger;
import dev.longhand.ledger.Limits;
import dev.longhand.ledger.Meters;
import dev.longhand.ledger.Payer;
import dev.longhand.ledger.Unit;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.LanguageModel;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.store.Store;
import dev.longhand.store.StoreSetting;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * What booking costs: how many bookings the books take, and what they add to a request.
 *
 * <p>Method: {@value #CALLERS} callers book in two phases, each answered after its sync; between rounds the disk's own syncs are
 * timed on a file of the same folder. Then one caller asks a metered model that answers at once; before each request two syncs are
 * timed in a row, so that both meet the same neighbours.
 */
public final class BooksBench {
    private static final int CALLERS = 32;
    private static final int SYNCS = 200;
    /** What a booking alone in its commit writes to SQLite's log, about. */
    private static final int COMMIT_PAGES = 11;
    private static final int[] PROMPT = new int[100];
    private static final String PAYER = "person:bench";
    private static final String PAID = "machine:cpu";

    private final Clock clock;
    private final int bookings;
    private final int requests;
    private final int rounds;

    /** @param isQuick a tenth of the work, once */
    public BooksBench(Clock clock, boolean isQuick, int rounds) {
        this.clock = clock;
        this.bookings = isQuick ? 1_600 : 16_000;
        this.requests = isQuick ? 100 : 1_000;
        this.rounds = isQuick ? 1 : rounds;
    }

    /**
     * Runs on books that are empty.
     *
     * @param folder that the database lies in, or one on the disk of the server
     */
    public List<Measure> run(StoreSetting setting, Path folder) throws Problem {
        boolean isFile = setting instanceof StoreSetting.Sqlite;
        String name = isFile ? "sqlite" : "postgresql";
        try (Books books = Books.open(setting, clock, Disk.REAL, List.of()); SyncFile disk = new SyncFile(clock, folder)) {
            if (books.ledger().check().transfers() > 0) {
                throw new Problem(Problem.Kind.USAGE, setting + " holds books already; nothing was measured; "
                        + "name an empty database");
            }
            books.ledger().open(Account.of(PAYER, Unit.EUR));
            books.ledger().open(Account.of(PAID, Unit.EUR));
            books.ledger().put(Budget.of(PAYER, Budget.Period.MONTH, Limits.DEFAULT.amountMax()));
            List<Measure> measures = new ArrayList<>(throughput(books, disk, name, isFile));
            measures.addAll(request(books, disk, name));
            CheckReport check = books.ledger().check();
            Check.invariant(check.isClean(), "the books are not clean: %s", check.findings());
            return measures;
        }
    }

    private List<Measure> throughput(Books books, SyncFile disk, String name, boolean isFile) throws Problem {
        book(books.ledger(), "warm", bookings / 4);
        double best = 0;
        double bestRatio = 0;
        double syncsThen = 0;
        double perCommit = 0;
        double before = SYNCS / disk.seconds(SYNCS);
        for (int round = 0; round < rounds; round++) {
            Store.Counters start = books.store().counters();
            double rate = bookings / book(books.ledger(), "b" + round, bookings);
            Store.Counters end = books.store().counters();
            double after = SYNCS / disk.seconds(SYNCS);
            double syncs = (before + after) / 2;
            if (rate / syncs > bestRatio) {
                bestRatio = rate / syncs;
                syncsThen = syncs;
            }
            if (rate > best) {
                best = rate;
                perCommit = (double) (end.works() - start.works()) / (end.commits() - start.commits());
            }
            before = after;
        }
        long start = clock.nanos();
        int lone = requests / 2;
        for (int i = 0; i < lone; i++) {
            book(books.ledger(), "lone-" + i);
        }
        double alone = lone / clock.secondsSince(start);
        return List.of(
                Measure.of("books/callers-" + CALLERS, name, best, "two-phase bookings/s", Optional.of(Target.atLeast(1_000)),
                        "writes per commit", perCommit, "rounds", rounds, "a lone caller per second", alone),
                Measure.of("books/per-sync", name, bestRatio, "x the disk's syncs",
                        isFile ? Optional.of(Target.atLeast(8)) : Optional.empty(), "syncs per second then", syncsThen));
    }

    /** Seconds for so many bookings, evenly by all callers. */
    private double book(Ledger ledger, String prefix, int count) throws Problem {
        long start = clock.nanos();
        try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Void>> all = new ArrayList<>();
            for (int caller = 0; caller < CALLERS; caller++) {
                String name = prefix + "-" + caller + "-";
                all.add(pool.submit(() -> {
                    for (int i = 0; i < count / CALLERS; i++) {
                        book(ledger, name + i);
                    }
                    return null;
                }));
            }
            for (Future<Void> each : all) {
                each.get();
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Problem problem) {
                throw problem;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem(Problem.Kind.CANCELLED, "stopped", e);
        }
        return clock.secondsSince(start);
    }

    private static void book(Ledger ledger, String id) throws Problem {
        Admission admission = ledger.reserve(new Booking(id, PAYER, PAID, 100, Unit.EUR, Cause.of("answer")),
                Duration.ofMinutes(5));
        Check.invariant(admission instanceof Admission.Admitted, "a booking was not admitted: %s", admission);
        ledger.post("post:" + id, id, 60, Meters.tokens(100, 10, 20));
    }

    private List<Measure> request(Books books, SyncFile disk, String name) throws Problem {
        LanguageModel bare = new InstantModel();
        LanguageModel metered = books.meter(bare, new Payer(PAYER, Cause.of("answer").withPerson("bench")));
        for (int i = 0; i < requests / 4; i++) {
            ask(metered);
        }
        double[] syncs = new double[requests];
        double[] larger = new double[requests];
        double[] times = new double[requests];
        Store.Counters start = books.store().counters();
        for (int i = 0; i < requests; i++) {
            syncs[i] = (disk.sync() + disk.sync()) / 1e6;
            larger[i] = (disk.sync(COMMIT_PAGES) + disk.sync(COMMIT_PAGES)) / 1e6;
            times[i] = ask(metered);
        }
        Store.Counters end = books.store().counters();
        // The sealer expires and seals beside, each in a write of its own.
        long others = end.works() - start.works() - 2L * requests;
        double two = EngineRig.quantile(syncs, 0.5);
        double p50 = EngineRig.quantile(times, 0.5);
        double commits = (double) (end.commits() - start.commits() - others) / requests;
        return List.of(
                Measure.of("books/request-syncs", name, commits, "syncs per request", Optional.of(Target.atMost(2)),
                        "writes of the sealer beside", others),
                Measure.of("books/request-added", name, p50 - two, "ms beyond two syncs, p50", Optional.of(Target.atMost(1)),
                        "p50 ms", p50, "p99 ms", EngineRig.quantile(times, 0.99), "two syncs p50 ms", two,
                        "two syncs p99 ms", EngineRig.quantile(syncs, 0.99), "two syncs of 44 KiB p50 ms",
                        EngineRig.quantile(larger, 0.5), "requests", requests));
    }

    /** Milliseconds of a request. */
    private double ask(LanguageModel model) throws Problem {
        long start = clock.nanos();
        try (Sequence sequence = model.open(new SequenceSpec(200))) {
            sequence.generate(PROMPT, GenerationSpec.greedy(30), Sink.SILENT);
        }
        return (clock.nanos() - start) / 1e6;
    }
}
