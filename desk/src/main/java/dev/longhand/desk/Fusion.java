package dev.longhand.desk;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Joins the order of words with what another judge says of the same candidates, by reciprocal rank: words count four times,
 * so that what they put first stays first, and the other judge has a say in who stands beside it. With equal weights words alone
 * were better, with double ones still for paraphrases and a small model ({@code docs/LOG.md}).
 *
 * <p>A candidate that was not judged keeps its place; the judged ones share the places that they had among them. So nothing falls
 * behind because nobody has read it yet. Stateless.
 */
public final class Fusion {
    /** Candidates of words that another judge looks at: cutting and opening them is what judging costs most. */
    public static final int CANDIDATES_MAX = 16;
    /** The smaller, the more the first ranks count. */
    private static final int RANK_OFFSET = 2;
    private static final double WORDS_WEIGHT = 4;

    private Fusion() {}

    /**
     * What became of a candidate; ranks are from 1.
     *
     * @param words rank by words: its place in the list that was given
     * @param heads rank by the other judge among those that it judged; 0 if it was not judged
     */
    public record Place(int words, int heads) {}

    /**
     * How many of the first candidates of words another judge looks at: none that scores far below the best, so that it has no say
     * where words are sure.
     *
     * @param scores of words, best first
     */
    public static int worthJudging(List<Double> scores) {
        int count = 0;
        while (count < Math.min(CANDIDATES_MAX, scores.size())
                && scores.get(count) >= Selection.SCORE_SHARE_MIN * scores.getFirst()) {
            count++;
        }
        return count;
    }

    /**
     * The candidates best first.
     *
     * @param scores of the candidates in the order of words, higher is better; NaN where there is none
     */
    public static List<Place> order(double[] scores) {
        List<Integer> judged = new ArrayList<>(); // in the order of words
        for (int i = 0; i < scores.length; i++) {
            if (!Double.isNaN(scores[i])) {
                judged.add(i);
            }
        }
        List<Integer> byScore = new ArrayList<>(judged);
        byScore.sort(Comparator.comparingDouble((Integer i) -> -scores[i]));
        int[] heads = new int[scores.length];
        double[] fused = new double[scores.length];
        for (int rank = 0; rank < judged.size(); rank++) {
            heads[byScore.get(rank)] = rank + 1;
            fused[byScore.get(rank)] += 1.0 / (RANK_OFFSET + rank);
            fused[judged.get(rank)] += WORDS_WEIGHT / (RANK_OFFSET + rank);
        }
        List<Integer> best = new ArrayList<>(judged);
        best.sort(Comparator.comparingDouble((Integer i) -> -fused[i]));
        List<Place> order = new ArrayList<>();
        for (int i = 0, next = 0; i < scores.length; i++) {
            int at = Double.isNaN(scores[i]) ? i : best.get(next++);
            order.add(new Place(at + 1, heads[at]));
        }
        return order;
    }
}
