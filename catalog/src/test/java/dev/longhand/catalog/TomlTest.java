package dev.longhand.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.testkit.Gen;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Goal: the reader takes what models.toml uses, and refuses all else with its line. */
@Timeout(60)
class TomlTest {
    @Test
    void readsEachKindOfValue() throws Exception {
        assertThat(Toml.tables("""
                # a comment
                [[model]]   # another
                text = "a \\"b\\" \\\\ \\u00e9 # no comment"
                number = -12
                yes = true
                list = [ "x", 2,
                    [false], # inside
                ]
                table = { a = 1, b = "c" }
                [[model]]
                """, "model")).isEqualTo(List.of(Map.of("text", "a \"b\" \\ \u00e9 # no comment", "number", -12L, "yes", true,
                "list", List.of("x", 2L, List.of(false)), "table", Map.of("a", 1L, "b", "c")), Map.of()));
        assertThat(Toml.tables("", "model")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a = 1", "[[other]]", "[model]", "[[model]]\na", "[[model]]\na =", "[[model]]\na = 'x'", "[[model]]\na = \"x",
        "[[model]]\na = \"\\x\"", "[[model]]\na = \"\\u12\"", "[[model]]\na = 1.5", "[[model]]\na = 1\na = 2", "[[model]]\na = [1 2]",
        "[[model]]\na = {b = 1", "[[model]]\na = 1 b = 2", "[[model]]\na = [[[[[[[[[[1]]]]]]]]]]", "[[model]]\na = 99999999999999999999"})
    void refusesAllElseWithItsLine(String text) {
        assertThatThrownBy(() -> Toml.tables(text, "model")).isInstanceOf(Toml.Malformed.class).hasMessageStartingWith("line ");
    }

    /** Goal: no text makes the reader fail otherwise than by its own refusal. Method: seeded changes of the built-in file. */
    @Test
    void survivesChangedBytes() throws Exception {
        byte[] sound;
        try (InputStream in = Catalogue.class.getResourceAsStream("models.toml")) {
            sound = in.readAllBytes();
        }
        Gen gen = new Gen(20261123);
        int refused = 0;
        for (int round = 0; round < 3000; round++) {
            byte[] bytes = sound.clone();
            for (int change = gen.between(1, 4); change > 0; change--) {
                bytes[gen.between(0, bytes.length)] = (byte) (gen.chance(0.5) ? gen.bits() : "[]{}\"=,\\\n#"
                        .charAt(gen.between(0, 10)));
            }
            int length = gen.chance(0.3) ? gen.between(0, bytes.length) : bytes.length;
            try {
                Toml.tables(new String(bytes, 0, length, StandardCharsets.UTF_8), "model");
            } catch (Toml.Malformed e) {
                refused++;
            } catch (RuntimeException | Error e) {
                throw new AssertionError("seed " + gen.seed() + ", round " + round, e);
            }
        }
        assertThat(refused).isGreaterThan(500);
    }
}
