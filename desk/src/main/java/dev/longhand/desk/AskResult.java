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
 * @param citations    best first, where documents were attached by how much was attended to; only from passages that were in the
 *                     context
 * @param stop         why the answer ended
 * @param usage        as the model counted it
 * @param promptTokens tokens of the prompt behind what was attached; {@code usage} counts those of what was read first too
 * @param context      passages that were in the prompt or in what was attached, best first
 * @param leftOut      passages that were found but did not fit
 * @param recalled     what was attached; nothing where passages stood in the prompt
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
        Recalled recalled,
        List<String> notes) {
    /**
     * @param start       first character in {@link AskResult#text}
     * @param isSupported whether a passage of the context backs it
     * @param source      index in {@link AskResult#context} of the passage that does, or -1
     * @param reason      why it is not supported, or ""
     * @param carriers    lines of what was attached that carried it, most first
     */
    public record Sentence(String text, int start, int end, boolean isSupported, int source, String reason,
            List<Carrier> carriers) {
        public Sentence {
            carriers = List.copyOf(carriers);
        }
    }

    /**
     * Lines that were attended to.
     *
     * @param share of the attention to all that was attached, in [0, 1]
     */
    public record Carrier(String path, int lineFirst, int lineLast, double share) {}

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
