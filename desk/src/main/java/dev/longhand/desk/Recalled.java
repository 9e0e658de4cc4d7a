package dev.longhand.desk;

import dev.longhand.ingest.Passage;
import java.util.List;

/**
 * What was attached to a question.
 *
 * @param documents      best first; none where passages stood in the prompt instead
 * @param lookedUpTokens tokens of the stretches that any token of the answer attended to
 * @param routing        how they were chosen
 */
public record Recalled(List<Attachment> documents, int lookedUpTokens, Routing routing) {
    /**
     * How documents were chosen.
     *
     * @param candidates parts that words led to
     * @param judged     those of them that the model's heads judged: what it had read already
     * @param why        why heads judged none, or ""
     */
    public record Routing(int candidates, int judged, String why) {
        static final Routing NONE = new Routing(0, 0, "");
    }

    /**
     * A document, or a part of one, that was attached.
     *
     * @param path    of the document
     * @param part    place in the document, from 0, of {@code parts}
     * @param title   the headings that its passages share, else the path
     * @param tokens  of it
     * @param score   by words: that of its best passage and a little of each further one
     * @param place   why it was chosen: its ranks among the candidates
     * @param found   passages that the question led to, best first
     * @param isRead  whether it had to be read first
     */
    public record Attachment(String path, int part, int parts, String title, int lineFirst, int lineLast, int tokens, double score,
            Fusion.Place place, List<Passage> found, boolean isRead) {
        public Attachment {
            found = List.copyOf(found);
        }

        Attachment read() {
            return new Attachment(path, part, parts, title, lineFirst, lineLast, tokens, score, place, found, true);
        }
    }

    public Recalled {
        documents = List.copyOf(documents);
    }

    public int attachedTokens() {
        return documents.stream().mapToInt(Attachment::tokens).sum();
    }

    public int readTokens() {
        return documents.stream().filter(Attachment::isRead).mapToInt(Attachment::tokens).sum();
    }
}
