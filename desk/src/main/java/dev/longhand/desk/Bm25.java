package dev.longhand.desk;

import dev.longhand.base.Problem;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Finds passages by the words they share with the question, rare words first (BM25), and prefers those where the words stand
 * close together and those that repeat the question word for word. Used by one thread at a time.
 */
final class Bm25 implements Router {
    /** Found by BM25 before closeness and order are looked at. */
    static final int CANDIDATES = 64;

    private static final int CLOSE_LINES = 6;
    private static final double CLOSE_WEIGHT = 1;
    /** Chosen on the tuning half of the routing questions. */
    private static final double RUN_WEIGHT = 3;

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
        return desk.search(reader -> lifted(reader, question, terms,
                reader.search(terms, weights, Math.max(passagesMax, CANDIDATES)), passagesMax));
    }

    /** Lifts passages in which the wanted words stand close together, and those that hold a stretch of the question. */
    static List<Ranked> lifted(PassageIndex.Reader reader, String question, Set<String> terms, List<Ranked> found,
            int passagesMax) throws PassageIndex.Damaged, IOException {
        Map<String, Double> rarity = reader.rarity(stems(question)); // the terms are among them
        Map<String, Double> wanted = new HashMap<>();
        terms.forEach(term -> wanted.put(term, rarity.get(term)));
        Windows windows = new Windows(wanted);
        Runs runs = new Runs(question, rarity);
        Words words = new Words();
        List<Ranked> ranked = new ArrayList<>();
        for (Ranked each : found) {
            // No word goes on in the next line.
            List<List<Words.Word>> lines = Arrays.stream(each.passage().text().split("\\R", -1)).map(words::of).toList();
            double close = windows.best(lines, CLOSE_LINES).share();
            double lift = 1 + CLOSE_WEIGHT * close + RUN_WEIGHT * runs.share(lines.stream().flatMap(List::stream).toList());
            ranked.add(new Ranked(each.passage(), each.score() * lift));
        }
        ranked.sort(Comparator.comparingDouble(Ranked::score).reversed());
        return ranked.subList(0, Math.min(passagesMax, ranked.size()));
    }

    /** Of all words, also those without content. */
    private static Set<String> stems(String question) {
        return new Words().of(question).stream().map(Words.Word::stem).collect(Collectors.toSet());
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
