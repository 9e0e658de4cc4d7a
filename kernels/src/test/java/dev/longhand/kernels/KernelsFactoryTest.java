package dev.longhand.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Problem;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How a tier is chosen, and what is said when it cannot be. The native tier is broken by an instruction set that no CPU has. */
class KernelsFactoryTest {
    private String isaBefore;

    @BeforeEach
    void remember() {
        isaBefore = System.getProperty(NativeOps.ISA_SETTING);
        System.setProperty(KernelsFactory.TIER_SETTING, ""); // whatever the environment says
    }

    @AfterEach
    void restore() {
        System.clearProperty(KernelsFactory.TIER_SETTING);
        if (isaBefore == null) {
            System.clearProperty(NativeOps.ISA_SETTING);
        } else {
            System.setProperty(NativeOps.ISA_SETTING, isaBefore);
        }
    }

    private static void breakNativeTier() {
        System.setProperty(NativeOps.ISA_SETTING, "none-such");
    }

    /** Goal: a setting that names no tier is refused. Method: values near the right ones; kind, value and choices are said. */
    @ParameterizedTest
    @ValueSource(strings = {"turbo", "vector512", "scalar,vector", "0"})
    void refusesASettingThatNamesNoTier(String value) {
        System.setProperty(KernelsFactory.TIER_SETTING, value);
        assertThatThrownBy(() -> KernelsFactory.open(null, 1)).isInstanceOfSatisfying(Problem.class,
                problem -> assertThat(problem.kind()).isEqualTo(Problem.Kind.USAGE))
                .hasMessageContaining("\"" + value + "\"").hasMessageContaining("scalar, vector or native");
    }

    /** Goal: a tier asked for is never silently another one. Method: no native tier; asked for by argument and by setting. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void refusesATierThatIsAskedForAndMissing(boolean bySetting) {
        breakNativeTier();
        if (bySetting) {
            System.setProperty(KernelsFactory.TIER_SETTING, " Native ");
        }
        assertThatThrownBy(() -> KernelsFactory.open(bySetting ? null : Tier.NATIVE, 1)).isInstanceOfSatisfying(Problem.class,
                problem -> assertThat(problem.kind()).isEqualTo(Problem.Kind.UNSUPPORTED))
                .hasMessageContaining("tier native was asked for").hasMessageContaining("none-such");
    }

    /** Goal: without its best tier the machine goes on and says why. Method: no native tier, nothing asked for. */
    @Test
    void fallsToTheNextTierAndGivesTheReason() throws Problem {
        breakNativeTier();
        KernelsFactory.Opened opened = KernelsFactory.open(null, 1);
        try (Kernels kernels = opened.kernels()) {
            boolean hasVectors = KernelsFactory.isAvailable(Tier.VECTOR);
            assertThat(opened.choice().tier()).isEqualTo(kernels.tier()).isEqualTo(hasVectors ? Tier.VECTOR : Tier.SCALAR);
            assertThat(opened.choice().isDegraded()).isTrue();
            assertThat(opened.choice().reason()).contains("no native tier: ").contains("none-such");
        }
    }

    /** Goal: what was asked for is no degradation. Method: each tier that works here, by setting; an argument outranks it. */
    @ParameterizedTest
    @EnumSource(Tier.class)
    void opensWhatIsAskedFor(Tier tier) throws Problem {
        System.setProperty(KernelsFactory.TIER_SETTING, tier.name().toLowerCase(Locale.ROOT));
        if (KernelsFactory.isAvailable(tier)) {
            KernelsFactory.Opened opened = KernelsFactory.open(null, 1);
            opened.kernels().close();
            assertThat(opened.choice()).isEqualTo(new TierChoice(tier, opened.kernels().instructionSet(), "asked for", false));
        }
        KernelsFactory.Opened byArgument = KernelsFactory.open(Tier.SCALAR, 1);
        byArgument.kernels().close();
        assertThat(byArgument.choice().tier()).isEqualTo(Tier.SCALAR);
    }

    /** Goal: a nonsense team is the caller's bug. Method: counts just outside the limits. */
    @ParameterizedTest
    @ValueSource(ints = {-1, 0, Team.THREADS_MAX + 1})
    void refusesThreadCountsOutsideTheLimits(int threads) {
        assertThatThrownBy(() -> KernelsFactory.open(Tier.SCALAR, threads)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(threads + " threads");
    }
}
