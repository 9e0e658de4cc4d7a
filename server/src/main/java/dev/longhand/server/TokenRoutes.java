package dev.longhand.server;

import dev.longhand.base.Problem;
import dev.longhand.ledger.Key;
import dev.longhand.lm.LanguageModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code POST /tokenize}, {@code /detokenize} and {@code /apply-template} as llama.cpp's server has them; {@code model} is ours. No
 * model runs, so nothing is booked.
 */
final class TokenRoutes {
    private final ServedModels models;

    TokenRoutes(ServedModels models) {
        this.models = models;
    }

    List<Route> routes() {
        return List.of(
                Route.of("POST", "/tokenize", Key.Role.USER, Shape.OPENAI, this::tokenize),
                Route.of("POST", "/detokenize", Key.Role.USER, Shape.OPENAI, this::detokenize),
                Route.of("POST", "/apply-template", Key.Role.USER, Shape.OPENAI, this::applyTemplate));
    }

    private void tokenize(Call call) throws Refusal, Problem, IOException {
        Fields fields = call.fields();
        LanguageModel model = models.findPlain(fields.text("model")).model();
        String text = fields.neededText("content");
        int[] ids = fields.flag("add_special", false) ? model.begin(text) : model.tokenize(text);
        boolean hasPieces = fields.flag("with_pieces", false);
        if (fields.flag("parse_special", false)) {
            throw Refusal.field("parse_special", "parse_special is true; text of clients never becomes control tokens here");
        }
        ObjectNode reply = Json.object();
        ArrayNode tokens = reply.putArray("tokens");
        for (int id : ids) {
            if (hasPieces) {
                putPiece(tokens.addObject().put("id", id), model.bytes(id));
            } else {
                tokens.add(id);
            }
        }
        reply(call, fields, reply);
    }

    /** A text, or the bytes of what is no whole characters. */
    private static void putPiece(ObjectNode token, byte[] bytes) {
        try {
            token.put("piece", StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
        } catch (CharacterCodingException e) {
            ArrayNode numbers = token.putArray("piece");
            for (byte b : bytes) {
                numbers.add(b & 0xff);
            }
        }
    }

    private void detokenize(Call call) throws Refusal, IOException {
        Fields fields = call.fields();
        OpenAiTexts texts = new OpenAiTexts(fields, models.findPlain(fields.text("model")).model());
        int[] ids = texts.ids("tokens", fields.neededArray("tokens"));
        reply(call, fields, Json.object().put("content", new String(texts.bytes("tokens", ids), StandardCharsets.UTF_8)));
    }

    private void applyTemplate(Call call) throws Refusal, Problem, IOException {
        Fields fields = call.fields();
        LanguageModel model = models.findPlain(fields.text("model")).model();
        fields.refuse("tools", "conversations are shown without them");
        fields.refuse("chat_template_kwargs", "conversations are shown without them");
        reply(call, fields, Json.object().put("prompt", model.renderText(OpenAiMessages.of(fields))));
    }

    /** Says what was ignored, only where something was: llama.cpp's clients expect nothing more. */
    private static void reply(Call call, Fields fields, ObjectNode reply) throws IOException {
        fields.done();
        if (!fields.warnings().isEmpty()) {
            ArrayNode lines = reply.putObject("longhand").putArray("warnings");
            fields.warnings().forEach(lines::add);
        }
        call.reply(200, reply);
    }
}
