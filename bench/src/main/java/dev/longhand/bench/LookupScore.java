package dev.longhand.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What one way of attending came to over the tasks of a cell. Filled task by task. */
final class LookupScore {
    private final List<Double> divergences = new ArrayList<>(); // nats, mean of a task's tokens
    private final List<Double> agreements = new ArrayList<>(); // share of a task's tokens
    private final List<Double> losses = new ArrayList<>(); // nats, mean of a task's tokens
    private final List<Double> exact = new ArrayList<>(); // of quotes and needles

    /** @param dense what attending to everything predicts for each of the scored tokens, {@code rows} what this way does */
    void add(LookupText text, float[][] dense, float[][] rows) {
        int[] expected = text.expected();
        double divergence = 0;
        double agreement = 0;
        double loss = 0;
        for (int i = 0; i < rows.length; i++) {
            divergence += Logits.klDivergence(dense[i], rows[i]) / rows.length;
            agreement += (Logits.isSameTop(dense[i], rows[i]) ? 1.0 : 0.0) / rows.length;
            loss -= Logits.logProbability(rows[i], expected[i]) / rows.length;
        }
        divergences.add(divergence);
        agreements.add(agreement);
        losses.add(loss);
        if (text.task().kind() != TaskKind.CONTINUATION) {
            exact.add(Logits.isExactMatch(rows, expected) ? 1.0 : 0.0);
        }
    }

    Stats divergence() {
        return Stats.of(divergences);
    }

    Stats agreement() {
        return Stats.of(agreements);
    }

    Stats loss() {
        return Stats.of(losses);
    }

    /** Share of quotes and needles that greedy decoding would have written exactly. */
    Stats exact() {
        return exact.isEmpty() ? new Stats(1, 0, 0) : Stats.of(exact);
    }

    /** {@code "KL 0.012 +- 0.002, top-1 96.1 %, loss 1.23, exact 88 %"}. */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "KL %s, top-1 %.1f %%, loss %.3f, exact %.1f %%", divergence(), 100 * agreement().mean(),
                loss().mean(), 100 * exact().mean());
    }
}
