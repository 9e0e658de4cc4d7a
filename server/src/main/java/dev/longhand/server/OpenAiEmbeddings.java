package dev.longhand.server;

import dev.longhand.base.Problem;
import dev.longhand.ledger.Key;
import dev.longhand.ledger.MeteredModel;
import dev.longhand.lm.Embeddings;
import dev.longhand.lm.Pooling;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code POST /v1/embeddings}: texts as vectors of length 1, the mean of the model's final states;
 * https://platform.openai.com/docs/api-reference/embeddings.
 */
final class OpenAiEmbeddings {
    static final int TEXTS_MAX = 2048;
    /** Of all texts of a request, as OpenAI has it. */
    static final int TOKENS_MAX = 300_000;
    /** Texts that go through the model together; behind each such group it is looked whether the client is there. */
    private static final int GROUP = 16;

    private final ServedModels models;
    private final Answering answering;

    OpenAiEmbeddings(ServedModels models, Answering answering) {
        this.models = models;
        this.answering = answering;
    }

    List<Route> routes() {
        return List.of(Route.of("POST", "/v1/embeddings", Key.Role.USER, Shape.OPENAI, this::embed));
    }

    private void embed(Call call) throws Refusal, Problem, IOException {
        Fields fields = call.fields();
        ServedModels.Target target = models.findPlain(fields.text("model"));
        List<int[]> texts = new OpenAiTexts(fields, target.model()).of("input", TEXTS_MAX).stream().map(OpenAiTexts.Text::tokens)
                .toList();
        int tokens = check(target, texts);
        boolean isBase64 = fields.word("encoding_format", "float", "base64").orElse("float").equals("base64");
        OptionalInt dimensions = fields.integer("dimensions", 1, Integer.MAX_VALUE);
        fields.ignore("user", "the key says who calls");
        fields.done();
        MeteredModel model = answering.metered(call, target, "embed");
        List<float[]> vectors = vectors(call, model, texts, dimensions);
        ObjectNode reply = Json.object();
        reply.put("object", "list");
        ArrayNode data = reply.putArray("data");
        for (float[] each : vectors) {
            ObjectNode entry = data.addObject();
            entry.put("object", "embedding");
            entry.put("index", data.size() - 1);
            put(entry, each, isBase64);
        }
        reply.put("model", target.name());
        reply.putObject("usage").put("prompt_tokens", tokens).put("total_tokens", tokens);
        reply.set("longhand", ApiReply.longhand(model.charges(), model.warnings(), fields.warnings()));
        call.reply(200, reply);
    }

    /** Tokens of all texts together. */
    private static int check(ServedModels.Target target, List<int[]> texts) throws Refusal {
        long tokens = 0;
        for (int[] each : texts) {
            target.checkFits(each.length, 0);
            tokens += each.length;
        }
        if (tokens > TOKENS_MAX) {
            throw Refusal.field("input", "the texts have %,d tokens together; at most %,d in one request".formatted(tokens,
                    TOKENS_MAX));
        }
        return (int) tokens;
    }

    /** A wrong number of dimensions is found out by the first text alone. */
    private static List<float[]> vectors(Call call, MeteredModel model, List<int[]> texts, OptionalInt dimensions)
            throws Refusal, Problem, IOException {
        List<float[]> vectors = new ArrayList<>();
        while (vectors.size() < texts.size()) {
            boolean isProbe = vectors.isEmpty() && dimensions.isPresent();
            List<int[]> group = texts.subList(vectors.size(), Math.min(texts.size(), vectors.size() + (isProbe ? 1 : GROUP)));
            Callable<Embeddings> part = () -> model.embed(group, Pooling.MEAN);
            float[][] found = Together.all(call, List.of(part)).getFirst().vectors();
            Collections.addAll(vectors, found);
            if (isProbe && found[0].length != dimensions.getAsInt()) {
                throw Refusal.field("dimensions", ("dimensions is %d; the vectors of %s have %d and cannot be shortened: it was "
                        + "not trained so that their first numbers say most").formatted(dimensions.getAsInt(),
                        model.info().name(), found[0].length));
            }
        }
        return vectors;
    }

    private static void put(ObjectNode entry, float[] vector, boolean isBase64) {
        if (isBase64) {
            ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * vector.length).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asFloatBuffer().put(vector);
            entry.put("embedding", Base64.getEncoder().encodeToString(bytes.array()));
            return;
        }
        ArrayNode numbers = entry.putArray("embedding");
        for (float each : vector) {
            numbers.add(each);
        }
    }
}
