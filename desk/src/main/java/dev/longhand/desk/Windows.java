package dev.longhand.desk;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Finds the few consecutive lines that hold most of what is wanted: for ranking passages and for choosing which lines to quote.
 * Each wanted word counts once per window, by its weight. Not thread-safe (words).
 */
final class Windows {
    private final Words words = new Words();
    private final Map<String, Double> weights;

    /** @param weights of the wanted stems; others count nothing */
    Windows(Map<String, Double> weights) {
        this.weights = weights;
    }

    /** @param share of the sum of all weights that the window holds, in [0, 1] */
    record Window(int first, int last, double share) {}

    /**
     * The best window of at most {@code linesMax} of the lines {@code first..last}; the earliest of equals, without idle lines
     * around it.
     */
    Window best(int first, int last, int linesMax, IntFunction<String> lineAt) {
        Window best = best(IntStream.rangeClosed(first, last).mapToObj(lineAt).map(words::of).toList(), linesMax);
        return new Window(first + best.first(), first + best.last(), best.share());
    }

    /** As above, of lines whose words are known, counted from 0. */
    Window best(List<List<Words.Word>> wordsOfLines, int linesMax) {
        List<Set<String>> wanted = wordsOfLines.stream().map(line -> line.stream().map(Words.Word::stem)
                .filter(weights::containsKey).collect(Collectors.toSet())).toList();
        double all = weights.values().stream().mapToDouble(Double::doubleValue).sum();
        int lines = Math.min(linesMax, wanted.size());
        Window best = new Window(0, lines - 1, 0);
        for (int from = 0; from + lines <= wanted.size(); from++) {
            Set<String> held = new HashSet<>();
            double edges = 0;
            for (int i = from; i < from + lines; i++) {
                held.addAll(wanted.get(i));
                edges += weight(wanted.get(i)) * Math.min(i - from, from + lines - 1 - i);
            }
            // Among windows that hold the same words the one in whose middle they stand is best: it shows what is around them.
            double share = all == 0 ? 0 : (weight(held) + 0.001 * edges / lines) / all;
            if (share > best.share() + 1e-12) {
                best = new Window(from, from + lines - 1, share);
            }
        }
        return new Window(best.first(), best.last(), Math.min(1, best.share()));
    }

    private double weight(Set<String> stems) {
        return stems.stream().mapToDouble(weights::get).sum();
    }
}
