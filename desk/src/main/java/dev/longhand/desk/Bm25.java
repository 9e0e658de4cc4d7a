package dev.longhand.desk;

import dev.longhand.base.Problem;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds passages by the words they share with the question, rare words first (BM25), and prefers those where the words stand
 * close together. Used by one thread at a time.
 */
final class Bm25 implements Router {
    /** Found by BM25 before closeness is looked at. */
    static final int CANDIDATES = 40;

    private static final int CLOSE_LINES = 6;
    private static final double CLOSE_WEIGHT = 1;

    private final Desk desk;
    private final PassageIndex.Weights weights;

    Bm25(Desk desk, PassageIndex.Weights weights) {
        this.desk = desk;
        this.weights = weights;
    }

    @Override
    public List<Ranked> route(String question, int passagesMax) throws Problem {
        Set<String> terms = terms(question, desk.limits().questionTermsMax());
        if (terms.isEmpty() || desk.passages() == 0) {
            return List.of();
        }
        List<Ranked> found = desk.search(reader -> reader.search(terms, weights, Math.max(passagesMax, CANDIDATES)));
        return closeFirst(found, rarity(desk, terms), passagesMax);
    }

    /** Lifts passages in which the wanted words stand close together. */
    static List<Ranked> closeFirst(List<Ranked> found, Map<String, Double> rarity, int passagesMax) {
        Windows windows = new Windows(rarity);
        List<Ranked> ranked = new ArrayList<>();
        for (Ranked each : found) {
            String[] lines = each.passage().text().split("\\R", -1);
            double share = windows.best(0, lines.length - 1, CLOSE_LINES, i -> lines[i]).share();
            ranked.add(new Ranked(each.passage(), each.score() * (1 + CLOSE_WEIGHT * share)));
        }
        ranked.sort(Comparator.comparingDouble(Ranked::score).reversed());
        return ranked.subList(0, Math.min(passagesMax, ranked.size()));
    }

    static Map<String, Double> rarity(Desk desk, Set<String> terms) throws Problem {
        return desk.passages() == 0 ? Map.of() : desk.search(reader -> reader.rarity(terms));
    }

    /** Content words of the question; all its words if it has no other. */
    static Set<String> terms(String question, int termsMax) {
        Words words = new Words();
        Set<String> content = new LinkedHashSet<>();
        Set<String> all = new LinkedHashSet<>();
        for (Words.Word word : words.of(question)) {
            if (all.size() < termsMax) {
                all.add(word.stem());
            }
            if (content.size() < termsMax && !Stopwords.isStop(word)) {
                content.add(word.stem());
            }
        }
        return content.isEmpty() ? all : content;
    }

    /** A search that may find the index broken. */
    @FunctionalInterface
    interface Search<T> {
        T in(PassageIndex.Reader reader) throws PassageIndex.Damaged, IOException;
    }
}
