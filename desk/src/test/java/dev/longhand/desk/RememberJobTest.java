package dev.longhand.desk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.jobs.Job;
import dev.longhand.jobs.JobSpec;
import dev.longhand.jobs.Jobs;
import dev.longhand.jobs.Runner;
import dev.longhand.jobs.RunnerSetting;
import dev.longhand.jobs.State;
import dev.longhand.jobs.Step;
import dev.longhand.ledger.Booking;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.Cause;
import dev.longhand.ledger.Unit;
import dev.longhand.store.StoreSetting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reading documents into memory as a job: what is read, what an attempt that is stopped leaves, what is forgotten. */
class RememberJobTest {
    private static final int DOCUMENTS = 12;

    @TempDir
    private Path temp;
    private Path documents;
    private Books books;
    private Jobs jobs;
    private FakeModel model = FakeModel.attaching(512, p -> "");

    @BeforeEach
    void writeDocuments() throws Exception {
        documents = Files.createDirectories(temp.resolve("documents")).toRealPath();
        for (int i = 0; i < DOCUMENTS; i++) {
            write(i, "word");
        }
        Files.writeString(documents.resolve("empty.txt"), "");
        books = Books.open(new StoreSetting.Sqlite(temp.resolve("home/longhand.db").toAbsolutePath()), Clock.SYSTEM, Disk.REAL,
                List.of(Jobs.SCHEMA));
        jobs = new Jobs(books.store(), books.ledger(), Clock.SYSTEM, dev.longhand.jobs.Limits.DEFAULT);
        refresh();
    }

