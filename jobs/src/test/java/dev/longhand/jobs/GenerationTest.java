package dev.longhand.jobs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.longhand.base.Problem;
import dev.longhand.lm.Answer;
import dev.longhand.lm.Constraint;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Sampling;
import dev.longhand.lm.Tool;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** What a long answer's job is made of comes back whole from its bytes, or not at all. */
class GenerationTest {
    private static final Sampling DRAWN = new Sampling(0.7f, 40, 0.95f, 0.05f, 1.1f, 64, -3);

    private static Generation with(Optional<Constraint> form) {
        GenerationSpec spec = new GenerationSpec(300, DRAWN, List.of("\n\n", "Fin ä"), Optional.empty(), OptionalInt.empty(), form,
                77, List.of(), Map.of(7, -100f, 70_000, 2.5f));
        return new Generation("small", "f".repeat(64), "person:anna", "anna", "papers", new int[] {1, 2, 70_000}, spec);
    }

    @Test
    void comesBackWhole() throws Problem {
        for (Optional<Constraint> each : List.of(Optional.<Constraint>empty(), Optional.<Constraint>of(new Constraint.AnyJson()),
                Optional.<Constraint>of(new Constraint.JsonSchema("{\"type\": \"object\"}")),
                Optional.<Constraint>of(new Constraint.Gbnf("root ::= \"a\"")),
                Optional.<Constraint>of(new Constraint.OneCall(List.of(new Tool("now", "the time", ""),
                        new Tool("f", "", "{}")))))) {
            Generation before = with(each);
            Generation after = Generation.of(before.bytes());
            assertArrayEquals(before.prompt(), after.prompt());
            assertEquals(before.spec(), after.spec());
            assertEquals(List.of("small", "f".repeat(64), "person:anna", "anna", "papers"),
                    List.of(after.model(), after.fingerprint(), after.account(), after.person(), after.desk()));
        }
    }

    @Test
    void refusesEveryBeginningOfItAndOtherVersions() {
        byte[] whole = with(Optional.empty()).bytes();
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertEquals(Problem.Kind.MALFORMED, assertThrows(JobFailed.class, () -> Generation.of(cut)).kind());
        }
        whole[0] = 9;
        assertEquals(Problem.Kind.UNSUPPORTED, assertThrows(JobFailed.class, () -> Generation.of(whole)).kind());
    }

    @Test
    void readsWhatVersionOneWrote() throws Problem {
        byte[] now = with(Optional.empty()).bytes();
        byte[] old = Arrays.copyOf(now, now.length - 4 - 2 * 8); // the biases stand last
        old[0] = 1;
        Generation after = Generation.of(old);
        assertEquals(with(Optional.empty()).spec().withLogitBias(Map.of()), after.spec());
        assertArrayEquals(new int[] {1, 2, 70_000}, after.prompt());
    }

    @Test
    void refusesLengthsBeyondItsEnd() {
        byte[] whole = with(Optional.empty()).bytes();
        for (byte each : new byte[] {0x7f, (byte) 0xff}) {
            byte[] changed = whole.clone();
            changed[1] = each; // the first text's length
            assertEquals(Problem.Kind.MALFORMED, assertThrows(JobFailed.class, () -> Generation.of(changed)).kind());
        }
    }

    @Test
    void anAnswerComesBackWhole() throws Problem {
        Generated before = new Generated(Answer.Stop.LENGTH, new int[] {5, 6}, "Öl", "thinking");
        Generated after = Generated.of(before.bytes());
        assertEquals(List.of(Answer.Stop.LENGTH, "Öl", "thinking"), List.of(after.stop(), after.text(), after.reasoning()));
        assertArrayEquals(before.tokens(), after.tokens());
        assertThrows(Problem.class, () -> Generated.of(Arrays.copyOf(before.bytes(), 7)));
    }
}
