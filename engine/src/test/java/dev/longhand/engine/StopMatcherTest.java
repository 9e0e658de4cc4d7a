package dev.longhand.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.testkit.Gen;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Goal: the text ends before the first stop text, wherever pieces break. Method: every cut of a text; seeded random cuts. */
class StopMatcherTest {
    @Test
    void endsBeforeTheStopTextWhateverTheCut() {
        String text = "one two\n\nUser: three";
        for (int i = 0; i <= text.length(); i++) {
            for (int j = i; j <= text.length(); j++) {
                StopMatcher matcher = new StopMatcher(List.of("\nUser:", "absent"));
                String out = matcher.accept(text.substring(0, i)) + matcher.accept(text.substring(i, j))
                        + matcher.accept(text.substring(j)) + matcher.finish();
                assertThat(out).as("cut at %d and %d", i, j).isEqualTo("one two\n");
                assertThat(matcher.isStopped()).isTrue();
                assertThat(matcher.stopText()).isEqualTo("\nUser:");
            }
        }
    }

    @Test
    void handsOutEverythingWhenNoStopTextAppears() {
        Gen gen = new Gen(5);
        for (int round = 0; round < 200; round++) {
            StringBuilder text = new StringBuilder();
            StringBuilder out = new StringBuilder();
            StopMatcher matcher = new StopMatcher(List.of("aab", "bbbb"));
            for (int i = 0; i < 30; i++) {
                String piece = gen.oneOf("a", "ba", "ab", "");
                if ((text + piece).contains("aab") || (text + piece).contains("bbbb")) {
                    continue;
                }
                text.append(piece);
                out.append(matcher.accept(piece));
            }
            out.append(matcher.finish());
            assertThat(out.toString()).isEqualTo(text.toString());
        }
    }

    @Test
    void holdsBackOnlyWhatMayBeginAStopText() {
        StopMatcher matcher = new StopMatcher(List.of("</s>"));
        assertThat(matcher.accept("hello <")).isEqualTo("hello ");
        assertThat(matcher.accept("b")).isEqualTo("<b");
    }
}