    private void write(int document, String word) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int line = 0; line < 10 * document + 1; line++) {
            text.append("Line %d of document %d says %s%d and goes on for a while.\n".formatted(line, document, word, line));
        }
        Files.writeString(documents.resolve("d%02d.txt".formatted(document)), text);
    }

    private Desks desks() {
        return new Desks(new Home(temp.resolve("home").toAbsolutePath()), Disk.REAL, Clock.SYSTEM);
    }

    private void refresh() throws Problem {
        try (Desk desk = desks().forFolder(documents, "d")) {
            desk.refresh(ReadListener.SILENT);
        }
    }

    @AfterEach
    void everythingIsInOrder() throws Problem {
        assertThat(books.ledger().check().findings()).isEmpty();
        assertThat(jobs.check()).isEmpty();
        books.close();
    }

    private static int forget(Path folder, Set<String> wanted) throws Problem {
        int gone = 0;
        try (Stream<Path> files = Files.list(folder)) {
            for (Path each : files.toList()) {
                gone += !wanted.contains(each.getFileName().toString().replace(".segment", "")) && Files.deleteIfExists(each) ? 1
                        : 0;
            }
        } catch (IOException e) {
            throw Disk.problem("listing", folder, e);
        }
        return gone;
    }

    private Job submit(long bytesMax) throws Problem {
        return jobs.submit(JobSpec.of(RememberJob.KIND, new RememberOrder("d", documents.toString(), "fake", "0".repeat(64),
                "person:anna", "anna", bytesMax, 256).bytes()));
    }

    private Runner runner(RememberListener listener) {
        RememberJob handler = new RememberJob(desks(), name -> model, books, RememberJobTest::forget, id -> listener, Clock.SYSTEM);
        return new Runner(jobs, Map.of(RememberJob.KIND, handler), RunnerSetting.of("test", 1, 1), Clock.SYSTEM);
    }

    private Job run(Job job, RememberListener listener) throws Problem {
        try (Runner runner = runner(listener)) {
            runner.run(job.id());
        }
        return jobs.job(job.id());
    }

    private Set<String> segments() throws IOException {
        try (Stream<Path> files = Files.list(temp.resolve("home/desks/d/memory"))) {
            return files.map(f -> f.getFileName().toString()).collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private long read() {
        return model.memories.stream().mapToLong(m -> m.read.size()).sum();
    }

    /** Goal: each part once, and the job says how far it is. Method: run; count parts, steps, tokens; run again. */
    @Test
    void readsEachPartOnceWithAStepForEach() throws Exception {
        List<RememberListener.Progress> told = new ArrayList<>();
        Job job = run(submit(1 << 20), new RememberListener() {
            @Override
            public void progress(Progress progress) {
                told.add(progress);
            }
        });
        assertThat(job.state()).as(job.status().failure()).isEqualTo(State.DONE);
        List<String> steps = jobs.steps(job.id(), -1, 500).stream().map(Step::name).toList();
        assertThat(steps).startsWith("part d00.txt/0").contains("part d11.txt/2").hasSize((int) read()).hasSize(segments().size());
        RememberListener.Progress last = told.getLast();
        assertThat(last.tokens()).isEqualTo(last.tokensAll()).isEqualTo(last.tokensRead()).isPositive();
        assertThat(last.documents()).isEqualTo(last.documentsAll());
        assertThat(last.bytes()).isPositive();
        assertThat(told).extracting(RememberListener.Progress::tokens).isSorted();
        assertThat(last.line()).matches("100 % of [0-9,]+ tokens, 1[23]/1[23] documents, [0-9,]+ tokens/s, [0-9.]+ k?B");
        assertThat(job.progress().done()).isEqualTo(last.tokensAll());
        assertThat(books.ledger().balance("person:anna").spent()).isNotNegative();
        long before = read();
        assertThat(run(submit(1 << 20), RememberListener.SILENT).state()).isEqualTo(State.DONE);
        assertThat(read()).isEqualTo(before);
    }

    /**
     * Goal: a stop in the middle loses no part and reads none twice. Method: close the runner after each k parts until it is
     * done.
     */
    @Test
    void goesOnAfterARunnerThatClosed() throws Exception {
        Job job = submit(1 << 20);
        int attempts = 0;
        for (; !jobs.job(job.id()).state().isEnd(); attempts++) {
            long before = read();
            Runner[] runner = new Runner[1];
            Thread[] closer = new Thread[1];
            runner[0] = runner(new RememberListener() {
                @Override
                public void progress(Progress progress) {
                    if (read() - before >= 5 && closer[0] == null) {
                        closer[0] = Thread.ofPlatform().start(runner[0]::close);
                    }
                }
            });
            runner[0].run(job.id());
            runner[0].close();
            if (closer[0] != null) {
                closer[0].join();
            }
        }
        assertThat(jobs.job(job.id()).state()).isEqualTo(State.DONE);
        List<String> all = new ArrayList<>();
        model.memories.forEach(m -> all.addAll(m.read));
        assertThat(new TreeSet<>(all)).hasSameSizeAs(segments());
        assertThat(all.size() - segments().size()).as("parts that were cut off while they were read").isLessThanOrEqualTo(attempts);
    }

    /** Goal: a cancel keeps what was read. Method: cancel after three parts; run a new job; count what it reads. */
    @Test
    void keepsWhatWasReadWhenItIsCancelled() throws Exception {
        Job job = submit(1 << 20);
        run(job, new RememberListener() {
            @Override
            public boolean isCancelled() {
                return read() >= 3;
            }
        });
        int kept = segments().size();
        assertThat(kept).isBetween(2, 3);
        jobs.cancel(job.id());
        assertThat(run(submit(1 << 20), RememberListener.SILENT).state()).isEqualTo(State.DONE);
        assertThat(new TreeSet<>(model.memories.getLast().read)).hasSize(segments().size() - kept);
    }

    /** Goal: only what changed is read, and what is gone is forgotten. Method: change one document, remove another. */
    @Test
    void readsChangedDocumentsAgainAndForgetsThoseThatAreGone() throws Exception {
        run(submit(1 << 20), RememberListener.SILENT);
        Set<String> before = segments();
        write(3, "other");
        Files.delete(documents.resolve("d05.txt"));
        refresh();
        int[] forgotten = new int[1];
        run(submit(1 << 20), new RememberListener() {
            @Override
            public void remembered(Progress progress, int count) {
                forgotten[0] = count;
            }
        });
        Set<String> after = segments();
        int changed = model.memories.getLast().read.size();
        assertThat(changed).isBetween(1, 3);
        Set<String> gone = new TreeSet<>(before);
        gone.removeAll(after);
        assertThat(gone).hasSize(forgotten[0]).hasSizeGreaterThan(changed);
        assertThat(after).hasSize(before.size() - gone.size() + changed);
        try (Desk desk = desks().forFolder(documents, "d")) {
            assertThat(desk.segments().stream().map(s -> s + ".segment").collect(Collectors.toSet())).isEqualTo(after);
        }
    }

    /** Goal: a full desk keeps what it has and says the figures. Method: a quota for about half. */
    @Test
    void endsWithFiguresWhereTheQuotaIsReachedAndKeepsWhatIsThere() throws Exception {
        Job job = run(submit(6_000), RememberListener.SILENT);
        assertThat(job.state()).isEqualTo(State.FAILED);
        assertThat(job.status().failure()).contains("the limit is 6000 bytes").contains("of 1").contains("are read and stay");
        Set<String> kept = segments();
        assertThat(kept).isNotEmpty();
        Job again = run(submit(1 << 20), RememberListener.SILENT);
        assertThat(again.state()).isEqualTo(State.DONE);
        assertThat(segments()).containsAll(kept).hasSizeGreaterThan(kept.size());
    }

    /**
     * Goal: what a killed attempt had set aside is free as soon as the next one begins. Method: an attempt that fails; a
     * reservation in its name that was never ended; another attempt.
     */
    @Test
    void freesWhatADeadAttemptHadSetAside() throws Exception {
        Job job = run(submit(6_000), RememberListener.SILENT);
        books.ledger().reserve(new Booking("lost", "person:anna", "machine:cpu", 50, Unit.EUR,
                Cause.of("read").withModel("fake").withJob(job.id(), 0, 1)), Duration.ofHours(24));
        assertThat(books.ledger().balance("person:anna").debitsPending()).isEqualTo(50);
        jobs.resume(job.id(), 0);
        run(job, RememberListener.SILENT);
        assertThat(books.ledger().balance("person:anna").debitsPending()).isZero();
    }

    @Test
    void refusesAnotherModelOfTheSameName() throws Exception {
        Job job = run(jobs.submit(JobSpec.of(RememberJob.KIND, new RememberOrder("d", documents.toString(), "fake", "1".repeat(64),
                "person:anna", "anna", 1 << 20, 256).bytes())), RememberListener.SILENT);
        assertThat(job.state()).isEqualTo(State.FAILED);
        assertThat(job.status().failure()).contains("another model of the name fake");
    }

    /** Goal: a damaged map loses nothing but order. Method: overwrite it, cut it, remove it; run again. */
    @Test
    void doesWithoutItsMap() throws Exception {
        run(submit(1 << 20), RememberListener.SILENT);
        Path map = temp.resolve("home/desks/d/segments");
        String whole = Files.readString(map);
        for (String text : List.of("", "rubbish", whole.substring(0, whole.length() / 2), whole.replace("d0", "e0"))) {
            Files.writeString(map, text);
            long before = read();
            assertThat(run(submit(1 << 20), RememberListener.SILENT).state()).isEqualTo(State.DONE);
            assertThat(read()).isEqualTo(before);
            assertThat(Files.readString(map)).isEqualTo(whole);
        }
    }
}
