package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.desk.AnswerMarker;
import dev.longhand.desk.AskResult;
import dev.longhand.desk.AskSpec;
import dev.longhand.desk.Citation;
import dev.longhand.desk.Fusion;
import dev.longhand.desk.Recall;
import dev.longhand.desk.Recalled;
import dev.longhand.engine.AttachCounters;
import dev.longhand.ingest.Passage;
import dev.longhand.ledger.Charges;
import dev.longhand.ledger.Meters;
import dev.longhand.ledger.Unit;
import dev.longhand.lm.Answer;
import dev.longhand.lm.Sampling;
import dev.longhand.lm.Sink;
import dev.longhand.lm.Usage;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/** A question to a desk that the server answers: what it tells becomes what an answer of this process is. Used by one thread. */
final class ServedAsk {
    /** What a request to a server may ask for, see docs/API.md. */
    private static final int ANSWER_TOKENS_MAX = 1 << 16;
    static final float TEMPERATURE_MAX = 2;
    static final float REPEAT_PENALTY_MIN = 0.01f;

    private final World world;
    private final ServerFlags.Use use;
    private boolean hasSpoken;

    ServedAsk(World world, ServerFlags.Use use) {
        this.world = world;
        this.use = use;
    }

    /**
     * An answer, as it was made elsewhere.
     *
     * @param placed how documents were attached; empty where the server does not tell
     */
    record Outcome(AskResult result, AskPage.Booked booked, Optional<AttachCounters> placed) {}

    /** Whether a server can be asked so: it takes less than a command does. */
    static boolean isPossible(String deskName, AskSpec spec) {
        return !deskName.contains("--") && spec.answerTokensMax() <= ANSWER_TOKENS_MAX
                && spec.sampling().temperature() <= TEMPERATURE_MAX && spec.sampling().repeatPenalty() >= REPEAT_PENALTY_MIN;
    }

    /** Whether anything of the answer was shown. */
    boolean hasSpoken() {
        return hasSpoken;
    }

    /** The answer, shown on {@code page} as it grows. */
    Outcome ask(String desk, String question, AskSpec spec, AskPage page, boolean isStreamed) throws Problem {
        Sink sink = page.sink(isStreamed);
        Outcome[] outcome = new Outcome[1];
        use.server().stream("/v1/desks/" + URLEncoder.encode(desk, StandardCharsets.UTF_8).replace("+", "%20") + "/ask",
                body(question, spec), sink::isCancelled, (kind, data) -> {
                    switch (kind) {
                        case "found" -> found(data, page);
                        case "reading" -> page.told(data.path("line").asString(""));
                        case "text" -> sink.text(data.path("text").asString(""));
                        case "done" -> outcome[0] = outcome(data, use.peakBytes());
                        default -> { } // sentences and citations come again with the last event
                    }
                    return outcome[0] != null;
                });
        page.answered(outcome[0].result.text());
        return outcome[0];
    }

    private void found(JsonNode data, AskPage page) {
        hasSpoken = true;
        page.found(citation(data.path("lead")), AnswerMarker.of(all(data.path("passages"),
                p -> p.path("title").asString("") + "\n\n" + p.path("text").asString(""))));
    }

    private Map<String, Object> body(String question, AskSpec spec) {
        Map<String, Object> body = Json.object("model", use.served().id(), "question", question, "stream", true, "texts", true,
                "max_tokens", spec.answerTokensMax(), "budget", spec.promptTokensMax());
        if (spec.recall().partsMax() != Recall.DEFAULT.partsMax()) {
            body.put("parts", spec.recall().partsMax());
        }
        if (!spec.sampling().equals(Sampling.GREEDY)) {
            body.putAll(sampling(spec.sampling()));
        }
        return body;
    }

    /** As requests have it. */
    static Map<String, Object> sampling(Sampling sampling) {
        return Json.object("temperature", sampling.temperature(), "top_k", sampling.topK(), "top_p", sampling.topP(), "min_p",
                sampling.minP(), "repeat_penalty", sampling.repeatPenalty(), "seed", sampling.seed());
    }

