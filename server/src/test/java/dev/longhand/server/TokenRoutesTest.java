package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.lm.Message;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Goal: what llama.cpp's clients get of tokens and templates is the model's. Method: a real server with SmolLM2 over HTTP. */
class TokenRoutesTest extends SmolLm2Served {
    @Test
    void tokenizesAndGivesTheTextBack() throws Exception {
        JsonNode tokens = ok("/tokenize", "{'content': 'Hello, wide world'}").get("tokens");
        int[] ids = IntStream.range(0, tokens.size()).map(i -> tokens.get(i).intValue()).toArray();
        assertThat(ids).isEqualTo(served.model.tokenize("Hello, wide world"));
        assertThat(ok("/detokenize", "{'tokens': %s}".formatted(tokens)).get("content").stringValue())
                .isEqualTo("Hello, wide world");
        assertThat(ok("/detokenize", "{'tokens': []}").get("content").stringValue()).isEmpty();
    }

    @Test
    void tellsThePieceOfEachTokenWhereAsked() throws Exception {
        JsonNode tokens = ok("/tokenize", "{'content': 'a \\ud83e\\udd8e', 'with_pieces': true}").get("tokens");
        assertThat(tokens.get(0).get("piece").stringValue()).isEqualTo("a");
        assertThat(tokens.get(0).get("id").intValue()).isEqualTo(served.model.tokenize("a")[0]);
        assertThat(tokens.get(tokens.size() - 1).get("piece").isArray()).as("half a character is bytes").isTrue();
    }

    @Test
    void makesNoControlTokensOfText() throws Exception {
        JsonNode tokens = ok("/tokenize", "{'content': '<|im_start|>'}").get("tokens");
        assertThat(tokens.size()).isGreaterThan(1);
        assertThat(served.post("/tokenize", "{'content': 'a', 'parse_special': true}").status()).isEqualTo(400);
    }

    @Test
    void writesAConversationAsTheModelWantsIt() throws Exception {
        String prompt = ok("/apply-template", "{'messages': [{'role': 'user', 'content': 'Hi'}]}").get("prompt").stringValue();
        assertThat(prompt).isEqualTo(served.model.renderText(List.of(Message.user("Hi"))))
                .contains("<|im_start|>user\nHi<|im_end|>").endsWith("<|im_start|>assistant\n");
    }

    @Test
    void refusesWhatIsWrong() throws Exception {
        assertThat(served.post("/tokenize", "{}").status()).isEqualTo(400);
        assertThat(served.post("/detokenize", "{'tokens': [99999999]}").status()).isEqualTo(400);
        assertThat(served.post("/detokenize", "{'tokens': 'abc'}").status()).isEqualTo(400);
        assertThat(served.post("/detokenize", "{}").status()).isEqualTo(400);
        assertThat(served.post("/apply-template", "{'messages': []}").status()).isEqualTo(400);
        assertThat(served.post("/tokenize", "{'content': 'a', 'model': 'gpt-9'}").status()).isEqualTo(404);
    }
}
