package dev.longhand.desk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.ingest.Passage;
import dev.longhand.lm.Usage;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.Seed;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A prepared question as bytes. */
class KeptPromptTest {
    private static final Seed SEED = Seed.of("desk", KeptPromptTest.class, 5);
    private static final int MUTANTS = 2_000;
    private static final Passage PASSAGE = new Passage("a/b.md", 3, "One > Two", 4, 9, 100, 200, 0, "Grüße vom Boot.", 7);
    private static final Ask.Prepared PREPARED = new Ask.Prepared(new int[] {1, 2, 300_000}, List.of(PASSAGE), List.of(PASSAGE, PASSAGE),
            List.of(new Recalled.Attachment("a/b.md", 1, 2, "One", 4, 9, 70, 1.5, new Fusion.Place(1, 2), List.of(PASSAGE), false)),
            new Recalled.Routing(5, 2, "few"), Usage.NONE, List.of());

    private static byte[] bytes() {
        return KeptPrompt.encode(PREPARED, List.of(Sha256.of("text")));
    }

    @Test
    void comesBackAsItWas() throws Problem {
        KeptPrompt kept = KeptPrompt.decode(bytes());
        assertArrayEquals(PREPARED.prompt(), kept.prepared().prompt());
        assertEquals(PREPARED.context(), kept.prepared().context());
        assertEquals(PREPARED.leftOut(), kept.prepared().leftOut());
        assertEquals(PREPARED.attached(), kept.prepared().attached());
        assertEquals(PREPARED.routing(), kept.prepared().routing());
        assertEquals(List.of(Sha256.of("text")), kept.parts());
    }

    /** Goal: damage is told as such. Method: every prefix; mutants, which are refused or read, and nothing else. */
    @Test
    void refusesWhatIsDamaged() {
        byte[] whole = bytes();
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThrows(Problem.class, () -> KeptPrompt.decode(cut));
        }
        Gen gen = SEED.gen();
        for (int i = 0; i < MUTANTS; i++) {
            byte[] mutant = whole.clone();
            mutant[gen.between(0, mutant.length - 1)] = (byte) gen.between(0, 255);
            try {
                KeptPrompt.decode(mutant);
            } catch (Problem e) {
                // Told.
            }
        }
    }
}
