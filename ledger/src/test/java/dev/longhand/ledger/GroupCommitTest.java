package dev.longhand.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.store.DatabasePlace;
import dev.longhand.store.Store;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: many callers, each answered only after its sync, share syncs. Method: 32 threads book in two phases; works per commit are
 * counted, which no machine's speed changes much. The rates are printed with the disk's own: {@code -Dledger.bookings} sets how
 * many.
 */
class GroupCommitTest {
    private static final int CALLERS = 32;
    private static final int BOOKINGS = Integer.getInteger("ledger.bookings", 3_200);

    @Test
    void sharesSyncsAmongCallers(@TempDir Path folder) throws Exception {
        double syncs = syncsPerSecond(folder);
        try (Store store = DatabasePlace.sqlite(folder, List.of(Ledger.SCHEMA)).open()) {
            Ledger ledger = Ledger.open(store, Clock.SYSTEM, Limits.DEFAULT);
            ledger.open(new Account("person:a", Unit.EUR, Account.Kind.PERSON));
            ledger.open(new Account("machine:cpu", Unit.EUR, Account.Kind.MACHINE));
            ledger.put(Budget.of("person:a", Budget.Period.MONTH, Limits.DEFAULT.amountMax()));
            run(ledger, "warm", BOOKINGS / 4);
            Store.Counters before = store.counters();
            double seconds = run(ledger, "b", BOOKINGS);
            Store.Counters after = store.counters();
            double perCommit = (double) (after.works() - before.works()) / (after.commits() - before.commits());
            double single = single(ledger);
            System.out.printf("%d callers: %.0f two-phase bookings per second, %.1f writes per commit; the disk syncs %.0f times "
                    + "per second; bookings per sync %.1f; a lone caller: %.0f bookings per second%n", CALLERS, BOOKINGS / seconds,
                    perCommit, syncs, BOOKINGS / seconds / syncs, single);
            assertTrue(perCommit >= 8, () -> "only " + perCommit + " writes per commit");
            assertEquals(List.of(), ledger.check().findings());
        }
    }

    /** Seconds for {@code bookings}, evenly by all callers. */
    private static double run(Ledger ledger, String prefix, int bookings) throws Exception {
        long start = Clock.SYSTEM.nanos();
        try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Void>> all = new ArrayList<>();
            for (int c = 0; c < CALLERS; c++) {
                String name = prefix + c + "-";
                all.add(pool.submit(() -> {
                    for (int i = 0; i < bookings / CALLERS; i++) {
                        book(ledger, name + i);
                    }
                    return null;
                }));
            }
            for (Future<Void> each : all) {
                each.get();
            }
        }
        return Clock.SYSTEM.secondsSince(start);
    }

    private static double single(Ledger ledger) throws Problem {
        long start = Clock.SYSTEM.nanos();
        for (int i = 0; i < 200; i++) {
            book(ledger, "s" + i);
        }
        return 200 / Clock.SYSTEM.secondsSince(start);
    }

    private static void book(Ledger ledger, String id) throws Problem {
        Admission admission = ledger.reserve(new Booking(id, "person:a", "machine:cpu", 100, Unit.EUR, Cause.of("answer")),
                Duration.ofMinutes(5));
        assertTrue(admission instanceof Admission.Admitted, () -> admission.toString());
        ledger.post(id + "p", id, 60, Meters.tokens(100, 10, 20));
    }

    /** How often a file of the same folder can be appended to and synced, one after the other. */
    private static double syncsPerSecond(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder.resolve("sync"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.allocateDirect(4096);
            long start = Clock.SYSTEM.nanos();
            for (int i = 0; i < 300; i++) {
                channel.write(bytes.clear());
                channel.force(false);
            }
            return 300 / Clock.SYSTEM.secondsSince(start);
        }
    }
}
