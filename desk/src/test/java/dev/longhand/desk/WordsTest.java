package dev.longhand.desk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.testkit.Gen;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class WordsTest {
    private static final long SEED = 20261128;

    private static List<String> stems(String text) {
        return new Words().of(text).stream().map(Words.Word::stem).toList();
    }

    @Test
    void readsIdentifiersAsAWholeAndItsParts() {
        assertThat(stems("isBoolean")).containsExactly("isboolean", "is", "boolean");
        assertThat(stems("REQUEST_METHOD")).containsExactly("request_method", "request", "method");
        assertThat(stems("__foo_bar__")).containsExactly("foo_bar", "foo", "bar");
        assertThat(stems("foo__")).containsExactly("foo");
    }

    /** Goal: an identifier is found whatever stands before its dot. */
    @Test
    void readsEveryMemberOfAPathAsAWholeToo() {
        assertThat(stems("node.isBoolean()")).containsExactly("node.isboolean", "node", "isboolean", "is", "boolean");
        assertThat(stems("self.request_method.get")).containsExactly("self.request_method.get", "self", "request_method", "request",
                "method", "get");
        assertThat(stems("a-b.cD-e")).containsExactly("a-b.cd-e", "a", "b", "cd", "c", "d", "e");
        assertThat(new Words().of("node.isBoolean").get(2)).isEqualTo(
                new Words.Word("isboolean", "isBoolean", 5, 14, Words.Kind.WHOLE, true));
    }

    /** Goal: the name at the end of a long path is not lost. Method: a real import of 77 characters. */
    @Test
    void goesOnBehindTheFirstMembersOfAPathThatIsTooLong() {
        String path = "com.zaxxer.hikari.metrics.dropwizard.DropwizardCommon.METRIC_NAME_USAGE";
        assertThat(path).hasSizeGreaterThan(Words.CHARS_MAX);
        assertThat(stems(path)).contains("com.zaxxer.hikari.metrics.dropwizard.dropwizardcommon", "metric_name_usage", "usag");
        assertThat(stems("x".repeat(200) + " end")).containsExactly("x".repeat(Words.CHARS_MAX), "end");
    }

    /** Goal: a long path is read in pieces at its joints, and no member is lost. */
    @Test
    void readsALongPathInPieces() {
        List<Words.Word> wholes = new Words().of("ab.cd-".repeat(1_000) + "ef").stream().filter(w -> !w.isPart()).toList();
        assertThat(wholes).allSatisfy(w -> assertThat(w.end() - w.start()).isLessThanOrEqualTo(Words.CHARS_MAX));
        assertThat(wholes).first().satisfies(w -> assertThat(w.raw()).hasSize(62).endsWith("-ab"));
        assertThat(stems("ab.cd-".repeat(1_000) + "ef")).filteredOn("ab"::equals).hasSize(1_000);
    }

    /** Goal: what a text holds is what its lines hold. Method: random strings of marks, letters, CJK and ends of lines. */
    @Test
    void readsATextAsItsLines() {
        Gen gen = new Gen(SEED);
        String alphabet = "aB1_-.' \u0301,中\n\r\u2028İ";
        for (int round = 0; round < 3000; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = gen.between(0, 160); i > 0; i--) {
                text.append(alphabet.charAt(gen.between(0, alphabet.length())));
            }
            List<String> ofLines = Arrays.stream(text.toString().split("\\R", -1)).flatMap(line -> stems(line).stream()).toList();
            assertThat(ofLines).as("seed %d, round %d: %s", SEED, round, text).isEqualTo(stems(text.toString()));
        }
    }

    /** Goal: words lie inside the text, in order, and are not too long. Method: random strings of marks, letters and CJK. */
    @Test
    void readsAnyTextInOrderAndWithinItsBounds() {
        Gen gen = new Gen(SEED);
        String alphabet = "aB1_-.' é\u0301,中文\uD83D\uDE00İ";
        for (int round = 0; round < 3000; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = gen.between(0, 160); i > 0; i--) {
                text.append(alphabet.charAt(gen.between(0, alphabet.length())));
            }
            int start = 0;
            for (Words.Word word : new Words().of(text)) {
                assertThat(word.start()).as("seed %d, round %d: %s", SEED, round, text).isBetween(start, text.length() - 1);
                assertThat(word.end()).as("seed %d, round %d: %s", SEED, round, text).isBetween(word.start() + 1, text.length());
                assertThat(word.stem()).as("seed %d, round %d: %s", SEED, round, text).isNotEmpty();
                start = word.start();
            }
        }
    }
}
