package dev.longhand.desk;

import dev.longhand.ingest.Passage;
import dev.longhand.lm.Answer;
import dev.longhand.lm.Usage;
import java.util.List;

/**
 * An answer and everything needed to judge it.
 *
 * @param text         the answer as the model wrote it
 * @param sentences    the same, cut into sentences, each with its mark
 * @param citations    best first; only from passages that were in the context
 * @param stop         why the answer ended
 * @param usage        as the model counted it
 * @param promptTokens tokens of the prompt, of which {@code usage} says how many were read and how many were cached
 * @param context      passages that were in the prompt, best first
 * @param leftOut      passages that were found but did not fit
 * @param notes        lines for people: what was cleaned from the context, what changed meanwhile
 */
public record AskResult(
        String text,
        List<Sentence> sentences,
        List<Citation> citations,
        Answer.Stop stop,
        Usage usage,
        int promptTokens,
        List<Passage> context,
        List<Passage> leftOut,
        List<String> notes) {
    /**
     * @param start       first character in {@link AskResult#text}
     * @param isSupported whether a passage of the context backs it
     * @param source      index in {@link AskResult#context} of the passage that does, or -1
     * @param reason      why it is not supported, or ""
     */
    public record Sentence(String text, int start, int end, boolean isSupported, int source, String reason) {}

    public AskResult {
        sentences = List.copyOf(sentences);
        citations = List.copyOf(citations);
        context = List.copyOf(context);
        leftOut = List.copyOf(leftOut);
        notes = List.copyOf(notes);
    }

    public boolean hasUnsupported() {
        return sentences.stream().anyMatch(s -> !s.isSupported());
    }
}
