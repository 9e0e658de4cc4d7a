package dev.longhand.desk;

import dev.longhand.base.Problem;
import dev.longhand.lm.SegmentRef;
import dev.longhand.lm.Usage;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Judges what words have found: the seam for better judges than a model's heads.
 *
 * <p>An implementation is deterministic for the same question and candidates, and reads no document.
 */
@FunctionalInterface
public interface Judge {
    /**
     * A part of a document.
     *
     * @param text    as the model reads it
     * @param segment the model's memory of it, if it has read it
     */
    record Candidate(String path, String text, Optional<SegmentRef> segment) {}

    /**
     * What it says.
     *
     * @param scores of the candidates in their order, higher is better, comparable within one opinion only; NaN where it cannot
     *               tell
     * @param usage  what it cost
     * @param why    a reason for people why it could not tell of any, or ""
     */
    record Opinion(double[] scores, Usage usage, String why) {
        static Opinion none(int candidates, String why) {
            double[] scores = new double[candidates];
            Arrays.fill(scores, Double.NaN);
            return new Opinion(scores, Usage.NONE, why);
        }

        int judged() {
            return (int) Arrays.stream(scores).filter(s -> !Double.isNaN(s)).count();
        }
    }

    Opinion judge(String question, List<Candidate> candidates) throws Problem;

    /** Whether it can tell of any candidate at all; where it cannot, none are prepared for it beyond those that words choose. */
    default boolean canJudge() {
        return true;
    }
}
