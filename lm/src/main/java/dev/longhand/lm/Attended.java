package dev.longhand.lm;

import dev.longhand.base.Check;
import java.util.List;

/**
 * How much of attached documents was attended to while an answer was made.
 *
 * @param spans  stretches of the attached documents, document by document
 * @param shares {@code (tokens of the answer, spans)}: what part of the attention of the heads that look things up each stretch got
 *               while the token was chosen; what is missing to 1 went elsewhere
 */
public record Attended(List<Span> spans, float[][] shares) {
    public static final Attended NOTHING = new Attended(List.of(), new float[0][]);

    /** Tokens {@code [tokenFrom, tokenTo)} of the document of that id. */
    public record Span(String segment, int tokenFrom, int tokenTo) {}

    public Attended {
        spans = List.copyOf(spans);
        for (float[] row : shares) {
            Check.argument(row.length == spans.size(), "%d shares for %d spans", row.length, spans.size());
        }
    }

    /** Shares summed over tokens {@code [from, to)} of the answer; tokens that are not there add nothing. */
    public float[] over(int from, int to) {
        float[] sums = new float[spans.size()];
        for (int t = from; t < Math.min(to, shares.length); t++) {
            for (int i = 0; i < sums.length; i++) {
                sums[i] += shares[t][i];
            }
        }
        return sums;
    }
}
