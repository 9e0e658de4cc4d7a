package dev.longhand.desk;

import dev.longhand.ingest.Passage;
import dev.longhand.lm.Attended;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * From what an answer attended to, to the lines that carried it.
 *
 * <p>Some stretches get their share from every token, whatever it says: what a stretch got least from any token of the answer does
 * not
 * count, where there are tokens enough to tell. A stretch counts evenly for its tokens, but for those of the frame. Immutable.
 */
final class Carried {
    /** Tokens of an answer from which on the least of them is told apart. */
    private static final int TOKENS_MIN = 4;
    /** Stretches of a passage that got this share of what its best one got are cited with it. */
    private static final double NEAR_BEST = 0.25;

    private final List<Stretch> stretches = new ArrayList<>();
    private final Attended attended;
    private final float[] least; // by stretch

    /** @param parts by the id of their memory */
    Carried(Attended attended, Map<String, Part> parts) {
        this.attended = attended;
        for (Attended.Span span : attended.spans()) {
            stretches.add(stretch(parts.get(span.segment()), span));
        }
        this.least = least(attended);
    }

    private static float[] least(Attended attended) {
        float[] least = new float[attended.spans().size()];
        if (attended.shares().length >= TOKENS_MIN) {
            Arrays.fill(least, 1);
            for (float[] row : attended.shares()) {
                for (int i = 0; i < least.length; i++) {
                    least[i] = Math.min(least[i], row[i]);
                }
            }
        }
        return least;
    }

    /** What each stretch got from tokens {@code [from, to)} of the answer. */
    private float[] over(int from, int to) {
        float[] mass = attended.over(from, to);
        int tokens = Math.max(0, Math.min(to, attended.shares().length) - from);
        for (int i = 0; i < mass.length; i++) {
            mass[i] = Math.max(0, mass[i] - tokens * least[i]);
        }
        return mass;
    }

    /**
     * Tokens that were attended to together.
     *
     * @param passages of these tokens, with the share that each has of them
     * @param lines    first and last, empty if all of it is frame
     */
    private record Stretch(Part part, Map<Passage, Double> passages, Optional<int[]> lines, int tokens) {}

    private static Stretch stretch(Part part, Attended.Span span) {
        PartTokens tokens = part.tokens();
        Map<Passage, Double> passages = new LinkedHashMap<>();
        int first = Integer.MAX_VALUE;
        int last = 0;
        int counted = 0;
        for (int t = span.tokenFrom(); t < span.tokenTo(); t++) {
            if (tokens.lines()[t] > 0) {
                first = Math.min(first, tokens.lines()[t]);
                last = Math.max(last, tokens.lines()[t]);
                counted++;
                passages.merge(passageAt(part, tokens.offsets()[t]), 1.0, Double::sum);
            }
        }
        int of = counted;
        passages.replaceAll((passage, count) -> count / of);
        return new Stretch(part, passages, counted == 0 ? Optional.empty() : Optional.of(new int[] {first, last}),
                span.tokenTo() - span.tokenFrom());
    }

    private static Passage passageAt(Part part, long offset) {
        Passage found = part.passages().getFirst();
        for (Passage each : part.passages()) {
            if (each.byteFirst() <= offset) {
                found = each;
            }
        }
        return found;
    }

    /** Tokens of stretches that got any attention. */
    int lookedUpTokens() {
        float[] all = attended.over(0, attended.shares().length);
        int tokens = 0;
        for (int i = 0; i < all.length; i++) {
            tokens += all[i] > 0 ? stretches.get(i).tokens : 0;
        }
        return tokens;
    }

    /**
     * The lines that carried tokens {@code [from, to)} of the answer, most first, at most {@code max}; shares of all their
     * attention.
     */
    List<AskResult.Carrier> carriers(int from, int to, int max) {
        float[] mass = over(from, to);
        double all = 0;
        List<AskResult.Carrier> carriers = new ArrayList<>();
        for (int i = 0; i < mass.length; i++) {
            all += mass[i];
        }
        for (int i = 0; i < mass.length; i++) {
            Stretch each = stretches.get(i);
            if (mass[i] > 0 && each.lines.isPresent()) {
                carriers.add(new AskResult.Carrier(each.part.path(), each.lines.get()[0], each.lines.get()[1], mass[i] / all));
            }
        }
        carriers.sort(Comparator.comparingDouble(AskResult.Carrier::share).reversed());
        return List.copyOf(carriers.subList(0, Math.min(max, carriers.size())));
    }

    /**
     * A passage that was attended to.
     *
     * @param lineFirst first line, inside the passage, of the stretches that got about as much as the best one of it
     */
    record Attention(Passage passage, double mass, int lineFirst, int lineLast) {}

    /**
     * Passages that the whole answer attended to, most first; those in {@code found}, to which the question led, before all
     * others.
     */
    List<Attention> passages(Collection<Passage> found) {
        float[] mass = over(0, attended.shares().length);
        Map<Passage, Double> best = new LinkedHashMap<>();
        Map<Passage, Double> sums = new LinkedHashMap<>();
        for (int i = 0; i < mass.length; i++) {
            float whole = mass[i];
            stretches.get(i).passages.forEach((passage, share) -> {
                best.merge(passage, share * whole, Math::max);
                sums.merge(passage, share * whole, Double::sum);
            });
        }
        List<Attention> passages = new ArrayList<>();
        sums.forEach((passage, sum) -> {
            if (sum > 0) {
                passages.add(attention(passage, sum, mass, NEAR_BEST * best.get(passage)));
            }
        });
        passages.sort(Comparator.comparing((Attention each) -> !found.contains(each.passage()))
                .thenComparing(Comparator.comparingDouble(Attention::mass).reversed()));
        return passages;
    }

    private Attention attention(Passage passage, double sum, float[] mass, double massMin) {
        int first = passage.lineLast();
        int last = passage.lineFirst();
        for (int i = 0; i < mass.length; i++) {
            Double share = stretches.get(i).passages.get(passage);
            if (share != null && share * mass[i] >= massMin) {
                int[] lines = stretches.get(i).lines.orElseThrow();
                first = Math.min(first, Math.max(lines[0], passage.lineFirst()));
                last = Math.max(last, Math.min(lines[1], passage.lineLast()));
            }
        }
        boolean isExact = Lines.isExact(passage);
        return new Attention(passage, sum, isExact ? first : passage.lineFirst(), isExact ? last : passage.lineLast());
    }
}
