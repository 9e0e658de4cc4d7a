package dev.longhand.desk;

import dev.longhand.base.Check;

/**
 * What of a desk's attention memory is attached to a question.
 *
 * @param partsMax      parts of documents at most; 0 attaches none: passages stand in the prompt
 * @param scoreShareMin parts that score less than this share of the best one are not attached
 * @param passagesAgain best passages whose text stands in the prompt too
 */
public record Recall(int partsMax, double scoreShareMin, int passagesAgain) {
    public static final Recall NONE = new Recall(0, 0, 0);
    /** The best of what was measured on the dev half of the questions (docs/LOG.md). */
    public static final Recall DEFAULT = new Recall(2, 0.5, 1);

    public Recall {
        Check.argument(partsMax >= 0 && partsMax <= 16, "partsMax is %d; it must lie in 0..16", partsMax);
        Check.argument(scoreShareMin >= 0 && scoreShareMin <= 1, "scoreShareMin is %s; it must lie in [0, 1]", scoreShareMin);
        Check.argument(passagesAgain >= 0 && passagesAgain <= 64, "passagesAgain is %d; it must lie in 0..64", passagesAgain);
    }
}
