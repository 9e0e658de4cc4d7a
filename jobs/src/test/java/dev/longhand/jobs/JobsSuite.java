package dev.longhand.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.ledger.Account;
import dev.longhand.ledger.Ledger;
import dev.longhand.ledger.Unit;
import dev.longhand.store.DatabasePlace;
import dev.longhand.store.Store;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.function.Executable;

/** What suites of jobs begin with: books with two accounts, a clock that jumps, handlers and a log of what they did. */
abstract class JobsSuite {
    static final String ANNA = "person:anna";
    static final String CPU = "machine:cpu";
    static final Duration LEASE = Limits.DEFAULT.lease();
    static final Sha256 HASH = Sha256.of("input");

    final JumpyClock clock = new JumpyClock();
    final List<String> log = new ArrayList<>();
    final Map<String, JobHandler> handlers = new HashMap<>();
    DatabasePlace place;
    Store store;
    Ledger ledger;
    Jobs jobs;

    abstract DatabasePlace place();

    @BeforeEach
    void openJobs() throws Problem {
        place = place();
        open();
        ledger.open(new Account(ANNA, Unit.EUR, Account.Kind.PERSON));
        ledger.open(new Account(CPU, Unit.EUR, Account.Kind.MACHINE));
    }

    void open() throws Problem {
        store = place.open();
        ledger = Ledger.open(store, clock, dev.longhand.ledger.Limits.DEFAULT);
        jobs = new Jobs(store, ledger, clock, Limits.DEFAULT);
    }

    @AfterEach
    void closeJobs() {
        store.close();
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    static JobSpec spec(String id) {
        return JobSpec.of("read", bytes("in-" + id)).withId(id);
    }

    static Funding funding(long amount) {
        return new Funding(ANNA, Unit.EUR, amount);
    }

    Runner runner(String name) {
        return new Runner(jobs, handlers, RunnerSetting.of(name, 1, 7), clock);
    }

    /** Runs what is ready, once. */
    long run() throws Problem {
        try (Runner runner = runner("r")) {
            return runner.runReady();
        }
    }

    Claim claim(String owner) throws Problem {
        return jobs.queue().claim(owner, Set.of("read")).orElseThrow();
    }

    static Queue.Entry entry(Claim claim, long number, String name, String bytes) {
        return new Queue.Entry(claim.lease(), number, new StepName(name, HASH), bytes(bytes), 0, Progress.NONE);
    }

    void assertSound() throws Problem {
        assertEquals(List.of(), jobs.check());
        assertEquals(List.of(), ledger.check().findings());
    }

    State state(String id) throws Problem {
        return jobs.job(id).state();
    }

    static <T extends Throwable> T refused(Class<T> type, String words, Executable call) {
        T thrown = assertThrows(type, call);
        assertThat(thrown).hasMessageContaining(words);
        return thrown;
    }

    byte[] logged(String what) {
        log.add(what);
        return bytes(what);
    }
}
