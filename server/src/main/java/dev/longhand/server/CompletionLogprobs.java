package dev.longhand.server;

import dev.longhand.lm.TokenLogprob;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Log-probabilities in the form of OpenAI's completions: lists beside each other, and what else was likely as an object by text.
 * A token whose bytes are no whole characters is written {@code bytes:\xe2\x80}, as OpenAI does. Used by one thread.
 */
final class CompletionLogprobs {
    private final ObjectNode node = Json.object();
    private final ArrayNode tokens = node.putArray("tokens");
    private final ArrayNode logprobs = node.putArray("token_logprobs");
    private final ArrayNode offsets = Json.array();
    private final int top;
    private int chars; // code points of the choice's text before the next token

    /** @param top how many likely tokens were asked for */
    CompletionLogprobs(int top) {
        this.top = top;
        if (top == 0) {
            node.putNull("top_logprobs");
        } else {
            node.putArray("top_logprobs");
        }
        node.set("text_offset", offsets);
    }

    CompletionLogprobs add(List<TokenLogprob> all) {
        all.forEach(this::add);
        return this;
    }

    private void add(TokenLogprob each) {
        tokens.add(text(each.bytes()));
        boolean isKnown = !Float.isNaN(each.logprob());
        if (isKnown) {
            logprobs.add(each.logprob());
        } else {
            logprobs.addNull();
        }
        offsets.add(chars);
        for (byte b : each.bytes()) {
            chars += (b & 0xc0) == 0x80 ? 0 : 1; // each character has one byte that does not go on with another
        }
        if (top > 0) {
            addTop(each, isKnown);
        }
    }

    /** The likely ones, and the token itself if it is none of them. Of two with the same text the likelier one stays. */
    private void addTop(TokenLogprob each, boolean isKnown) {
        ArrayNode list = (ArrayNode) node.get("top_logprobs");
        if (!isKnown) {
            list.addNull();
            return;
        }
        ObjectNode likely = list.addObject();
        each.top().forEach(t -> putIfAbsent(likely, t));
        putIfAbsent(likely, each);
    }

    private static void putIfAbsent(ObjectNode likely, TokenLogprob token) {
        String text = text(token.bytes());
        if (!likely.has(text)) {
            likely.put(text, token.logprob());
        }
    }

    ObjectNode node() {
        return node;
    }

    private static String text(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            StringBuilder shown = new StringBuilder("bytes:");
            for (byte b : bytes) {
                shown.append("\\x%02x".formatted(b & 0xff));
            }
            return shown.toString();
        }
    }
}
