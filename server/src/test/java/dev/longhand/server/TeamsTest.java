package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.jobs.JobFailed;
import dev.longhand.jobs.JobSpec;
import dev.longhand.jobs.Jobs;
import dev.longhand.jobs.Runner;
import dev.longhand.jobs.RunnerSetting;
import dev.longhand.ledger.Key;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What teams see of each other, and jobs as clients see them. */
@Timeout(300) // a job that never ends
class TeamsTest {
    private static final int FOREIGN_JOBS = 1_001;

    @TempDir
    private Path folder;

    private Served served;
    private Jobs jobs;
    private String red;
    private String blue;
    private String nobody;

    @BeforeEach
    void serve() throws Exception {
        served = Served.keyed(folder, Limits.DEFAULT);
        jobs = new Jobs(served.books.store(), served.books.ledger(), Clock.SYSTEM, dev.longhand.jobs.Limits.DEFAULT);
        red = served.key("red", Key.Role.USER, "red");
        blue = served.key("blue", Key.Role.USER, "blue");
        nobody = served.key("nobody", Key.Role.USER);
    }

    @AfterEach
    void end() {
        served.close();
    }

    /** Makes the red team's desk; the id of the job that reads it. */
    private String boats() throws Exception {
        assertThat(served.call(red, "POST", "/v1/desks", "{'name': 'boats'}").status()).isEqualTo(201);
        Served.Reply reply = served.call(red, "POST", "/v1/desks/boats/documents?name=boats.md", "The ferry leaves at seven.");
        assertThat(reply.status()).isEqualTo(202);
        return reply.body().get("job").get("id").stringValue();
    }

    private JsonNode awaitEnd(String job) throws Exception {
        for (; ; Clock.SYSTEM.sleep(20_000_000)) {
            JsonNode body = served.call(red, "GET", "/v1/jobs/" + job, "").body();
            if (List.of("done", "failed").contains(body.get("state").stringValue())) {
                return body;
            }
        }
    }

    private List<String> ids(String key, String query) throws Exception {
        JsonNode data = served.call(key, "GET", "/v1/jobs" + query, "").body().get("data");
        return data.valueStream().map(j -> j.get("id").stringValue()).toList();
    }

    @Test
    void whatIsOfOneTeamIsNotThereForAnother() throws Exception {
        String job = boats();
        awaitEnd(job);
        String response = served.call(red, "POST", "/v1/responses", "{'input': 'Hi', 'max_output_tokens': 2}").body().get("id")
                .stringValue();
        String ask = "{'question': 'When does the ferry leave?', 'max_tokens': 2}";

        for (String key : List.of(blue, nobody)) {
            for (String path : List.of("/v1/desks/boats", "/v1/desks/boats/documents", "/v1/desks/boats/documents/boats.md",
                    "/v1/jobs/" + job, "/v1/responses/" + response)) {
                assertThat(served.call(key, "GET", path, "").status()).as(path).isEqualTo(404);
            }
            for (String path : List.of("/v1/desks/boats/read", "/v1/jobs/" + job + "/cancel", "/v1/jobs/" + job + "/resume")) {
                assertThat(served.call(key, "POST", path, "").status()).as(path).isEqualTo(404);
            }
            assertThat(served.call(key, "POST", "/v1/desks/boats/ask", ask).status()).isEqualTo(404);
            assertThat(served.call(key, "POST", "/v1/desks/boats/documents?name=x.md", "text").status()).isEqualTo(404);
            assertThat(served.call(key, "DELETE", "/v1/desks/boats/documents/boats.md", "").status()).isEqualTo(404);
            assertThat(served.call(key, "DELETE", "/v1/desks/boats", "").status()).isEqualTo(404);
            assertThat(served.call(key, "DELETE", "/v1/responses/" + response, "").status()).isEqualTo(404);
            assertThat(served.call(key, "GET", "/v1/desks", "").body().get("data").isEmpty()).isTrue();
            assertThat(ids(key, "")).isEmpty();
        }
        assertThat(served.call(red, "POST", "/v1/desks/boats/ask", ask).status()).isEqualTo(200);
        assertThat(served.call(red, "GET", "/v1/responses/" + response, "").status()).isEqualTo(200);
        assertThat(ids(red, "")).containsExactly(job);
    }

    @Test
    void jobsOfOthersDoNotHideOnesOwn() throws Exception {
        String own = boats();
        awaitEnd(own);
        for (int i = 0; i < FOREIGN_JOBS; i++) {
            jobs.submit(JobSpec.of("foreign", new byte[0]));
        }

        assertThat(ids(red, "")).containsExactly(own);
        assertThat(ids(nobody, "")).hasSize(500).doesNotContain(own);
    }

    @Test
    void idsOfJobsCannotBeProbed() throws Exception {
        String foreign = jobs.submit(JobSpec.of("foreign", new byte[0])).id();

        String there = served.call(red, "GET", "/v1/jobs/" + foreign, "").body().at("/error/message").stringValue();
        String missing = served.call(red, "GET", "/v1/jobs/nothing", "").body().at("/error/message").stringValue();

        assertThat(there.replace(foreign, "ID")).isEqualTo(missing.replace("nothing", "ID"));
    }

    @Test
    void jobsAreListedByStateShownCancelledAndResumed() throws Exception {
        String done = boats();
        JsonNode body = awaitEnd(done);
        assertThat(body.get("kind").stringValue()).isEqualTo("read");
        assertThat(body.get("state").stringValue()).isEqualTo("done");
        assertThat(ids(red, "?state=done")).containsExactly(done);
        assertThat(ids(red, "?state=queued")).isEmpty();
        assertThat(served.call(red, "GET", "/v1/jobs?state=sleeping", "").status()).isEqualTo(400);

        String queued = jobs.submit(JobSpec.of("foreign", new byte[0])).id();
        assertThat(ids(nobody, "?state=queued")).containsExactly(queued);
        assertThat(served.call(nobody, "POST", "/v1/jobs/" + queued + "/cancel", "").body().get("state").stringValue())
                .isEqualTo("cancelled");
        assertThat(served.call(nobody, "POST", "/v1/jobs/" + queued + "/resume", "").status()).isEqualTo(400);

        String failed = jobs.submit(JobSpec.of("failing", new byte[0])).id();
        try (Runner runner = new Runner(jobs, Map.of("failing", (context, input) -> {
            throw new JobFailed(Problem.Kind.UNSUPPORTED, "this one always fails");
        }), RunnerSetting.of("test", 1, 1), Clock.SYSTEM)) {
            runner.run(failed);
        }
        JsonNode shown = served.call(nobody, "GET", "/v1/jobs/" + failed, "").body();
        assertThat(shown.get("state").stringValue()).isEqualTo("failed");
        assertThat(shown.get("failure").stringValue()).contains("always fails");
        assertThat(served.call(nobody, "POST", "/v1/jobs/" + failed + "/resume", "").body().get("state").stringValue())
                .isEqualTo("queued");
    }
}
