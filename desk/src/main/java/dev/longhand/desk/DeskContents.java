package dev.longhand.desk;

import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.ingest.Document;
import dev.longhand.ingest.Passage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What stands in a desk, for people who look at it. Stateless; the desk is the caller's and used by its thread. */
public final class DeskContents {
    private DeskContents() {}

    /**
     * A document of the desk.
     *
     * @param lines  up to which passages reach
     * @param tokens about so many, counted without a model
     */
    public record Content(String path, int passages, int lines, long tokens) {}

    /** All documents, by path. */
    public static List<Content> of(Desk desk) throws Problem {
        Map<String, Content> byPath = new TreeMap<>();
        desk.paths().forEach(p -> byPath.put(p, new Content(p, 0, 0, 0)));
        for (Passage each : desk.allPassages()) {
            byPath.merge(each.path(), new Content(each.path(), 1, each.lineLast(), each.tokens()), (a, b) -> new Content(a.path,
                    a.passages + b.passages, Math.max(a.lines, b.lines), a.tokens + b.tokens));
        }
        return List.copyOf(byPath.values());
    }

    /**
     * Lines of a document as it is now.
     *
     * @param first     line, from 1
     * @param isCurrent whether the document is as it was read
     */
    public record Excerpt(int first, List<String> lines, int linesAll, boolean isCurrent) {
        public Excerpt {
            lines = List.copyOf(lines);
        }
    }

    /**
     * The lines from {@code first} to {@code last}, as far as they are there.
     *
     * @throws Problem NOT_FOUND if the desk has no such document
     */
    public static Excerpt lines(Desk desk, String path, int first, int last) throws Problem {
        Sha256 hash = desk.hashOf(path);
        if (hash == null) {
            throw new Problem(Problem.Kind.NOT_FOUND, "desk %s has no document %s".formatted(desk.name(), path));
        }
        Document document = desk.read(path);
        int all = document.source().lineCount();
        List<String> lines = new ArrayList<>();
        for (int line = Math.max(1, first); line <= Math.min(last, all); line++) {
            lines.add(document.source().line(line));
        }
        return new Excerpt(Math.max(1, first), lines, all, document.contentHash().equals(hash));
    }
}
