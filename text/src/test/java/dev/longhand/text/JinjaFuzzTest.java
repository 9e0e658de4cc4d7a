package dev.longhand.text;

import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.longhand.base.Clock;
import dev.longhand.testkit.Gen;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Goal: no template hangs, exhausts memory or throws anything but {@link JinjaException}. Method: the goldens' templates, cut,
 * joined, and with tokens and characters of other templates put in, from seeded generators, under small limits.
 */
class JinjaFuzzTest {
    private static final int ROUNDS = 30_000;
    private static final JinjaLimits LIMITS = new JinjaLimits(1 << 16, 100, 20_000, 300, 1 << 16, 1 << 18, 1_000);
    private static final String[] PIECES = {"{{", "}}", "{%", "%}", "{#", "#}", "{%-", "-%}", "|", "(", ")", "[", "]", "{", "}", ":", ",",
        "'", "\"", "\\", ".", "~", "+", "-", "*", "**", "/", "//", "%", "==", "<", " if ", " else ", " for ", " in ", " is ", " not ",
        "{% if x %}", "{% endif %}", "{% for x in l %}", "{% endfor %}", "{% set x = l %}", "{% macro f(a) %}", "{% endmacro %}",
        "{{ f(x) }}", "0", "-1", "9223372036854775807", "1e308", "nan", "none", "true", "l", "d", "s", "n", "missing", "loop", "range(9)",
        "|list", "|sort", "|tojson", "|map('upper')", "|int", "|join", "|reverse", "|first", ".append(l)", ".items()", ".pop()",
        ".split()", "[::-1]", "[1:]", "\n", " ", "\u0000", "é", "🌍", "\ud800", "{% raw %}", "{% break %}", "{% filter upper %}"};

    @Test
    void neverThrowsAnythingElse() throws IOException {
        JsonNode goldens;
        try (InputStream in = getClass().getResourceAsStream("jinja_goldens.json")) {
            goldens = new ObjectMapper().readTree(in);
        }
        List<String> templates = new ArrayList<>();
        goldens.get("templates").forEach(t -> templates.add(t.asString()));
        Map<?, ?> data = new ObjectMapper().convertValue(goldens.get("data").get(0), Map.class);
        assertTimeoutPreemptively(Duration.ofSeconds(120), () -> {
            for (int round = 0; round < ROUNDS; round++) {
                once(new Gen(round), templates, data);
            }
        });
    }

    @SuppressWarnings("unchecked")
    private static void once(Gen gen, List<String> templates, Map<?, ?> data) {
        String template = mutated(gen, templates);
        try {
            Jinja.compile(template, LIMITS, Clock.SYSTEM, ZoneOffset.UTC).render((Map<String, ?>) data);
        } catch (JinjaException e) {
            if (e.line() < 1) {
                throw new AssertionError("seed " + gen.seed() + ": no line in " + e.getMessage() + "\n" + template, e);
            }
        } catch (RuntimeException | Error e) {
            throw new AssertionError("seed " + gen.seed() + ":\n" + template, e);
        }
    }

    private static String mutated(Gen gen, List<String> templates) {
        StringBuilder text = new StringBuilder(templates.get(gen.between(0, templates.size())));
        if (gen.chance(0.3)) {
            text.append(templates.get(gen.between(0, templates.size())));
        }
        int edits = gen.between(1, 6);
        for (int i = 0; i < edits; i++) {
            int at = gen.between(0, text.length() + 1);
            int end = Math.min(text.length(), at + gen.between(0, 12));
            switch (gen.between(0, 4)) {
                case 0 -> text.delete(at, end);
                case 1 -> text.replace(at, end, gen.oneOf(PIECES));
                case 2 -> text.insert(at, gen.oneOf(PIECES));
                default -> text.insert(at, text.substring(at, end));
            }
        }
        return text.toString();
    }
}
