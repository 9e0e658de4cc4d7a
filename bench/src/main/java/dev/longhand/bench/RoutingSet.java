package dev.longhand.bench;

import dev.longhand.base.Sha256;
import java.util.List;

/**
 * Documents, of which each question wants one.
 *
 * @param name      {@code "256"}, {@code "16/3"}
 * @param documents texts, distinct
 */
public record RoutingSet(String name, List<Document> documents, List<Question> questions) {
    /** A stretch of a real document, cut at line ends. */
    public record Document(String source, String name, String text, int tokens) {}

    /** How a question names what it wants. */
    public enum Kind {
        /** Words as they stand in the document and in no other. */
        QUOTE,
        /** An identifier, number or name that stands in one document only. */
        FACT,
        /** A sentence of the document in other words, see {@link Rewording}. */
        PARAPHRASE
    }

    /** @param document index of the one that is wanted */
    public record Question(Kind kind, String text, int document) {}

    public RoutingSet {
        documents = List.copyOf(documents);
        questions = List.copyOf(questions);
    }

    /** Of all texts and questions. */
    public Sha256 digest() {
        StringBuilder all = new StringBuilder();
        documents.forEach(d -> all.append(d.name()).append('\0').append(d.text()).append('\0'));
        questions.forEach(q -> all.append(q.kind()).append('\0').append(q.text()).append('\0').append(q.document()).append('\0'));
        return Sha256.of(all.toString());
    }
}
