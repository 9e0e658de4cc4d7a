package dev.longhand.text;

import dev.longhand.base.Check;

/**
 * What one grammar may cost. A grammar or a schema comes with a request, so it is data from a stranger.
 *
 * @param sourceCharsMax length of the grammar or schema
 * @param nestingMax     nesting of its groups, or of schemas within schemas
 * @param rulesMax       rules, those made for schemas and for counted repetitions included
 * @param nodesMax       nodes of the automaton
 * @param repeatMax      greatest count of a repetition
 * @param waysMax        ways to read one text that are followed at once
 * @param statesMax      states of one grammar that are remembered; more are forgotten and found again
 * @param maskBytesMax   memory of one grammar's remembered masks; more are forgotten and computed again
 * @param jsonDepthMax   nesting of arrays and objects where a schema allows any JSON
 * @param recursionMax   how often a schema may come back to itself within one value
 */
public record GrammarLimits(int sourceCharsMax, int nestingMax, int rulesMax, int nodesMax, int repeatMax, int waysMax,
        int statesMax, long maskBytesMax, int jsonDepthMax, int recursionMax) {
    public static final GrammarLimits DEFAULT =
            new GrammarLimits(1 << 20, 64, 1 << 14, 1 << 18, 100_000, 2048, 1 << 14, 32L << 20, 16, 8);

    public GrammarLimits {
        within("sourceCharsMax", sourceCharsMax, 1 << 24);
        within("nestingMax", nestingMax, 200);
        within("rulesMax", rulesMax, 1 << 16);
        within("nodesMax", nodesMax, 1 << 22);
        within("repeatMax", repeatMax, 1 << 24);
        within("waysMax", waysMax, 1 << 16);
        within("statesMax", statesMax, 1 << 20);
        within("maskBytesMax", maskBytesMax, 1L << 32);
        within("jsonDepthMax", jsonDepthMax, 64);
        within("recursionMax", recursionMax, 64);
    }

    private static void within(String name, long value, long hardMax) {
        Check.argument(value >= 1 && value <= hardMax, "%s is %d; it must lie in [1, %d]", name, value, hardMax);
    }
}
