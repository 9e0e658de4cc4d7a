package dev.longhand.server;

import dev.longhand.base.Problem;
import dev.longhand.lm.LanguageModel;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** Texts as OpenAI's {@code prompt} and {@code input} hold them: a text, the token ids of one, or an array of texts or of ids. */
final class OpenAiTexts {
    private final Fields fields;
    private final LanguageModel model;

    OpenAiTexts(Fields fields, LanguageModel model) {
        this.fields = fields;
        this.model = model;
    }

    /**
     * One text.
     *
     * @param tokens at least one
     * @param text   as it was given, or what the token ids say
     */
    record Text(int[] tokens, String text) {}

    /** What stands in {@code field}; at least one, at most {@code countMax}. */
    List<Text> of(String field, int countMax) throws Refusal {
        JsonNode node = fields.any(field).orElseThrow(() -> Refusal.field(fields.name(field), fields.name(field) + " is missing"));
        if (!node.isArray() || isIds(node)) {
            return List.of(text(field, node));
        }
        List<Text> texts = new ArrayList<>();
        for (JsonNode each : fields.elements(field, countMax)) {
            texts.add(text("%s[%d]".formatted(field, texts.size()), each));
        }
        if (texts.isEmpty()) {
            throw Refusal.field(fields.name(field), fields.name(field) + " is empty; it must hold at least one text");
        }
        return texts;
    }

    private static boolean isIds(JsonNode node) {
        return node.isArray() && !node.isEmpty() && node.get(0).isNumber();
    }

    private Text text(String name, JsonNode node) throws Refusal {
        Text text;
        if (node.isString()) {
            text = new Text(model.begin(node.stringValue()), node.stringValue());
        } else if (isIds(node)) {
            text = ofIds(name, node);
        } else {
            throw Refusal.field(fields.name(name), "%s must be a text or an array of token ids".formatted(fields.name(name)));
        }
        if (text.tokens.length == 0) {
            throw Refusal.field(fields.name(name), fields.name(name) + " is an empty text");
        }
        return text;
    }

    private Text ofIds(String name, JsonNode node) throws Refusal {
        int[] ids = ids(name, node);
        return new Text(ids, new String(bytes(name, ids), StandardCharsets.UTF_8));
    }

    /** Token ids that the model has. */
    int[] ids(String name, JsonNode node) throws Refusal {
        int[] ids = new int[node.size()];
        for (int i = 0; i < ids.length; i++) {
            JsonNode each = node.get(i);
            if (!each.isIntegralNumber() || !each.canConvertToInt()) {
                throw Refusal.field(fields.name(name), "%s[%d] is no token id; it must be a whole number".formatted(
                        fields.name(name), i));
            }
            ids[i] = each.intValue();
        }
        return ids;
    }

    /** What token ids say, a control token nothing. */
    byte[] bytes(String name, int[] ids) throws Refusal {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int id : ids) {
            try {
                bytes.writeBytes(model.bytes(id));
            } catch (Problem e) {
                throw e.kind() == Problem.Kind.USAGE ? Refusal.field(fields.name(name), e.getMessage()) : Refusal.of(e);
            }
        }
        return bytes.toByteArray();
    }
}
