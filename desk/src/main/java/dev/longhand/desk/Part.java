package dev.longhand.desk;

import dev.longhand.base.Sha256;
import dev.longhand.ingest.Passage;
import java.util.List;

/**
 * Consecutive passages of one document that a model reads as one.
 *
 * @param path      of the document
 * @param document  SHA-256 of the document's bytes
 * @param index     place in the document, from 0
 * @param title     what the model reads above the text: the headings that all passages share, else the path
 * @param passages  in the order of the document, at least one
 * @param text      as the model reads it, frame included
 * @param tokens    of that text
 */
record Part(String path, Sha256 document, int index, String title, List<Passage> passages, String text, PartTokens tokens) {
    Part {
        passages = List.copyOf(passages);
    }

    int lineFirst() {
        return passages.getFirst().lineFirst();
    }

    int lineLast() {
        return passages.stream().mapToInt(Passage::lineLast).max().orElseThrow();
    }

    long byteFirst() {
        return passages.getFirst().byteFirst();
    }

    long byteEnd() {
        return passages.getLast().byteEnd();
    }

    /** {@code docs/pump.md:1-40}. */
    String place() {
        return path + ":" + lineFirst() + "-" + lineLast();
    }
}
