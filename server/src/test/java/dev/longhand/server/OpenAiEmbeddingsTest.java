package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Problem;
import dev.longhand.lm.Pooling;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Goal: embeddings have OpenAI's form and are the model's. Method: a real server with SmolLM2 over HTTP, beside the model. */
class OpenAiEmbeddingsTest extends SmolLm2Served {
    private static final String PATH = "/v1/embeddings";

    private static JsonNode ok(String body) throws Exception {
        return ok(PATH, body);
    }

    private static float[] own(String text) throws Problem {
        return served.model.embed(List.of(served.model.begin(text)), Pooling.MEAN).vectors()[0];
    }

    private static float[] floats(JsonNode array) {
        float[] floats = new float[array.size()];
        IntStream.range(0, floats.length).forEach(i -> floats[i] = array.get(i).floatValue());
        return floats;
    }

    private static double dot(float[] a, float[] b) {
        return IntStream.range(0, a.length).mapToDouble(i -> (double) a[i] * b[i]).sum();
    }

    @Test
    void givesTheModelsVectorOfATextInBothEncodings() throws Exception {
        JsonNode reply = ok("{'input': 'a red bicycle', 'model': 'smollm2'}");
        assertThat(reply.get("object").stringValue()).isEqualTo("list");
        JsonNode entry = reply.get("data").get(0);
        assertThat(entry.get("object").stringValue()).isEqualTo("embedding");
        float[] vector = floats(entry.get("embedding"));
        assertThat(dot(vector, own("a red bicycle"))).isGreaterThan(0.9999);
        int tokens = served.model.begin("a red bicycle").length;
        assertThat(reply.get("usage").get("prompt_tokens").intValue()).isEqualTo(tokens);
        assertThat(reply.get("usage").get("total_tokens").intValue()).isEqualTo(tokens);
        byte[] bytes = Base64.getDecoder().decode(ok("{'input': 'a red bicycle', 'encoding_format': 'base64'}").get("data").get(0)
                .get("embedding").stringValue());
        float[] decoded = new float[bytes.length / Float.BYTES];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(decoded);
        assertThat(decoded).hasSameSizeAs(vector);
        assertThat(dot(vector, decoded)).isGreaterThan(0.9999);
    }

    @Test
    void keepsTheOrderOfManyTexts() throws Exception {
        List<String> texts = IntStream.range(0, 20).mapToObj(i -> "text number " + i * i).toList();
        JsonNode data = ok("{'input': [%s]}".formatted(texts.stream().map(t -> "'" + t + "'").collect(Collectors.joining(","))))
                .get("data");
        assertThat(data).hasSize(20);
        for (int i : new int[] {0, 7, 15, 16, 19}) {
            assertThat(data.get(i).get("index").intValue()).isEqualTo(i);
            float[] expected = own(texts.get(i));
            float[] found = floats(data.get(i).get("embedding"));
            assertThat(dot(found, expected)).as("text %d", i).isGreaterThan(0.9999);
        }
    }

    @Test
    void takesTokenIds() throws Exception {
        String ids = Arrays.toString(served.model.begin("a red bicycle"));
        JsonNode data = ok("{'input': [%s, %s]}".formatted(ids, ids)).get("data");
        assertThat(data).hasSize(2);
        assertThat(dot(floats(data.get(1).get("embedding")), own("a red bicycle"))).isGreaterThan(0.9999);
        assertThat(ok("{'input': %s}".formatted(ids)).get("data")).hasSize(1);
    }

    @Test
    void takesTheDimensionsThatTheModelHas() throws Exception {
        int dim = own("x").length;
        assertThat(ok("{'input': ['x', 'y'], 'dimensions': %d}".formatted(dim)).get("data")).hasSize(2);
        Served.Reply reply = served.post(PATH, "{'input': 'x', 'dimensions': %d}".formatted(dim / 2));
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.body().get("error").get("param").stringValue()).isEqualTo("dimensions");
        assertThat(reply.body().get("error").get("message").stringValue()).contains("have " + dim);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "'model': 'smollm2'                              | 400 | input",
        "'input': ''                                     | 400 | input",
        "'input': []                                     | 400 | input",
        "'input': [['a']]                                | 400 | input[0]",
        "'input': [99999999]                             | 400 | input",
        "'input': 'a', 'encoding_format': 'hex'          | 400 | encoding_format",
        "'input': 'a', 'dimensions': 0                   | 400 | dimensions",
        "'input': 'a', 'model': 'smollm2@docs'           | 400 | model",
        "'input': 'a', 'model': 'gpt-9'                  | 404 | ",
    }, quoteCharacter = '"')
    void refusesWithTheFieldThatIsWrong(String body, int status, String field) throws Exception {
        Served.Reply reply = served.post(PATH, "{" + body + "}");
        assertThat(reply.status()).as(reply.http().body()).isEqualTo(status);
        JsonNode param = reply.body().get("error").get("param");
        assertThat(param.isNull() ? null : param.stringValue()).isEqualTo(field);
    }

    @Test
    void refusesATextThatIsTooLong() throws Exception {
        Served.Reply reply = served.post(PATH, "{'input': '%s'}".formatted("word ".repeat(9000)));
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.body().get("error").get("code").stringValue()).isEqualTo("context_length_exceeded");
    }

    @Test
    void refusesMoreTokensThanOneRequestMayHave() throws Exception {
        String text = "'" + "word ".repeat(4000) + "'";
        Served.Reply reply = served.post(PATH, "{'input': [%s]}".formatted(String.join(",", Collections.nCopies(80, text))));
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.body().get("error").get("message").stringValue()).contains("300,000");
    }
}
