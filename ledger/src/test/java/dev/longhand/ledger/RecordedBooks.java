package dev.longhand.ledger;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.store.CarelessStore;
import dev.longhand.store.Store;
import dev.longhand.store.StoreSetting;
import dev.longhand.testkit.CrashImages;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;

/**
 * A small program whose writes are recorded: opens books, books in two phases, seals, closes, opens again and goes on. After each
 * return of the ledger it appends the id to the file of acknowledgements.
 *
 * <p>Arguments: the folder, how many bookings in each of the two sessions, and {@code careless} for a store that does not sync.
 */
final class RecordedBooks {
    static final String PAYER = "person:a";
    static final String PAID = "machine:cpu";
    private static final int SEAL_EVERY = 5;

    private RecordedBooks() {}

    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        int bookings = Integer.parseInt(args[1]);
        try (FileChannel acks = FileChannel.open(folder.resolve(CrashImages.ACKS), StandardOpenOption.CREATE,
                StandardOpenOption.APPEND)) {
            for (int session = 0; session < 2; session++) {
                try (Store store = open(folder, args[2].equals("careless"))) {
                    book(Ledger.open(store, Clock.SYSTEM, Limits.DEFAULT), session * bookings, bookings, acks);
                }
            }
        }
    }

    static Path file(Path folder) {
        return folder.resolve("longhand.db");
    }

    static Store open(Path folder, boolean isCareless) throws Problem {
        List<dev.longhand.store.Schema> schemas = List.of(Ledger.SCHEMA);
        return isCareless ? CarelessStore.open(file(folder), schemas) : Store.open(new StoreSetting.Sqlite(file(folder)),
                dev.longhand.store.Limits.DEFAULT, Clock.SYSTEM, Disk.REAL, schemas);
    }

    private static void book(Ledger ledger, int first, int bookings, FileChannel acks) throws Exception {
        ledger.open(new Account(PAYER, Unit.EUR, Account.Kind.PERSON));
        ledger.open(new Account(PAID, Unit.EUR, Account.Kind.MACHINE));
        for (int i = first; i < first + bookings; i++) {
            String id = "r" + i;
            ledger.reserve(new Booking(id, PAYER, PAID, 100 + i, Unit.EUR, Cause.of("answer")), Duration.ofHours(1));
            acknowledge(acks, id);
            ledger.post("p" + i, id, 50 + i, Meters.tokens(i, 0, 1));
            acknowledge(acks, "p" + i);
            if (i % SEAL_EVERY == 0) {
                acknowledge(acks, "seal " + ledger.seal().orElseThrow().number());
            }
        }
    }

    private static void acknowledge(FileChannel acks, String what) throws IOException {
        acks.write(ByteBuffer.wrap((what + "\n").getBytes(StandardCharsets.UTF_8)));
    }
}
