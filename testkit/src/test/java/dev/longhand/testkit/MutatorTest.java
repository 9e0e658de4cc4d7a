package dev.longhand.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.testkit.Mutator.Field;
import dev.longhand.testkit.Mutator.Kind;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Goal: every damage that the structure suggests is made, and chance repeats by seed. Method: a file of ten bytes. */
class MutatorTest {
    private static final byte[] FILE = {0, 3, 'a', 'b', 'c', 0, 3, 'x', 'y', 'z'};
    private final Mutator mutator = new Mutator(FILE, ByteOrder.BIG_ENDIAN, List.of(new Field(Kind.LENGTH, 0, 2),
            new Field(Kind.LENGTH, 5, 2), new Field(Kind.RECORD, 0, 5), new Field(Kind.RECORD, 5, 5)));

    @Test
    void makesEachDamageOfTheStructure() {
        List<String> how = mutator.systematic().stream().map(Mutator.Mutant::toString).toList();
        assertThat(how).contains("cut to 0 bytes of 10", "cut to 5 bytes of 10", "cut to 6 bytes of 10", "cut to 9 bytes of 10",
                "length at byte 0 is 0 instead of 3", "length at byte 5 is 65535 instead of 3",
                "length at byte 5 is 2 instead of 3", "length at byte 0 is 32768 instead of 3", "5 bytes at 0 and 5 swapped")
                .doesNotHaveDuplicates();
        assertThat(mutator.systematic().getLast().bytes()).isEqualTo(new byte[] {0, 3, 'x', 'y', 'z', 0, 3, 'a', 'b', 'c'});
    }

    @Test
    void repeatsChanceBySeed() {
        Gen one = new Gen(4);
        Gen two = new Gen(4);
        for (int i = 0; i < 200; i++) {
            Mutator.Mutant mutant = mutator.random(one);
            assertThat(mutant.bytes()).isEqualTo(mutator.random(two).bytes());
        }
    }
}
