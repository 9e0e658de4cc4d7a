package dev.longhand.desk;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds the longest stretch of a question that a text holds word for word: what tells a text that is quoted from one that happens
 * to use the same words. Of identifiers the parts count, in their order. Immutable.
 */
final class Runs {
    private static final int WORDS_MIN = 2;
    /** Of a question, whose further words are not looked for. */
    private static final int QUESTION_WORDS_MAX = 256;
    /** What a word counts that is written otherwise than in the question: another case or ending. */
    private static final double OTHER_SPELLING = 0.7;
    /** What a text gets at most that repeats a whole question with its mark: it may ask it as well as answer it. */
    private static final double ASKING_SHARE = 0.25;

    private final List<Words.Word> question;
    private final double[] weights; // by place in the question
    private final Map<String, List<Integer>> places = new HashMap<>(); // of each stem in the question, last first
    private final double all;
    private final boolean isAsked;

    /** @param rarity of stems; those that it does not know count nothing */
    Runs(String question, Map<String, Double> rarity) {
        this.question = leaves(new Words().of(question)).stream().limit(QUESTION_WORDS_MAX).toList();
        this.weights = this.question.stream().mapToDouble(w -> rarity.getOrDefault(w.stem(), 0.0)).toArray();
        for (int i = weights.length - 1; i >= 0; i--) {
            places.computeIfAbsent(this.question.get(i).stem(), s -> new ArrayList<>()).add(i);
        }
        all = Arrays.stream(weights).sum();
        isAsked = question.strip().endsWith("?") || question.strip().endsWith("？");
    }

    /** The words of a text in order, without those that only sum up their parts. */
    private static List<Words.Word> leaves(List<Words.Word> words) {
        return words.stream().filter(w -> w.kind() != Words.Kind.WHOLE).toList();
    }

    /** Weight of the heaviest run of at least two words that the text holds, as a share of the whole question's, in [0, 1]. */
    double share(List<Words.Word> text) {
        double[] weight = new double[weights.length]; // of the run that ends at each place of the question, at the last word
        int[] length = new int[weights.length];
        List<Integer> ended = List.of(); // places at which runs ended at the word before
        double best = 0;
        boolean isWhole = false;
        for (Words.Word word : leaves(text)) {
            List<Integer> ends = places.getOrDefault(word.stem(), List.of());
            for (int place : ends) { // last first: the place before still holds what the word before left there
                double own = weights[place] * (word.raw().equals(question.get(place).raw()) ? 1 : OTHER_SPELLING);
                weight[place] = own + (place > 0 ? weight[place - 1] : 0);
                length[place] = 1 + (place > 0 ? length[place - 1] : 0);
                isWhole |= length[place] == weights.length;
                best = length[place] >= WORDS_MIN ? Math.max(best, weight[place]) : best;
            }
            for (int place : ended) {
                if (!ends.contains(place)) {
                    weight[place] = 0;
                    length[place] = 0;
                }
            }
            ended = ends;
        }
        return all > 0 ? Math.min(isWhole && isAsked ? ASKING_SHARE : 1, best / all) : 0;
    }
}
