package dev.longhand.desk;

import dev.longhand.base.Problem;
import dev.longhand.ingest.Passage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Finds whole documents by the words they share with a question: the desk's index and its BM25, over documents that are held in
 * memory. Knows no files. Used by one thread at a time.
 */
public final class DocumentRouter implements AutoCloseable {
    /** @param name may be empty; its words count a little, as a path's do on a desk */
    public record Document(String name, String text) {}

    /** @param document its place in the list */
    public record Found(int document, double score) {}

    private final PassageIndex.Reader reader;
    private final boolean isLifting;

    private DocumentRouter(PassageIndex.Reader reader, boolean isLifting) {
        this.reader = reader;
        this.isLifting = isLifting;
    }

    /**
     * @param isLifting whether documents that hold the words close together or a stretch of the question are lifted, as a desk does
     *                  with passages; BM25 alone without
     */
    public static DocumentRouter of(List<Document> documents, boolean isLifting) throws Problem {
        List<Passage> passages = new ArrayList<>();
        for (Document each : documents) {
            long bytes = each.text().getBytes(StandardCharsets.UTF_8).length;
            int lines = (int) Math.max(1, each.text().lines().count());
            passages.add(new Passage(each.name(), passages.size(), "", 1, lines, 0, bytes, 0, each.text(), 0));
        }
        try {
            return new DocumentRouter(PassageIndex.inHeap(passages), isLifting);
        } catch (PassageIndex.Damaged | IOException e) {
            throw broken(e);
        }
    }

    private static Problem broken(Exception e) {
        return new Problem(Problem.Kind.MALFORMED, "the index of documents in memory is broken: " + e.getMessage(), e);
    }

    /** At most so many documents that share a word with the question, best first; ties in the order of the list. */
    public List<Found> rank(String question, int documentsMax) throws Problem {
        Set<String> terms = Bm25.terms(question, Limits.DEFAULT.questionTermsMax());
        if (terms.isEmpty()) {
            return List.of();
        }
        try {
            int wanted = isLifting ? Math.max(documentsMax, Bm25.CANDIDATES) : documentsMax;
            List<Router.Ranked> ranked = reader.search(terms, PassageIndex.Weights.DEFAULT, wanted);
            if (isLifting) {
                ranked = Bm25.lifted(reader, question, terms, ranked, documentsMax);
            }
            return ranked.stream().map(r -> new Found(r.passage().index(), r.score())).toList();
        } catch (PassageIndex.Damaged | IOException e) {
            throw broken(e);
        }
    }

    @Override
    public void close() throws Problem {
        try {
            reader.close();
        } catch (IOException e) {
            throw broken(e);
        }
    }
}
