package dev.longhand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Goal: a near word is offered, a far one is not. Method: known distances and a few typing mistakes. */
class SuggestionTest {
    @ParameterizedTest
    @CsvSource({"ask,ask,0", "aks,ask,1", "as,ask,1", "asks,ask,1", "run,ask,3", "'',ask,3", "--jsn,--json,1"})
    void countsEdits(String a, String b, int expected) {
        assertThat(Suggestion.distance(a, b)).isEqualTo(expected);
        assertThat(Suggestion.distance(b, a)).isEqualTo(expected);
    }

    @Test
    void offersTheNearest() {
        List<String> verbs = Cli.verbNames();
        assertThat(Suggestion.near("docter", verbs)).contains("doctor");
        assertThat(Suggestion.near("pul", verbs)).contains("pull");
        assertThat(Suggestion.near("summarise", verbs)).isEmpty();
    }
}
