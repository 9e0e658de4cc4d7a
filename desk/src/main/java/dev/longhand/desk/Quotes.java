package dev.longhand.desk;

import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.ingest.Document;
import dev.longhand.ingest.Passage;
import dev.longhand.ingest.Text;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Turns passages of a context into citations. Each file is read again at this moment; its lines are quoted only if its bytes are
 * those that were read into the desk. So a printed quote is in the file, at the printed lines. Used for one answer, by one thread.
 */
final class Quotes {
    private final Desk desk;
    private final Words words = new Words();
    private final Map<String, Optional<Document>> files = new HashMap<>();

    Quotes(Desk desk) {
        this.desk = desk;
    }

    /** The lines of the passage that hold most of the wanted stems. */
    Citation cite(Passage passage, Set<String> wanted, int linesMax) {
        Optional<Document> document = files.computeIfAbsent(passage.path(), this::readAgain);
        if (document.isEmpty()) {
            return unquoted(passage, Citation.State.GONE, linesMax);
        }
        Sha256 asRead = desk.hashOf(passage.path());
        if (!document.get().contentHash().equals(asRead) || document.get().source().lineCount() < passage.lineLast()) {
            return unquoted(passage, Citation.State.CHANGED, linesMax);
        }
        Text source = document.get().source();
        int[] lines = focus(source, passage, wanted, linesMax);
        String quote = source.lines(lines[0], lines[1]);
        int charsMax = desk.limits().quoteCharsMax();
        return new Citation(passage, passage.path(), lines[0], lines[1],
                quote.length() <= charsMax ? quote : quote.substring(0, charsMax), Citation.State.VERIFIED);
    }

    private Optional<Document> readAgain(String path) {
        try {
            return desk.ingest().read(desk.root(), path);
        } catch (Problem e) {
            return Optional.empty();
        }
    }

    private static Citation unquoted(Passage passage, Citation.State state, int linesMax) {
        int last = Math.min(passage.lineLast(), passage.lineFirst() + linesMax - 1);
        return new Citation(passage, passage.path(), passage.lineFirst(), last, "", state);
    }

    /** First and last line of the best window; the earliest and shortest of equals. */
    private int[] focus(Text source, Passage passage, Set<String> wanted, int linesMax) {
        int first = skipBlank(source, passage.lineFirst(), passage.lineLast(), 1);
        int last = skipBlank(source, passage.lineLast(), first, -1);
        if (last - first < linesMax) {
            return new int[] {first, last};
        }
        int bestFirst = first;
        double bestScore = -1;
        for (int from = first; from + linesMax - 1 <= last; from++) {
            double score = score(source, from, from + linesMax - 1, wanted);
            if (score > bestScore + 1e-9) {
                bestScore = score;
                bestFirst = from;
            }
        }
        int windowFirst = skipBlank(source, bestFirst, bestFirst + linesMax - 1, 1);
        return new int[] {windowFirst, skipBlank(source, bestFirst + linesMax - 1, windowFirst, -1)};
    }

    /** Different wanted stems in the lines; those near the middle count a little more, so that the window has context. */
    private double score(Text source, int from, int to, Set<String> wanted) {
        Set<String> found = new HashSet<>();
        double score = 0;
        for (int line = from; line <= to; line++) {
            double weight = 1 - 0.3 * Math.abs(line - (from + to) / 2.0) / (to - from + 1);
            for (Words.Word word : words.of(source.line(line))) {
                if (wanted.contains(word.stem()) && found.add(word.stem())) {
                    score += weight;
                }
            }
        }
        return score;
    }

    private static int skipBlank(Text source, int from, int to, int step) {
        int line = from;
        while (line != to && source.isBlank(line)) {
            line += step;
        }
        return line;
    }
}
