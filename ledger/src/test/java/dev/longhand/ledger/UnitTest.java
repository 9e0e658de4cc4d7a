package dev.longhand.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.longhand.base.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Amounts as people write them. */
class UnitTest {
    @ParameterizedTest
    @CsvSource({"0, 0", "12.5, 12500000", "0.000001, 1", "1 EUR, 1000000", "0.30eur, 300000", "1.0000000, 1000000",
        "4611686018427.387903, 4611686018427387903"})
    void readsAmountsExactly(String text, long micros) throws Problem {
        assertEquals(micros, Unit.EUR.amount("--hard", text));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"-1 | is no amount", "1,5 | write digits with a point", "'' | is no amount",
        "1e3 | is no amount", "0.0000001 | the smallest amount is 0.000001 EUR", "5 ducats | there is no unit \"ducats\"",
        "5 USD | amounts here are in EUR", "4611686018428 | an amount is at most", "99999999999999999999 | an amount is at most",
        "NaN | is no amount"})
    void refusesWhatIsNoAmount(String text, String words) {
        Problem problem = assertThrows(Problem.class, () -> Unit.EUR.amount("--hard", text));
        assertEquals(Problem.Kind.USAGE, problem.kind());
        assertThat(problem).hasMessageContaining(words);
    }

    @Test
    void showsMoneyWithTheDigitsThatCount() {
        assertEquals("0.00002 EUR", Unit.EUR.show(20));
        assertEquals("1.50 EUR", Unit.EUR.show(1_500_000));
    }
}
