package dev.longhand.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Goal: templates render as jinja2 renders them. Method: goldens made by {@code src/test/goldens/jinja_goldens.py}. */
class JinjaGoldenTest {
    private static final Clock CLOCK = new Clock() {
        @Override
        public long nanos() {
            return 0;
        }

        @Override
        public Instant now() {
            return Instant.parse("2026-07-06T15:04:09Z");
        }

        @Override
        public void sleep(long nanos) {
            throw new UnsupportedOperationException("nothing sleeps here");
        }
    };

    @Test
    @SuppressWarnings("unchecked")
    void rendersAndRefusesAsJinja2Does() throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        JsonNode goldens;
        try (InputStream in = getClass().getResourceAsStream("jinja_goldens.json")) {
            goldens = mapper.readTree(in);
        }
        List<String> wrong = new ArrayList<>();
        List<JsonNode> cases = StreamSupport.stream(goldens.get("cases").spliterator(), false).toList();
        for (JsonNode each : cases) {
            String template = goldens.get("templates").get(each.get("template").asInt()).asString();
            Map<String, Object> data = mapper.convertValue(goldens.get("data").get(each.get("data").asInt()), Map.class);
            String expected = each.has("text") ? each.get("text").asString() : "an error: " + each.get("error").asString();
            String found = rendered(template, data);
            boolean isSame = each.has("text") ? found.equals(expected) : found.startsWith("an error: ");
            if (!isSame) {
                wrong.add(each.get("name").asString() + "\n    expected " + expected + "\n    found    " + found);
            }
        }
        assertThat(wrong).as(wrong.size() + " of " + cases.size() + " cases differ:\n" + String.join("\n", wrong)).isEmpty();
        assertThat(cases.size()).isGreaterThanOrEqualTo(300);
    }

    private static String rendered(String template, Map<String, Object> data) {
        try {
            return Jinja.compile(template, JinjaLimits.DEFAULT, CLOCK, ZoneOffset.UTC).render(data);
        } catch (JinjaException e) {
            return "an error: " + e.getMessage();
        }
    }
}
