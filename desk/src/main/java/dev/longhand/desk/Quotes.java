package dev.longhand.desk;

import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.ingest.Document;
import dev.longhand.ingest.Passage;
import dev.longhand.ingest.Text;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Turns passages of a context into citations. Each file is read again at this moment; its lines are quoted only if its bytes are
 * those that were read into the desk. So a printed quote is in the file, at the printed lines. Used for one answer, by one thread.
 */
final class Quotes {
    private final Desk desk;
    private final Map<String, Optional<Document>> files = new HashMap<>();

    Quotes(Desk desk) {
        this.desk = desk;
    }

    /** The passage's lines, and of these at most {@code linesMax} quoted that hold most of what is wanted. */
    Citation cite(Passage passage, Windows wanted, int linesMax) {
        return cite(passage, passage.lineFirst(), passage.lineLast(), wanted, linesMax);
    }

    /** As above, of lines {@code lineFirst..lineLast} of the passage. */
    Citation cite(Passage passage, int lineFirst, int lineLast, Windows wanted, int linesMax) {
        Optional<Document> document = files.computeIfAbsent(passage.path(), this::readAgain);
        if (document.isEmpty()) {
            return unquoted(passage, Citation.State.GONE);
        }
        Sha256 asRead = desk.hashOf(passage.path());
        if (!document.get().contentHash().equals(asRead) || document.get().source().lineCount() < passage.lineLast()) {
            return unquoted(passage, Citation.State.CHANGED);
        }
        Text source = document.get().source();
        int first = skipBlank(source, lineFirst, lineLast, 1);
        int last = skipBlank(source, lineLast, first, -1);
        Windows.Window cited = wanted.best(first, last, desk.limits().citationLinesMax(), source::line);
        Windows.Window quoted = wanted.best(cited.first(), cited.last(), linesMax, source::line);
        int quoteFirst = skipBlank(source, quoted.first(), quoted.last(), 1);
        int quoteLast = skipBlank(source, quoted.last(), quoteFirst, -1);
        String quote = source.lines(quoteFirst, quoteLast);
        int charsMax = desk.limits().quoteCharsMax();
        return new Citation(passage, passage.path(), cited.first(), cited.last(), quoteFirst, quoteLast,
                quote.length() <= charsMax ? quote : quote.substring(0, charsMax), Citation.State.VERIFIED);
    }

    private Optional<Document> readAgain(String path) {
        try {
            return Optional.of(desk.read(path));
        } catch (Problem e) {
            return Optional.empty();
        }
    }

    private Citation unquoted(Passage passage, Citation.State state) {
        int last = Math.min(passage.lineLast(), passage.lineFirst() + desk.limits().citationLinesMax() - 1);
        return new Citation(passage, passage.path(), passage.lineFirst(), last, passage.lineFirst(), last, "", state);
    }

    private static int skipBlank(Text source, int from, int to, int step) {
        int line = from;
        while (line != to && source.isBlank(line)) {
            line += step;
        }
        return line;
    }
}
