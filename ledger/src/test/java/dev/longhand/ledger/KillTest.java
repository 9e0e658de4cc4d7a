package dev.longhand.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.ledger.Transfer.Kind;
import dev.longhand.store.Store;
import dev.longhand.testkit.KillLoop;
import dev.longhand.testkit.KillLoop.Plan;
import dev.longhand.testkit.KillLoop.Report;
import dev.longhand.testkit.Seed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: whenever the process is killed, no line that the ledger returned is lost, none is booked twice, the books are sound, and
 * the next process serves within five seconds of processor time. And the harness can fail: it finds a program that promises too
 * early.
 *
 * <p>Method: {@link KilledBooks} in a {@link KillLoop} on one and the same books; after each round the books are read. The long
 * form: {@code -Drounds=200 -Dseed=...}.
 */
class KillTest {
    private static final Seed SEED = Seed.of("ledger", KillTest.class, 5);
    private static final int ROUNDS = Integer.getInteger("rounds", 20);
    private static final Duration READY_MAX = Duration.ofSeconds(60);
    private static final Duration RUN_MAX = Duration.ofMillis(700);
    private static final List<String> FAILPOINTS = List.of("store.before-commit:60", "store.after-commit:60",
            "ledger.before-seal:8", "ledger.sealing:8", "ledger.after-seal:8");

    @TempDir
    private Path temp;

    private final Set<String> said = new HashSet<>();

    private Report loop(String who, Plan plan) throws Exception {
        Path home = Files.createDirectory(temp.resolve("home"));
        KillLoop.Starter starter = KillLoop.Starter.ofMain(KilledBooks.class, "128m", List.of(home.toString(), who));
        return new KillLoop(starter, temp, SEED).run(plan, (round, lines) -> check(home, round, lines));
    }

    private void check(Path home, int round, List<String> lines) throws Problem {
        said.addAll(lines);
        try (Store store = RecordedBooks.open(home, false)) {
            Ledger ledger = Ledger.open(store, Clock.SYSTEM, Limits.DEFAULT);
            assertThat(store.check()).isEmpty();
            assertThat(ledger.check().findings()).isEmpty();
            Map<String, Transfer> booked = new HashMap<>();
            long last = 0;
            for (List<Transfer> page; !(page = page(store, last)).isEmpty(); last = page.getLast().seq()) {
                for (Transfer each : page) {
                    assertThat(booked.put(each.id(), each)).as("%s is booked once", each.id()).isNull();
                }
            }
            assertThat(booked.keySet()).as("what was said").containsAll(said);
            assertThat(booked.size() - said.size()).as("lines that nobody heard of: at most one of each thread and round")
                    .isLessThanOrEqualTo(KilledBooks.THREADS * (round + 1));
            booked.values().forEach(line -> checkContent(line, booked));
        }
    }

    private static List<Transfer> page(Store store, long after) throws Problem {
        return store.read(tx -> Rows.transfersAfter(tx, after, 1000));
    }

    /** Each line is what its name says, so nothing was booked with another's content. */
    private static void checkContent(Transfer line, Map<String, Transfer> booked) {
        String name = line.kind() == Kind.RESERVE ? line.id() : line.refers();
        KilledBooks.Wish wish = new KilledBooks.Wish(name, Integer.parseInt(name.substring(name.lastIndexOf('-') + 1)));
        assertThat(line.amount()).as(line.id()).isEqualTo(line.kind() == Kind.RESERVE ? wish.reserved() : wish.posted());
        if (line.kind() != Kind.RESERVE) {
            assertThat(line.id()).isEqualTo(wish.end());
            assertThat(booked).containsKey(name);
        }
    }

    @Test
    void losesAndDoublesNothingWheneverItIsKilled() throws Exception {
        Report report = loop("honest", new Plan(ROUNDS, READY_MAX, RUN_MAX, FAILPOINTS));
        System.out.println(report);
        assertThat(report.said()).isGreaterThan(ROUNDS);
        assertThat(report.halted()).as("failpoints are reached").isPositive();
        assertThat(report.cpuMsMax()).as("restart, in ms of processor time").isLessThanOrEqualTo(5_000);
    }

    @Test
    void findsAProgramThatPromisesTooEarly() {
        assertThatThrownBy(() -> loop("liar", new Plan(20, READY_MAX, RUN_MAX, List.of("store.before-commit:20"))))
                .isInstanceOf(AssertionError.class).hasMessageContaining("what was said").hasMessageContaining("-Dseed=");
    }
}
