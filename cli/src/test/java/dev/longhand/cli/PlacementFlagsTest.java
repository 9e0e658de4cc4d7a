package dev.longhand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.engine.AttachCounters;
import org.junit.jupiter.api.Test;

/** What a person is told of how documents were put together. */
class PlacementFlagsTest {
    @Test
    void saysWhereDocumentsStoodAndWhatWasReadAgain() {
        assertThat(PlacementFlags.placed(new AttachCounters(1, 0, 0, 0, 0)))
                .isEqualTo("Documents stood one after another, each as it was read alone.");
        assertThat(PlacementFlags.placed(new AttachCounters(0, 1, 0, 0, 0)))
                .isEqualTo("Documents stood side by side, each as it was read alone.");
        assertThat(PlacementFlags.placed(new AttachCounters(0, 0, 1, 0, 1128)))
                .isEqualTo("Documents stood one after another, far ones nearer together, 1,128 tokens read again where they meet.");
        assertThat(PlacementFlags.placed(new AttachCounters(0, 0, 0, 1, 0)))
                .isEqualTo("Documents stood one after another, none farther away than the window, each as it was read alone.");
    }
}