    private static Outcome outcome(JsonNode done, Optional<Long> peakBytes) {
        JsonNode longhand = done.path("longhand");
        Recalled recalled = new Recalled(all(longhand.path("attached"), ServedAsk::attachment),
                longhand.path("lookedUpTokens").asInt(), routing(longhand.path("routing")));
        AskResult result = new AskResult(done.path("answer").asString(), all(longhand.path("sentences"), ServedAsk::sentence),
                all(longhand.path("citations"), ServedAsk::citation),
                Answer.Stop.valueOf(done.path("stop").asString().toUpperCase(Locale.ROOT)), usage(done.path("timings")),
                done.path("usage").path("prompt_tokens").asInt(), all(longhand.path("context"), ServedAsk::passage),
                all(longhand.path("leftOut"), ServedAsk::passage), recalled, all(longhand.path("notes"), JsonNode::asString));
        JsonNode placed = longhand.path("placed");
        return new Outcome(result, new AskPage.Booked(charges(longhand.path("cost")),
                all(longhand.path("warnings"), JsonNode::asString), peakBytes),
                placed.isMissingNode() ? Optional.empty() : Optional.of(new AttachCounters(placed.path("inARow").asLong(),
                        placed.path("sideBySide").asLong(), placed.path("grouped").asLong(), placed.path("constant").asLong(),
                        placed.path("seamTokens").asLong())));
    }

    private static <T> List<T> all(JsonNode array, Function<JsonNode, T> one) {
        return array.valueStream().map(one).toList();
    }

    /** Of llama.cpp's {@code timings}. */
    static Usage usage(JsonNode timings) {
        return Usage.of(timings.path("prompt_n").asInt(), timings.path("cache_n").asInt(), timings.path("predicted_n").asInt(),
                timings.path("prompt_ms").asDouble() / 1000, timings.path("predicted_ms").asDouble() / 1000);
    }

    /** Of our {@code cost}. */
    static Charges charges(JsonNode cost) {
        return new Charges(cost.path("amountMicros").asLong(), Unit.valueOf(cost.path("currency").asString()),
                new Meters(0, 0, 0, 0, 0, cost.path("cpuMicros").asLong(), 0, cost.path("kvByteSeconds").asLong(),
                        cost.path("millijoules").asLong(), cost.path("isEnergyEstimated").asBoolean()), 1);
    }

    private static Recalled.Routing routing(JsonNode node) {
        return new Recalled.Routing(node.path("candidates").asInt(), node.path("judged").asInt(), node.path("why").asString(""));
    }

    private static Passage passage(JsonNode node) {
        return new Passage(node.path("path").asString(), 0, node.path("title").asString(""), node.path("lineFirst").asInt(),
                node.path("lineLast").asInt(), 0, 0, 0, "", 0);
    }

    private static Citation citation(JsonNode node) {
        return new Citation(passage(node), node.path("path").asString(), node.path("lineFirst").asInt(),
                node.path("lineLast").asInt(), node.path("quoteFirst").asInt(), node.path("quoteLast").asInt(),
                node.path("quote").asString(), Citation.State.valueOf(node.path("state").asString().toUpperCase(Locale.ROOT)));
    }

    private static AskResult.Sentence sentence(JsonNode node) {
        return new AskResult.Sentence(node.path("text").asString(), node.path("start").asInt(), node.path("end").asInt(),
                node.path("isSupported").asBoolean(), node.path("source").asInt(-1), node.path("reason").asString(""),
                all(node.path("carriedBy"), c -> new AskResult.Carrier(c.path("path").asString(), c.path("lineFirst").asInt(),
                        c.path("lineLast").asInt(), c.path("share").asDouble())));
    }

    private static Recalled.Attachment attachment(JsonNode node) {
        return new Recalled.Attachment(node.path("path").asString(), node.path("part").asInt(), node.path("parts").asInt(),
                node.path("title").asString(), node.path("lineFirst").asInt(), node.path("lineLast").asInt(),
                node.path("tokens").asInt(), node.path("score").asDouble(),
                new Fusion.Place(node.path("rankByWords").asInt(), node.path("rankByHeads").asInt()),
                all(node.path("found"), ServedAsk::passage), node.path("isReadNow").asBoolean());
    }
}
