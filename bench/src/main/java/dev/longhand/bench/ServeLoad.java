package dev.longhand.bench;

import dev.longhand.base.Check;
import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Clients of a server that speaks OpenAI's chat API, ours or another. Every prompt is another text. Tokens are those that the
 * server counts, times are the clients'. What a server answers with anything but 200 or 429 ends the load.
 */
public final class ServeLoad {
    private static final JsonMapper JSON = new JsonMapper();

    private final URI address;
    private final String model;
    private final List<String> prompts;
    private final Clock clock;

    /**
     * @param address of the API, up to {@code /v1}
     * @param prompts texts, each used once
     */
    public ServeLoad(URI address, String model, List<String> prompts, Clock clock) {
        this.address = address;
        this.model = model;
        this.prompts = List.copyOf(prompts);
        this.clock = clock;
    }

    /** @param refused requests that were answered with 429 */
    private record One(boolean refused, int promptTokens, int answerTokens, double firstSeconds, double allSeconds) {}

    /**
     * What a load came to.
     *
     * @param streams       clients at the same time; of an open load all requests
     * @param refused       requests that were answered with 429
     * @param seconds       from the first request to the end of the last
     * @param firstSeconds  to the first piece of each answer, ascending
     * @param tokenSeconds  per token behind the first, of each answer, ascending
     */
    public record Result(int streams, int answers, int refused, double seconds, long promptTokens, long answerTokens,
            double[] firstSeconds, double[] tokenSeconds) {
        public double totalPerSecond() {
            return (promptTokens + answerTokens) / seconds;
        }

        public double answerPerSecond() {
            return answerTokens / seconds;
        }

        /** The value that {@code share} of all are not above; 0 of none. */
        public static double quantile(double[] ascending, double share) {
            int count = ascending.length;
            return count == 0 ? 0 : ascending[Math.clamp((int) Math.ceil(share * count) - 1, 0, count - 1)];
        }
    }

    /** All prompts, {@code streams} at a time: each client has its next request when the one before has ended. */
    public Result closed(int streams, int answerTokens) throws Problem {
        Check.argument(prompts.size() >= streams, "%d prompts for %d streams", prompts.size(), streams);
        long began = clock.nanos();
        try (HttpClient client = client();
                ExecutorService clients = Executors.newFixedThreadPool(streams, Thread.ofVirtual().factory())) {
            List<Future<One>> begun = new ArrayList<>();
            for (String each : prompts) {
                begun.add(clients.submit(() -> ask(client, each, answerTokens)));
            }
            return result(streams, await(begun, clients), began);
        }
    }

    /**
     * Requests that come by themselves, whatever the server does: {@code perSecond} on average for {@code seconds}, at times that
     * know nothing of each other (a Poisson process). Prompts come round again behind another number, so none is known.
     */
    public Result open(double perSecond, double seconds, int answerTokens, long seed) throws Problem {
        Chance chance = new Chance(seed);
        long began = clock.nanos();
        try (HttpClient client = client(); ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<One>> begun = new ArrayList<>();
            double at = 0;
            for (int i = 0; at < seconds; i++) {
                clock.sleep((long) Math.max(0, at * 1e9 - (clock.nanos() - began)));
                String prompt = "Text %d of seed %d. ".formatted(i, seed) + prompts.get(i % prompts.size());
                begun.add(clients.submit(() -> ask(client, prompt, answerTokens)));
                at -= Math.log(1 - chance.share()) / perSecond;
            }
            return result(begun.size(), await(begun, clients), began);
        } catch (InterruptedException e) {
            throw stopped(e);
        }
    }

    private static HttpClient client() {
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }

    private List<One> await(List<Future<One>> begun, ExecutorService clients) throws Problem {
        List<One> all = new ArrayList<>();
        try {
            for (Future<One> each : begun) {
                all.add(each.get());
            }
            return all;
        } catch (ExecutionException e) {
            throw new Problem(Problem.Kind.UNAVAILABLE, "the server at %s failed: %s".formatted(address, e.getCause()), e);
        } catch (InterruptedException e) {
            throw stopped(e);
        } finally {
            clients.shutdownNow(); // of a load that failed nobody waits for the rest
        }
    }

