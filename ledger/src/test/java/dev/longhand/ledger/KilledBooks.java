package dev.longhand.ledger;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.store.Store;
import dev.longhand.testkit.KillLoop;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A program that lives to be killed: several threads reserve, post and void, and say each line that the ledger returned. First
 * each thread asks again for what it asked for in the round before, as a client does that got no answer.
 *
 * <p>Arguments: the folder, {@code honest} or {@code liar} (who says a line before it is booked), the round.
 */
final class KilledBooks {
    static final int THREADS = 4;
    private static final int REPEATED = 40;

    private KilledBooks() {}

    /** A reservation and its end; what they are follows from the name. */
    record Wish(String name, int number) {
        Wish(int round, int thread, int number) {
            this(round + "-" + thread + "-" + number, number);
        }

        long reserved() {
            return 100 + number % 50;
        }

        boolean isPosted() {
            return number % 3 != 2;
        }

        long posted() {
            return isPosted() ? 20 + number % 70 : 0;
        }

        String end() {
            return (isPosted() ? "post-" : "void-") + name;
        }
    }

    public static void main(String[] args) throws Exception {
        boolean isLiar = args[1].equals("liar");
        int round = Integer.parseInt(args[2]);
        Store store = RecordedBooks.open(Path.of(args[0]), false);
        Ledger ledger = Ledger.open(store, Clock.SYSTEM, Limits.DEFAULT);
        ledger.open(new Account(RecordedBooks.PAYER, Unit.EUR, Account.Kind.PERSON));
        ledger.open(new Account(RecordedBooks.PAID, Unit.EUR, Account.Kind.MACHINE));
        new Sealer(ledger, Clock.SYSTEM, Duration.ofMillis(20));
        KillLoop.say(KillLoop.READY);
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
            int thread = t;
            threads.add(Thread.ofPlatform().start(() -> book(ledger, round, thread, isLiar)));
        }
        for (Thread each : threads) {
            each.join();
        }
    }

    private static void book(Ledger ledger, int round, int thread, boolean isLiar) {
        try {
            for (int i = 0; round > 0 && i < REPEATED; i++) {
                book(ledger, new Wish(round - 1, thread, i), isLiar);
            }
            for (int i = 0; ; i++) {
                book(ledger, new Wish(round, thread, i), isLiar);
            }
        } catch (Problem e) {
            e.printStackTrace();
            Runtime.getRuntime().halt(1);
        }
    }

    private static void book(Ledger ledger, Wish wish, boolean isLiar) throws Problem {
        Booking booking = new Booking(wish.name, RecordedBooks.PAYER, RecordedBooks.PAID, wish.reserved(), Unit.EUR,
                Cause.of("answer"));
        if (isLiar) {
            KillLoop.say(wish.name);
        }
        ledger.reserve(booking, Duration.ofHours(10));
        KillLoop.say(wish.name);
        if (wish.isPosted()) {
            ledger.post(wish.end(), wish.name, wish.posted(), Meters.tokens(wish.number, 0, 1));
        } else {
            ledger.release(wish.end(), wish.name);
        }
        KillLoop.say(wish.end());
    }
}
