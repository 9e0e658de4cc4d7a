package dev.longhand.server;

import dev.longhand.lm.TokenLogprob;
import java.nio.charset.StandardCharsets;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;

/** Log-probabilities in OpenAI's form. */
final class OpenAiLogprobs {
    private OpenAiLogprobs() {}

    static JsonNode content(List<TokenLogprob> logprobs) {
        if (logprobs.isEmpty()) {
            return NullNode.instance;
        }
        ObjectNode node = Json.object();
        ArrayNode content = node.putArray("content");
        for (TokenLogprob each : logprobs) {
            ObjectNode entry = content.addObject();
            put(entry, each);
            ArrayNode top = entry.putArray("top_logprobs");
            each.top().forEach(t -> put(top.addObject(), t));
        }
        return node;
    }

    private static void put(ObjectNode node, TokenLogprob logprob) {
        node.put("token", new String(logprob.bytes(), StandardCharsets.UTF_8));
        node.put("logprob", Float.isNaN(logprob.logprob()) ? -9999 : logprob.logprob());
        ArrayNode bytes = node.putArray("bytes");
        for (byte each : logprob.bytes()) {
            bytes.add(each & 0xff);
        }
    }
}