    private static Problem stopped(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new Problem(Problem.Kind.CANCELLED, "stopped", e);
    }

    private Result result(int streams, List<One> all, long began) {
        double seconds = clock.secondsSince(began);
        List<One> answered = all.stream().filter(o -> !o.refused).toList();
        double[] first = answered.stream().mapToDouble(One::firstSeconds).sorted().toArray();
        double[] perToken = answered.stream().filter(o -> o.answerTokens > 1)
                .mapToDouble(o -> (o.allSeconds - o.firstSeconds) / (o.answerTokens - 1)).sorted().toArray();
        return new Result(streams, answered.size(), all.size() - answered.size(), seconds,
                answered.stream().mapToLong(One::promptTokens).sum(), answered.stream().mapToLong(One::answerTokens).sum(), first,
                perToken);
    }

    private One ask(HttpClient client, String prompt, int answerTokens) throws IOException, InterruptedException {
        ObjectNode body = JSON.createObjectNode();
        body.put("model", model).put("max_tokens", answerTokens).put("stream", true).put("temperature", 0);
        body.putObject("stream_options").put("include_usage", true);
        body.putArray("messages").addObject().put("role", "user").put("content", prompt);
        HttpRequest request = HttpRequest.newBuilder(URI.create(address + "/chat/completions"))
                .header("Content-Type", "application/json").header("Authorization", "Bearer none")
                .POST(HttpRequest.BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body))).build();
        long began = clock.nanos();
        HttpResponse<InputStream> response = send(client, request);
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            if (response.statusCode() == 429) {
                return new One(true, 0, 0, 0, 0);
            }
            if (response.statusCode() != 200) {
                throw new IOException("status " + response.statusCode() + ": " + lines.readLine());
            }
            return read(lines, began);
        }
    }

    /** Sends it once more if nothing came back: servers close connections that the client was about to use again. */
    private static HttpResponse<InputStream> send(HttpClient client, HttpRequest request) throws IOException, InterruptedException {
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofInputStream());
        } catch (IOException e) {
            return client.send(request, HttpResponse.BodyHandlers.ofInputStream());
        }
    }

    private One read(BufferedReader lines, long began) throws IOException {
        double first = -1;
        JsonNode usage = null;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (!line.startsWith("data: ") || line.equals("data: [DONE]")) {
                continue;
            }
            JsonNode event = JSON.readTree(line.substring(6));
            JsonNode choice = event.path("choices").path(0);
            if (first < 0 && !choice.path("delta").path("content").asString("").isEmpty()) {
                first = clock.secondsSince(began);
            }
            usage = event.hasNonNull("usage") ? event.get("usage") : usage;
        }
        if (usage == null) {
            throw new IOException("a stream ended without usage");
        }
        double all = clock.secondsSince(began);
        return new One(false, usage.get("prompt_tokens").intValue(), usage.get("completion_tokens").intValue(),
                first < 0 ? all : first, all);
    }

    /** Texts of {@code charsMin} to {@code charsMax} characters, evenly spread, each of another place of the corpus. */
    public static List<String> prompts(Corpus corpus, int count, int charsMin, int charsMax) {
        List<String> prompts = new ArrayList<>();
        List<CorpusDocument> documents = corpus.documents();
        int at = 0; // in the document
        for (int d = 0; prompts.size() < count && d < documents.size(); ) {
            int chars = charsMin + (charsMax - charsMin) * (prompts.size() % 8) / 7;
            String text = documents.get(d).text();
            if (at + chars > text.length()) {
                d++;
                at = 0;
                continue;
            }
            prompts.add("What does this text say?\n\n" + text.substring(at, at + chars));
            at += chars;
        }
        Check.argument(prompts.size() == count, "the corpus gives %d prompts, not %d", prompts.size(), count);
        return prompts;
    }
}
