package dev.longhand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.ledger.AccountState;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.By;
import dev.longhand.ledger.Filter;
import dev.longhand.ledger.Group;
import dev.longhand.ledger.Meters;
import dev.longhand.store.StoreSetting;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.RealModels;
import dev.longhand.testkit.Seed;
import dev.longhand.upkeep.Site;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Goal: a kept answer survives kill -9 of its server: a client that comes back gets each event once, the text is that of an answer
 * that was never cut, and the books have what each run did, once, with nothing left set aside. Method: the program as a child with
 * the real SmolLM2, killed after a random number of events, again and again. More kills: {@code -Drounds=20} (of one answer at
 * most 19: then it is given up).
 */
@Timeout(Child.SECONDS_MAX * 2)
class AnswerKillTest {
    private static final Seed SEED = Seed.of("cli", AnswerKillTest.class, 17);
    private static final int ROUNDS = Math.min(19, Integer.getInteger("rounds", 2));
    private static final int TOKENS = 25 * (1 + ROUNDS);
    /** The token that ends an answer is forbidden, so that it has all of its tokens. */
    private static final String BODY = """
            {"question": "Count from one to a thousand, in words.", "temperature": 0.8, "seed": 3, "stream": true,
             "max_tokens": %d, "logit_bias": {"2": -100}}""".formatted(TOKENS);

    @TempDir
    private Path home;

    private record Event(long id, String kind, JsonNode data) {
        String text() {
            return kind.equals("text") ? data.get("text").stringValue() : "";
        }
    }

    private static String text(List<Event> events) {
        StringBuilder text = new StringBuilder();
        events.forEach(e -> text.append(e.text()));
        return text.toString();
    }

    /** The server as a process. */
    private final class Server implements AutoCloseable {
        private final Process process;
        private final String address;
        private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

        Server() throws IOException {
            process = Child.builder(home, Child.command("serve", RealModels.smolLm2().toString(), "--port", "0"))
                    .redirectError(home.resolve("err").toFile()).start();
            BufferedReader out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            String line = out.readLine();
            if (line == null) {
                throw new IOException("the server ended; it said " + Files.readString(home.resolve("err")));
            }
            address = line.substring(line.lastIndexOf(' ') + 1);
        }

        HttpRequest.Builder request(String path) {
            return HttpRequest.newBuilder(URI.create(address + path));
        }

        /** The events of a stream, at most so many of them. */
        List<Event> events(HttpRequest request, int max) throws Exception {
            List<Event> events = new ArrayList<>();
            try (BufferedReader lines = new BufferedReader(new InputStreamReader(client.send(request,
                    HttpResponse.BodyHandlers.ofInputStream()).body(), StandardCharsets.UTF_8))) {
                long id = 0;
                String kind = "";
                for (String line = lines.readLine(); line != null && events.size() < max; ) {
                    if (line.startsWith("id: ")) {
                        id = Long.parseLong(line.substring(4));
                    } else if (line.startsWith("event: ")) {
                        kind = line.substring(7);
                    } else if (line.startsWith("data: ")) {
                        events.add(new Event(id, kind, JsonMapper.shared().readTree(line.substring(6))));
                    }
                    line = events.size() < max ? lines.readLine() : null;
                }
            }
            return events;
        }

        List<Event> ask(int max) throws Exception {
            return events(request("/v1/answers").POST(HttpRequest.BodyPublishers.ofString(BODY)).build(), max);
        }

        List<Event> goOn(String id, long after, int max) throws Exception {
            return events(request("/v1/answers/" + id).header("Accept", "text/event-stream").header("Last-Event-ID",
                    Long.toString(after)).build(), max);
        }

        /** A counter of the model. */
        long counter(String name) throws Exception {
            String metrics = client.send(request("/metrics").build(), HttpResponse.BodyHandlers.ofString()).body();
            return metrics.lines().filter(l -> l.startsWith("longhand_engine_" + name + "_total")).mapToLong(l ->
                    (long) Double.parseDouble(l.substring(l.lastIndexOf(' ') + 1))).sum();
        }

        /** kill -9. */
        @Override
        public void close() throws InterruptedException {
            client.shutdownNow();
            process.toHandle().destroyForcibly();
            process.waitFor();
        }
    }

    private Books books() throws Exception {
        return Books.open(new StoreSetting.Sqlite(home.resolve("longhand.db")), Clock.SYSTEM, Disk.REAL, Site.SCHEMAS);
    }

    private Meters booked(Books books, String id) throws Exception {
        return books.reports().report(By.JOB, Filter.ALL).groups().stream().filter(g -> g.key().equals(id)).findFirst()
                .map(Group::meters).orElse(Meters.NONE);
    }

    @Test
    void anAnswerSurvivesItsServerWheneverItIsKilled() throws Exception {
        Gen gen = SEED.gen();
        String whole;
        String id;
        List<Event> all = new ArrayList<>();
        try (Server server = new Server()) {
            whole = text(server.ask(Integer.MAX_VALUE));
            all.addAll(server.ask(gen.between(2, 6)));
            id = all.getFirst().data.get("id").stringValue();
        }
        for (int round = 1; round < ROUNDS; round++) {
            try (Server server = new Server()) {
                all.addAll(server.goOn(id, all.getLast().id, gen.between(1, 6)));
            }
        }
        long lastOut;

        try (Server server = new Server()) {
            all.addAll(server.goOn(id, all.getLast().id, Integer.MAX_VALUE));
            lastOut = server.counter("answered_tokens");
            assertThat(server.goOn(id, 0, Integer.MAX_VALUE)).as(SEED.toString()).isEqualTo(all);
        }
        assertThat(text(all)).as(SEED.toString()).isEqualTo(whole);
        assertThat(all.getLast().kind).isEqualTo("done");
        assertThat(all.getLast().data.get("answer").stringValue()).isEqualTo(whole);
        assertThat(all.getLast().data.at("/longhand/warnings").toString()).contains("in " + (ROUNDS + 1) + " runs");
        assertThat(all).extracting(Event::id).isEqualTo(LongStream.rangeClosed(1, all.size()).boxed().toList());
        try (Books books = books()) {
            Meters booked = booked(books, id);
            int answeredLast = all.getLast().data.at("/usage/completion_tokens").intValue();
            assertThat(lastOut).as("of the last server's engine; %s", SEED).isGreaterThanOrEqualTo(answeredLast);
            assertThat(booked.tokensOut()).as("each token that was told is booked, and few more; %s", SEED)
                    .isBetween((long) TOKENS, TOKENS + 64L * ROUNDS);
            assertThat(booked.tokensOut() - lastOut).as("booked of the runs that were killed; %s", SEED)
                    .isBetween((long) TOKENS - answeredLast, TOKENS - answeredLast + 64L * ROUNDS);
            for (AccountState each : books.accounts().after("")) {
                assertThat(each.balance().debitsPending()).as("%s", each).isZero();
            }
            assertThat(books.ledger().check().findings()).isEmpty();
        }
    }
}
