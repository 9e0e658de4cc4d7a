package dev.longhand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.kernels.Tier;
import dev.longhand.kernels.TierChoice;
import org.junit.jupiter.api.Test;

/** The first line of commands that load a model. */
class HeadlineTest {
    /** Goal: whoever runs on a slower tier than the machine could is told, and why. Method: a choice marked degraded. */
    @Test
    void saysWhyAFasterTierIsMissing() {
        TierChoice choice = new TierChoice(Tier.VECTOR, "vector 512 bit", "no native tier: no C compiler was found", true);
        assertThat(RunCommand.headline(choice, 2, "smollm2"))
                .isEqualTo("vector 512 bit, 2 threads; smollm2 (slower than it could be: no native tier: no C compiler was found)");
    }

    /** Goal: a tier that is the fastest, or was asked for, is named without complaint. Method: both, on one thread. */
    @Test
    void namesAGoodTierPlainly() {
        TierChoice fastest = new TierChoice(Tier.NATIVE, "avx2", "the fastest tier works here", false);
        assertThat(RunCommand.headline(fastest, 1, "gemma3")).isEqualTo("native avx2, 1 thread; gemma3");
        TierChoice asked = new TierChoice(Tier.SCALAR, "scalar", "asked for", false);
        assertThat(RunCommand.headline(asked, 2, "gemma3")).isEqualTo("scalar, 2 threads; gemma3");
    }
}
