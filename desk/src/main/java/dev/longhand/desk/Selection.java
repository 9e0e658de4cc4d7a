package dev.longhand.desk;

import dev.longhand.ingest.Passage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * From ranked passages to those worth a place in the context: not all from one file, neighbours as one. Knows ranks, and of words
 * only whether two passages hold the same. Not thread-safe (words).
 */
final class Selection {
    /** Passages that score less than this share of the best one are noise that would only cost reading time. */
    static final double SCORE_SHARE_MIN = 0.2;

    /** Passages of two files that share this much of their words are copies. */
    private static final double SAME_SHARE = 0.8;
    /** Shorter ones may share their few words by chance. */
    private static final int COPY_STEMS_MIN = 12;

    private final List<Router.Ranked> ranked;
    private final Words words = new Words();
    private final Map<Passage, Set<String>> stems = new HashMap<>(); // of those that were looked at

    /** @param ranked best first */
    Selection(List<Router.Ranked> ranked) {
        this.ranked = List.copyOf(ranked);
    }

    /** As {@link #best} of a selection that is made once. */
    static List<Passage> of(List<Router.Ranked> ranked, int passagesMax) {
        return new Selection(ranked).best(passagesMax);
    }

    /** As {@link #best} with scores, in the order of ranks. */
    Map<Passage, Double> scores(int passagesMax) {
        Set<Passage> wanted = new HashSet<>(best(passagesMax));
        Map<Passage, Double> scores = new LinkedHashMap<>();
        ranked.stream().filter(r -> wanted.contains(r.passage())).forEach(r -> scores.put(r.passage(), r.score()));
        return scores;
    }

    /** Best first; at most {@code passagesMax} before neighbours are merged. */
    List<Passage> best(int passagesMax) {
        if (ranked.isEmpty()) {
            return List.of();
        }
        double scoreMin = ranked.getFirst().score() * SCORE_SHARE_MIN;
        int perFileMax = Math.max(1, passagesMax / 2);
        List<Passage> chosen = new ArrayList<>();
        List<Passage> spare = new ArrayList<>();
        Map<String, Integer> perFile = new HashMap<>();
        for (Router.Ranked each : ranked) {
            if (each.score() < scoreMin || chosen.size() == passagesMax) {
                break;
            }
            int copy = copyOf(each.passage(), chosen);
            if (copy >= 0) {
                if (!hasExtension(chosen.get(copy)) && hasExtension(each.passage())) {
                    chosen.set(copy, each.passage());
                }
                continue;
            }
            boolean hasRoom = perFile.merge(each.passage().path(), 1, Integer::sum) <= perFileMax;
            (hasRoom ? chosen : spare).add(each.passage());
        }
        spare.stream().limit(passagesMax - chosen.size()).forEach(chosen::add);
        return chosen;
    }

    /** Index of the chosen passage of another file that holds nearly the same words, or -1. */
    private int copyOf(Passage passage, List<Passage> chosen) {
        Set<String> own = stems(passage);
        for (int i = 0; i < chosen.size() && own.size() >= COPY_STEMS_MIN; i++) {
            if (!passage.path().equals(chosen.get(i).path())) {
                Set<String> other = stems(chosen.get(i));
                long shared = other.stream().filter(own::contains).count();
                if (shared > SAME_SHARE * (own.size() + other.size() - shared)) {
                    return i;
                }
            }
        }
        return -1;
    }

    private Set<String> stems(Passage passage) {
        return stems.computeIfAbsent(passage, p -> words.contentStems(p.text()));
    }

    /** Packaged metadata copies a text into a file without one; people look for the original. */
    private static boolean hasExtension(Passage passage) {
        return passage.path().lastIndexOf('.') > passage.path().lastIndexOf('/') + 1;
    }

    /** Neighbours of one file become one passage at the better one's rank. */
    static List<Passage> merged(List<Passage> chosen) {
        List<Passage> merged = new ArrayList<>();
        for (Passage each : chosen) {
            Passage next = each;
            for (int i = 0; i < merged.size(); i++) {
                Passage joined = join(merged.get(i), next);
                if (joined != null) {
                    next = joined;
                    merged.set(i, joined);
                }
            }
            if (next == each) {
                merged.add(each);
            } else {
                dropRepeated(merged, next);
            }
        }
        return merged;
    }

    /** A passage that closed a gap has met both its neighbours: the later of them is now part of the earlier. */
    private static void dropRepeated(List<Passage> merged, Passage last) {
        int first = -1;
        for (int i = 0; i < merged.size(); i++) {
            Passage each = merged.get(i);
            if (each.path().equals(last.path()) && each.lineFirst() <= last.lineLast() && last.lineFirst() <= each.lineLast()) {
                if (first >= 0) {
                    merged.remove(i--);
                } else {
                    merged.set(i, last);
                    first = i;
                }
            }
        }
    }

    private static Passage join(Passage a, Passage b) {
        if (!a.path().equals(b.path()) || a.page() != 0 && a.page() != b.page()) {
            return null;
        }
        if (b.byteEnd() <= a.byteFirst() && b.lineLast() < a.lineFirst()) {
            return join(b, a);
        }
        boolean isNext = a.lineLast() + 1 >= b.lineFirst() && a.lineLast() < b.lineFirst() && a.byteEnd() <= b.byteFirst();
        if (!isNext) {
            return null;
        }
        String gap = a.text().endsWith("\n") ? "" : "\n";
        String title = a.title().equals(b.title()) ? a.title() : commonFront(a.title(), b.title());
        return new Passage(a.path(), a.index(), title, a.lineFirst(), b.lineLast(), a.byteFirst(), b.byteEnd(), a.page(),
                a.text() + gap + b.text(), a.tokens() + b.tokens());
    }

    /** What two titles share, from the outermost heading on. */
    static String commonFront(String a, String b) {
        String[] as = a.split(" > ");
        String[] bs = b.split(" > ");
        int same = 0;
        while (same < Math.min(as.length, bs.length) && as[same].equals(bs[same])) {
            same++;
        }
        return String.join(" > ", List.of(as).subList(0, same));
    }
}
