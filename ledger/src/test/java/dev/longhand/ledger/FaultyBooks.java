package dev.longhand.ledger;

import dev.longhand.base.Check;
import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.store.Store;
import dev.longhand.store.StoreSetting;
import dev.longhand.testkit.Recorder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A program under whose database calls fail, see {@link Recorder#fail}: once while it opens, once while it books, for every call in
 * turn. It checks itself and ends with an exception where the books are not what they should be.
 *
 * <p>Arguments: the folder, every which call fails.
 */
final class FaultyBooks {
    private final Path root;
    private final int every;
    private int runs;
    private int refused;

    private FaultyBooks(Path root, int every) {
        this.root = root;
        this.every = every;
    }

    public static void main(String[] args) throws Exception {
        FaultyBooks books = new FaultyBooks(Path.of(args[0]), Integer.parseInt(args[1]));
        for (int number : new int[] {Recorder.ENOSPC, Recorder.EIO}) {
            for (boolean isSticky : new boolean[] {false, true}) {
                books.whileBooking(number, isSticky);
                books.whileOpening(number, isSticky);
            }
        }
        System.out.printf("%d runs, %d calls of the ledger or store refused%n", books.runs, books.refused);
        Check.invariant(books.refused > books.runs / 2, "hardly anything failed");
    }

    /** Until the failing call lies behind the last one. */
    private void whileBooking(int number, boolean isSticky) throws Exception {
        boolean hasFailed = true;
        for (int call = 0; hasFailed; call += every) {
            Path home = Files.createDirectory(root.resolve("run-" + runs++));
            List<String> acks = new ArrayList<>();
            try (Store store = open(home)) {
                Ledger ledger = ledger(store);
                book(ledger, "before", acks);
                Recorder.fail(root, call, number, isSticky);
                for (int i = 0; i < 3; i++) {
                    book(ledger, "r" + i, acks);
                    Check.invariant(ledger.transfer("before").isPresent(), "reads are served");
                }
                seal(ledger);
                hasFailed = Recorder.failNothing(root);
                int refusedNow = refused;
                book(ledger, "after", acks);
                Check.invariant(refused == refusedNow && acks.contains("p-after"), "the store goes on after call %d failed", call);
            }
            check(home, acks);
        }
    }

    private void whileOpening(int number, boolean isSticky) throws Exception {
        boolean hasFailed = true;
        for (int call = 0; hasFailed; call += every) {
            Path home = Files.createDirectory(root.resolve("run-" + runs++));
            Recorder.fail(root, call, number, isSticky);
            try (Store store = open(home)) {
                ledger(store);
            } catch (Problem e) {
                refused(e);
            }
            hasFailed = Recorder.failNothing(root);
            check(home, List.of());
        }
    }

    /** Whoever finds no connection gives up soon. */
    private static Store open(Path home) throws Problem {
        return open(home, dev.longhand.store.Limits.DEFAULT.withQueue(64, Duration.ofMillis(250)));
    }

    private static Store open(Path home, dev.longhand.store.Limits limits) throws Problem {
        return Store.open(new StoreSetting.Sqlite(RecordedBooks.file(home)), limits, Clock.SYSTEM, Disk.REAL,
                List.of(Ledger.SCHEMA));
    }

    private static Ledger ledger(Store store) throws Problem {
        Ledger ledger = Ledger.open(store, Clock.SYSTEM, Limits.DEFAULT);
        ledger.open(new Account(RecordedBooks.PAYER, Unit.EUR, Account.Kind.PERSON));
        ledger.open(new Account(RecordedBooks.PAID, Unit.EUR, Account.Kind.MACHINE));
        return ledger;
    }

    private void book(Ledger ledger, String id, List<String> acks) {
        try {
            ledger.reserve(new Booking(id, RecordedBooks.PAYER, RecordedBooks.PAID, 100, Unit.EUR, Cause.of("answer")),
                    Duration.ofHours(1));
            acks.add(id);
            ledger.post("p-" + id, id, 60, Meters.NONE);
            acks.add("p-" + id);
        } catch (Problem e) {
            refused(e);
        }
    }

    private void seal(Ledger ledger) {
        try {
            ledger.seal();
        } catch (Problem e) {
            refused(e);
        }
    }

    private void refused(Problem e) {
        refused++;
        Check.invariant(e.kind() == Problem.Kind.DISK, "it is said that the disk failed, not: %s %s", e.kind(), e.getMessage());
    }

    /** What was acknowledged is there and all is sound; then the folder goes. */
    private static void check(Path home, List<String> acks) throws Exception {
        try (Store store = open(home, dev.longhand.store.Limits.DEFAULT)) {
            Ledger ledger = ledger(store);
            Check.invariant(store.check().isEmpty(), "the store has %s", store.check());
            Check.invariant(ledger.check().isClean(), "the books have %s", ledger.check());
            for (String each : acks) {
                Check.invariant(ledger.transfer(each).isPresent(), "%s was acknowledged and is lost", each);
            }
        }
        dev.longhand.testkit.Scratch.delete(home);
    }
}
