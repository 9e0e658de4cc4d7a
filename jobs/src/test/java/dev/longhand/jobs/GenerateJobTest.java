package dev.longhand.jobs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.ledger.Account;
import dev.longhand.ledger.Booking;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.Cause;
import dev.longhand.ledger.Unit;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Sampling;
import dev.longhand.lm.Sink;
import dev.longhand.store.StoreSetting;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenerateJobTest {
    @TempDir
    private Path folder;

    /**
     * Goal: what a killed attempt had set aside is free as soon as the next one begins. Method: an attempt that fails; a
     * reservation in its name that was never ended; another attempt.
     */
    @Test
    void freesWhatADeadAttemptHadSetAside() throws Problem {
        try (Books books = Books.open(new StoreSetting.Sqlite(folder.resolve("longhand.db")), Clock.SYSTEM, Disk.REAL,
                List.of(Jobs.SCHEMA))) {
            Jobs jobs = new Jobs(books.store(), books.ledger(), Clock.SYSTEM, Limits.DEFAULT);
            GenerateJob handler = new GenerateJob(name -> {
                throw new JobFailed(Problem.Kind.NOT_FOUND, "there is no model " + name);
            }, books, id -> Sink.SILENT);
            Generation wanted = new Generation("small", "0".repeat(64), "person:anna", "anna", "", new int[] {1},
                    new GenerationSpec(5, Sampling.GREEDY, List.of()));
            String id = jobs.submit(JobSpec.of(GenerateJob.KIND, wanted.bytes())).id();
            try (Runner runner = new Runner(jobs, Map.of(GenerateJob.KIND, handler), RunnerSetting.of("test", 1, 1),
                    Clock.SYSTEM)) {
                runner.run(id);
                Account anna = Account.of("person:anna", Unit.EUR);
                Account machine = Account.of("machine:cpu", Unit.EUR);
                books.ledger().open(anna);
                books.ledger().open(machine);
                books.ledger().reserve(new Booking("lost", anna.id(), machine.id(), 50, Unit.EUR,
                        Cause.of("answer").withModel("small").withJob(id, 0, 1)), Duration.ofHours(24));
                assertEquals(50, books.ledger().balance(anna.id()).debitsPending());
                jobs.resume(id, 0);
                runner.run(id);
                assertEquals(0, books.ledger().balance(anna.id()).debitsPending());
                assertEquals(State.FAILED, jobs.job(id).state());
            }
        }
    }
}
