package dev.longhand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.jobs.JobFailed;
import dev.longhand.jobs.JobSpec;
import dev.longhand.jobs.Jobs;
import dev.longhand.jobs.Runner;
import dev.longhand.jobs.RunnerName;
import dev.longhand.jobs.RunnerSetting;
import dev.longhand.ledger.Books;
import dev.longhand.testkit.RealModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The jobs commands as they are typed, with a real model and real readings. */
class JobsCommandTest {
    private static final String PROMPT = "Name three colours.";

    @TempDir
    private Path folder;
    private TestWorld world;
    private String model;

    @BeforeEach
    void freshWorld() {
        world = new TestWorld(folder.resolve("home"));
        model = RealModels.smolLm2().toString();
    }

    private int answer(String... more) {
        String[] all = java.util.stream.Stream.concat(java.util.stream.Stream.of("run", model, PROMPT, "--job", "--temp", "0", "-n",
                "24"), java.util.stream.Stream.of(more)).toArray(String[]::new);
        return world.run(all);
    }

    private JsonNode last() {
        assertThat(world.run("jobs", "ls", "--json")).as(world.err()).isZero();
        JsonNode all = world.json().path("jobs");
        return all.get(all.size() - 1);
    }

    @Test
    void aLongAnswerIsAJobThatCanBeShownAndIsBooked() {
        assertThat(answer()).as(world.err()).isZero();
        String text = world.out().strip();
        assertThat(text).isNotEmpty();
        assertThat(world.err()).contains("longhand jobs resume ").contains("24 tokens answered");
        JsonNode job = last();
        assertThat(job.path("state").asString()).isEqualTo("done");
        String id = job.path("id").asString();
        assertThat(world.run("jobs", "show", id)).isZero();
        assertThat(world.out()).contains(id + ": generate, done", "24 of 24 tokens", "step 0 answer", text);
        assertThat(world.run("jobs", "watch", id)).isZero();
        assertThat(world.out().strip()).isEqualTo(text);
        assertThat(world.run("jobs", "resume", id)).isZero();
        assertThat(world.out().strip()).isEqualTo(text);
        assertThat(world.err()).contains("has ended already: done");
        assertThat(world.run("ledger", "report", "--by", "job", "--json")).isZero();
        assertThat(world.out()).contains(id);
    }

    @Test
    void aJobIsRefusedOrParkedForWantOfABudgetAndGoesOnWithMore() {
        assertThat(answer()).isZero();
        String text = world.out().strip();
        assertThat(answer("--job-budget", "0.000001")).isEqualTo(4);
        assertThat(world.err()).contains("has 0.000001 EUR left").contains("--more EUR");
        String id = last().path("id").asString();
        assertThat(last().path("state").asString()).isEqualTo("failed");
        assertThat(world.run("jobs", "resume", id, "--more", "0.5", "-m", model)).as(world.err()).isZero();
        assertThat(world.out().strip()).isEqualTo(text);
        assertThat(world.run("ledger", "check")).isZero();
        assertThat(world.run("run", model, PROMPT, "--job-budget", "1")).isEqualTo(2);
        assertThat(world.err()).contains("add --job");
        assertThat(answer("--job-budget", "-1")).isEqualTo(2);
    }

    /** Goal: an answer that told its end is not worked on again unseen. Method: one that failed, one that waits. */
    @Test
    void aKeptAnswerIsNotResumedByHand() throws Problem {
        try (Books books = OpenBooks.open(world.world(), Config.read(world.world()))) {
            Jobs jobs = OpenBooks.jobs(books, world.world());
            jobs.submit(JobSpec.of("answer", new byte[0]).withId("ans-1"));
            jobs.submit(JobSpec.of("answer", new byte[0]).withId("ans-2"));
            try (Runner runner = new Runner(jobs, Map.of("answer", (context, input) -> {
                throw new JobFailed(Problem.Kind.LIMIT, "it cannot be");
            }), RunnerSetting.of(RunnerName.own(), 1, 1), Clock.SYSTEM)) {
                assertThat(runner.run("ans-1")).isTrue();
            }
        }
        assertThat(world.run("jobs", "resume", "ans-1")).isEqualTo(2);
        assertThat(world.err()).contains("longhand: answer ans-1 has told its end; ask again by POST /v1/answers");
        assertThat(world.run("jobs", "resume", "ans-2")).isEqualTo(2);
        assertThat(world.err()).contains("longhand: answer ans-2 has not ended; a server goes on with it by itself");
        assertThat(world.run("jobs", "ls", "--state", "failed")).isZero();
        assertThat(world.out()).contains("ans-1").doesNotContain("ans-2");
    }

    @Test
    void saysWhatIsThereAndWhatIsNot() throws IOException {
        assertThat(world.run("jobs", "ls")).isZero();
        assertThat(world.out()).startsWith("There is no job yet");
        assertThat(world.run("jobs", "work", "--once")).isZero();
        assertThat(world.out()).startsWith("0 attempts");
        assertThat(world.run("jobs", "show", "nothing")).isEqualTo(3);
        assertThat(world.run("jobs", "ls", "--state", "odd")).isEqualTo(2);
        assertThat(world.run("jobs", "work", "--workers", "0")).isEqualTo(2);
        Path docs = Files.createDirectories(folder.resolve("docs"));
        Files.writeString(docs.resolve("lamp.md"), "# The lamp\n\nThe lamp turns every twelve seconds.\n");
        assertThat(world.run("ask", docs.toString(), "How often does the lamp turn?", "-m", model, "-n", "4")).as(world.err())
                .isZero();
        assertThat(world.run("jobs", "ls", "--state", "done")).isZero();
        assertThat(world.out()).contains("read").contains("1 documents");
        String id = last().path("id").asString();
        assertThat(world.run("jobs", "cancel", id)).isZero();
        assertThat(world.out()).contains("has ended already: done");
    }
}
