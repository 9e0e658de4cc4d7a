package dev.longhand.bench;

import dev.longhand.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A task in tokens, each text tokenized alone.
 *
 * @param pieces   the context, piece by piece
 * @param live     prompt and expected text
 * @param prompt   tokens of the prompt, at least 1
 * @param scored   places in {@code live} whose token is predicted and looked at, ascending
 */
record LookupText(LookupTask task, List<int[]> pieces, int[] live, int prompt, int[] scored) {
    static LookupText of(LookupTask task, Tokenizer tokenizer) {
        List<int[]> pieces = task.pieces().stream().map(p -> tokenizer.encode(p.text(), false)).toList();
        int[] prompt = tokenizer.encode(task.prompt(), false);
        int[] expected = tokenizer.encode(task.expected(), false);
        List<Integer> scored = new ArrayList<>();
        for (LookupTask.Span span : task.scored()) {
            for (int i = span.from(); i < Math.min(span.to(), expected.length); i++) {
                scored.add(prompt.length + i);
            }
        }
        return new LookupText(task, pieces, concat(List.of(prompt, expected)), prompt.length,
                scored.stream().filter(i -> i > 0).mapToInt(Integer::intValue).toArray());
    }

    static int[] concat(List<int[]> parts) {
        return parts.stream().flatMapToInt(Arrays::stream).toArray();
    }

    /** All pieces one after another. */
    int[] context() {
        return concat(pieces);
    }

    /** Predictions of the scored tokens, of those of all live ones: each stands in the row before it. */
    float[][] scored(float[][] logits) {
        float[][] rows = new float[scored.length][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = logits[scored[i] - 1];
        }
        return rows;
    }

    /** The tokens that are predicted. */
    int[] expected() {
        int[] expected = new int[scored.length];
        for (int i = 0; i < scored.length; i++) {
            expected[i] = live[scored[i]];
        }
        return expected;
    }
}
