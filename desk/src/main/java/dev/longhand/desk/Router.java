package dev.longhand.desk;

import dev.longhand.base.Problem;
import dev.longhand.ingest.Passage;
import java.util.List;

/**
 * Chooses where to look: a question to passages, best first. The seam for better ways to find than words.
 *
 * <p>An implementation never invents a passage, never returns one twice, and is deterministic for one state of the desk.
 */
public interface Router {
    /** @param score higher is better; comparable within one list only */
    record Ranked(Passage passage, double score) {}

    /** At most {@code passagesMax} passages; empty if none fits. */
    List<Ranked> route(String question, int passagesMax) throws Problem;
}
