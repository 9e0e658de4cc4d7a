package dev.longhand.text;

import dev.longhand.base.Check;

/**
 * What one template may cost. A template comes with a model file, so it is code from a stranger.
 *
 * @param sourceCharsMax    length of the template
 * @param nestingMax        nesting of expressions and blocks in the source
 * @param stepsMax          evaluated nodes, visited elements and compared characters (in 64s) of one rendering
 * @param depthMax          nested evaluations of one rendering, macro calls included, and nesting of values
 * @param outputCharsMax    length of the rendered text
 * @param allocatedCharsMax characters of all texts made in one rendering, whether kept or not; a list element counts 16
 * @param rangeItemsMax     elements of one {@code range(...)}
 */
public record JinjaLimits(int sourceCharsMax, int nestingMax, long stepsMax, int depthMax, int outputCharsMax,
        long allocatedCharsMax, int rangeItemsMax) {
    public static final JinjaLimits DEFAULT =
            new JinjaLimits(1 << 19, 100, 10_000_000, 300, 1 << 24, 1L << 26, 100_000);

    public JinjaLimits {
        within("sourceCharsMax", sourceCharsMax, 1 << 24);
        within("nestingMax", nestingMax, 150);
        within("stepsMax", stepsMax, 1L << 40);
        within("depthMax", depthMax, 500);
        within("outputCharsMax", outputCharsMax, 1 << 28);
        within("allocatedCharsMax", allocatedCharsMax, 1L << 31);
        within("rangeItemsMax", rangeItemsMax, 1 << 24);
    }

    private static void within(String name, long value, long hardMax) {
        Check.argument(value >= 1 && value <= hardMax, "%s is %d; it must lie in [1, %d]", name, value, hardMax);
    }
}
