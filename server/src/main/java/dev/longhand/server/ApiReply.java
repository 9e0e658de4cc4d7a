package dev.longhand.server;

import dev.longhand.ledger.Charges;
import dev.longhand.lm.Usage;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What stands in answers of every API shape beside the vendor's own fields. */
final class ApiReply {
    private ApiReply() {}

    /** Times in llama.cpp's form, milliseconds and tokens per second. */
    static ObjectNode timings(Usage usage) {
        ObjectNode timings = Json.object();
        timings.put("cache_n", usage.cachedTokens());
        timings.put("prompt_n", usage.readTokens());
        timings.put("prompt_ms", usage.readSeconds() * 1000);
        timings.put("prompt_per_second", usage.readTokensPerSecond());
        timings.put("predicted_n", usage.answeredTokens());
        timings.put("predicted_ms", usage.answerSeconds() * 1000);
        timings.put("predicted_per_second", usage.answeredTokensPerSecond());
        return timings;
    }

    /** What is ours: the cost as it was booked, and what of the request was not honoured. */
    static ObjectNode longhand(Charges charges, List<String> overBudget, List<String> warnings) {
        ObjectNode longhand = Json.object();
        ObjectNode cost = longhand.putObject("cost");
        cost.put("amountMicros", charges.amount());
        cost.put("currency", charges.unit().name());
        cost.put("cpuMicros", charges.meters().cpuMicros());
        cost.put("kvByteSeconds", charges.meters().kvByteSeconds());
        cost.put("millijoules", charges.meters().millijoules());
        cost.put("isEnergyEstimated", charges.meters().isEstimated());
        ArrayNode lines = longhand.putArray("warnings");
        warnings.forEach(lines::add);
        overBudget.forEach(lines::add);
        return longhand;
    }
}
