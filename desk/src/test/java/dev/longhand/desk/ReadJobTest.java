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
import dev.longhand.ledger.Books;
import dev.longhand.store.StoreSetting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reading as a job: a step for each document, and what an attempt that is stopped leaves to the next. */
class ReadJobTest {
    private static final int DOCUMENTS = 12;

    @TempDir
    private Path temp;
    private Path documents;
    private Books books;
    private Jobs jobs;
    private ReadOrder order;

    @BeforeEach
    void writeDocuments() throws IOException, Problem {
        documents = Files.createDirectories(temp.resolve("documents")).toRealPath();
        for (int i = 0; i < DOCUMENTS; i++) {
            Files.writeString(documents.resolve("d%02d.txt".formatted(i)), "The word of this one is word%d.\n".formatted(i));
        }
        books = Books.open(new StoreSetting.Sqlite(temp.resolve("home/longhand.db").toAbsolutePath()), Clock.SYSTEM, Disk.REAL,
                List.of(Jobs.SCHEMA));
        jobs = new Jobs(books.store(), books.ledger(), Clock.SYSTEM, dev.longhand.jobs.Limits.DEFAULT);
        order = new ReadOrder("d", documents.toString(), "person:anna", "anna");
    }

    @AfterEach
    void everythingIsInOrder() throws Problem {
        assertThat(books.ledger().check().findings()).isEmpty();
        assertThat(jobs.check()).isEmpty();
        books.close();
    }

    /** Publishes after each passage, so that each document is durable by itself. */
    private Desks desks() {
        Limits l = Limits.DEFAULT;
        return new Desks(new Home(temp.resolve("home").toAbsolutePath()), Disk.REAL, Clock.SYSTEM, PassageIndex.Opener.REAL,
                dev.longhand.ingest.Ingest.standard(), new Limits(l.catalogueBytesMax(), l.questionCharsMax(), l.questionTermsMax(),
                        l.candidatesMax(), l.citationLinesMax(), l.quoteCharsMax(), 1));
    }

    private Runner runner(ReadListener listener) {
        return new Runner(jobs, Map.of(ReadJob.KIND, new ReadJob(desks(), books, id -> listener)),
                RunnerSetting.of("test", 1, 1), Clock.SYSTEM);
    }

    private List<String> steps(Job job) throws Problem {
        return jobs.steps(job.id(), -1, 500).stream().map(Step::name).toList();
    }

    @Test
    void recordsAStepForEachDocumentAndBooksTheTime() throws Problem {
        Job job = jobs.submit(JobSpec.of(ReadJob.KIND, order.bytes()));
        try (Runner runner = runner(ReadListener.SILENT)) {
            assertThat(runner.run(job.id())).isTrue();
        }
        assertThat(jobs.job(job.id()).state()).isEqualTo(State.DONE);
        assertThat(jobs.result(job.id()).map(String::new)).contains("12 new, 0 changed, 0 unchanged, 0 gone");
        assertThat(steps(job)).hasSize(DOCUMENTS).startsWith("document d00.txt").endsWith("document d11.txt");
        assertThat(books.ledger().balance("person:anna").spent()).isPositive();
        assertThat(books.ledger().transfer("read:" + job.id() + ":1:0").orElseThrow().meters().diskBytes()).isPositive();
        try (Desk desk = desks().open("d")) {
            assertThat(desk.documents()).isEqualTo(DOCUMENTS);
            assertThat(desk.router().route("word7", 1)).singleElement().satisfies(r ->
                    assertThat(r.passage().path()).isEqualTo("d07.txt"));
        }
    }

    /** Goal: a runner that closes in the middle loses no document and reads none twice. Method: close after each k documents. */
    @Test
    void goesOnAfterARunnerThatClosed() throws Exception {
        Job job = jobs.submit(JobSpec.of(ReadJob.KIND, order.bytes()));
        List<String> read = new ArrayList<>();
        int attempts = 0;
        while (!jobs.job(job.id()).state().isEnd()) {
            Runner[] runner = new Runner[1];
            Thread[] closer = new Thread[1];
            int before = read.size();
            runner[0] = runner(new ReadListener() {
                @Override
                public void published(List<Read> documents) {
                    documents.forEach(d -> read.add(d.path()));
                    if (read.size() - before >= 5 && closer[0] == null) {
                        closer[0] = Thread.ofPlatform().start(runner[0]::close);
                    }
                }
            });
            runner[0].run(job.id());
            runner[0].close();
            if (closer[0] != null) {
                closer[0].join();
            }
            attempts++;
        }
        assertThat(jobs.job(job.id()).state()).isEqualTo(State.DONE);
        assertThat(attempts).isBetween(1, DOCUMENTS);
        assertThat(read).doesNotHaveDuplicates().hasSize(DOCUMENTS);
        assertThat(steps(job)).as("a stop may come between a document and its step")
                .hasSizeBetween(DOCUMENTS - attempts, DOCUMENTS);
        try (Desk desk = desks().open("d")) {
            assertThat(desk.documents()).isEqualTo(DOCUMENTS);
        }
    }

    @Test
    void aFailureOfTheFolderIsTheJobsFailureAndKeepsWhatWasRead() throws Exception {
        Job job = jobs.submit(JobSpec.of(ReadJob.KIND, order.bytes()));
        List<String> read = new ArrayList<>();
        ReadListener failing = new ReadListener() {
            @Override
            public void published(List<Read> documents) throws Problem {
                documents.forEach(d -> read.add(d.path()));
                if (read.size() == 3) {
                    throw new Problem(Problem.Kind.DISK, "the disk is full");
                }
            }
        };
        try (Runner runner = runner(failing)) {
            runner.run(job.id());
        }
        assertThat(jobs.job(job.id()).state()).isEqualTo(State.WAITING);
        assertThat(jobs.job(job.id()).status().failure()).contains("the disk is full");
        assertThat(steps(job)).as("the third failed between the document and its step").hasSize(2);
        try (Desk desk = desks().open("d")) {
            assertThat(desk.documents()).isEqualTo(3);
        }
        assertThat(ReadJob.open(jobs, order)).map(Job::id).isEqualTo(Optional.of(job.id()));
    }
}
