package dev.longhand.server;

import dev.longhand.lm.Usage;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** What an answer took, in OpenAI's fields, llama.cpp's and ours. */
final class OpenAiUsage {
    private OpenAiUsage() {}

    static void put(ObjectNode reply, int promptTokens, Answering.Outcome outcome, List<String> warnings) {
        put(reply, promptTokens, outcome.usage(),
                ApiReply.longhand(outcome.charges(), outcome.warnings(), warnings));
    }

    static void put(ObjectNode reply, int promptTokens, Usage usage, ObjectNode longhand) {
        ObjectNode node = reply.putObject("usage");
        node.put("prompt_tokens", promptTokens);
        node.put("completion_tokens", usage.answeredTokens());
        node.put("total_tokens", promptTokens + usage.answeredTokens());
        node.putObject("prompt_tokens_details").put("cached_tokens", Math.min(promptTokens, usage.cachedTokens()));
        node.putObject("completion_tokens_details").put("reasoning_tokens", usage.reasoningTokens());
        reply.set("timings", ApiReply.timings(usage));
        reply.set("longhand", longhand);
    }
}
