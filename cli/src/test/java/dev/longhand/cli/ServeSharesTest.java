package dev.longhand.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Problem;
import dev.longhand.engine.EngineOptions;
import dev.longhand.engine.LookupOptions;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Goal: models of one server share memory and have names of their own. Method: figures and names by hand. */
class ServeSharesTest {
    private static final EngineOptions ALONE = EngineOptions.DEFAULT.withLookup(LookupOptions.DEFAULT);
    private static final long GIB = 1L << 30;

    @Test
    void oneModelIsAsItWasAlone() throws Problem {
        assertThat(MemoryShares.of(ALONE, List.of(GIB), 2 * GIB)).containsExactly(ALONE);
    }

    @Test
    void severalHaveTogetherAtMostThreeQuartersOfWhatIsLeft() throws Problem {
        List<EngineOptions> shares = MemoryShares.of(ALONE, List.of(GIB, 3 * GIB), 8 * GIB);
        long all = shares.stream().mapToLong(s -> s.kvBytesMax() + s.lookup().orElseThrow().cacheBytesMax()).sum();
        assertThat(all).isBetween(3 * GIB - 8, 3 * GIB);
        assertThat(shares.get(0)).isEqualTo(shares.get(1));
    }

    @Test
    void nobodyGetsMoreThanAlone() throws Problem {
        assertThat(MemoryShares.of(ALONE, List.of(GIB, GIB), 900 * GIB)).containsExactly(ALONE, ALONE);
    }

    @Test
    void aLimitIsSharedBySize() throws Problem {
        List<EngineOptions> shares = MemoryShares.of(ALONE.withMemoryBytesMax(8 * GIB), List.of(GIB, 3 * GIB), GIB);
        assertThat(shares).extracting(EngineOptions::memoryBytesMax).containsExactly(2 * GIB, 6 * GIB);
    }

    @Test
    void whatDoesNotFitIsRefusedWithFigures() {
        assertThatThrownBy(() -> MemoryShares.of(ALONE, List.of(4 * GIB, 3 * GIB), 7 * GIB)).isInstanceOf(Problem.class)
                .hasMessageContaining("2 models have").hasMessageContaining("serve fewer ones");
    }

    @Test
    void filesAreCalledByTheirOwnNames() throws Problem {
        ServedNames names = new ServedNames(List.of("first", "gpt=b/two.gguf"));
        assertThat(names.of(List.of("smollm2", "b/two.gguf", "c/two.gguf"), List.of("smollm2", "/b/two.gguf", "/c/two.gguf")))
                .containsExactly(List.of("smollm2", "first"), List.of("two", "gpt"), List.of("/c/two.gguf"));
    }

    @Test
    void wrongAliasesAreRefused() {
        assertThatThrownBy(() -> new ServedNames(List.of("x=none")).of(List.of("a"), List.of("a")))
                .hasMessageContaining("none is none of the models");
        assertThatThrownBy(() -> new ServedNames(List.of("b=a")).of(List.of("a", "b"), List.of("a", "b")))
                .hasMessageContaining("two models are called b");
    }
}
