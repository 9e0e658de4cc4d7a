package dev.longhand.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.testkit.Gen;
import org.junit.jupiter.api.Test;

/** Goal: the longest repeated end is found at every length. Method: random lists over small alphabets beside a search by hand. */
class SuffixAutomatonTest {
    @Test
    void findsTheLongestEndThatStoodBefore() {
        for (int seed = 0; seed < 60; seed++) {
            Gen gen = new Gen(seed);
            int alphabet = gen.between(1, 6);
            int[] tokens = new int[gen.between(1, 250)];
            SuffixAutomaton automaton = new SuffixAutomaton(seed % 2 == 0 ? 0 : tokens.length);
            for (int n = 0; n < tokens.length; n++) {
                tokens[n] = 1_000_000 * gen.between(0, alphabet);
                automaton.append(tokens[n]);
                int length = longestRepeatedEnd(tokens, n + 1);
                assertThat(automaton.matchLength()).as("seed %d, %d tokens", seed, n + 1).isEqualTo(length);
                if (length == 0) {
                    assertThat(automaton.matchEnd()).isEqualTo(-1);
                } else {
                    assertThat(automaton.matchEnd()).isLessThan(n);
                    assertThat(common(tokens, automaton.matchEnd(), n)).isGreaterThanOrEqualTo(length);
                }
            }
        }
    }

    @Test
    void takesAHundredThousandTokensInItsStride() {
        Gen gen = new Gen(1);
        SuffixAutomaton automaton = new SuffixAutomaton(10);
        for (int i = 0; i < 100_000; i++) {
            automaton.append(i % 1000 == 0 ? gen.between(0, 50_000) : i % 1000);
        }
        assertThat(automaton.tokens()).isEqualTo(100_000);
        assertThat(automaton.matchLength()).isGreaterThanOrEqualTo(999);
    }

    private static int longestRepeatedEnd(int[] tokens, int count) {
        int longest = 0;
        for (int end = 0; end < count - 1; end++) {
            longest = Math.max(longest, common(tokens, end, count - 1));
        }
        return longest;
    }

    /** Tokens that the lists ending at {@code a} and at {@code b > a} have in common at their ends. */
    private static int common(int[] tokens, int a, int b) {
        int common = 0;
        while (a - common >= 0 && tokens[a - common] == tokens[b - common]) {
            common++;
        }
        return common;
    }
}
