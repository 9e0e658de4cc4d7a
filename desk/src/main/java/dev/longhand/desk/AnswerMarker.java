package dev.longhand.desk;

import java.util.ArrayList;
import java.util.List;

/**
 * Marks the sentences of an answer as it grows: a sentence is judged when the next one begins, or at the end.
 *
 * <p>Knows text and sources, not how a mark looks. The parts it hands out, joined, are the text it was given, in order, without
 * white
 * space at the end. Not
 * thread-safe.
 */
public final class AnswerMarker {
    /**
     * A piece of the answer.
     *
     * @param endsUnsupported whether a sentence ends with this piece that no source backs
     */
    public record Part(String text, boolean endsUnsupported) {}

    private final Support support;
    private final StringBuilder text = new StringBuilder();
    private int handedOut;
    private int judged;

    /** @param sources what may support a sentence, such as a passage's title and text */
    public static AnswerMarker of(List<String> sources) {
        return new AnswerMarker(new Support(sources));
    }

    AnswerMarker(Support support) {
        this.support = support;
    }

    /** Characters taken so far. */
    public int length() {
        return text.length();
    }

    /** What can be shown after {@code piece}: all but white space at its end, before which a mark may have to stand. */
    public List<Part> accept(String piece) {
        text.append(piece);
        List<Part> parts = new ArrayList<>();
        judge(1, parts);
        hand(contentEnd(), parts);
        return parts;
    }

    /** The verdict on the last sentence. */
    public List<Part> finish() {
        List<Part> parts = new ArrayList<>();
        judge(0, parts);
        return parts;
    }

    private void judge(int openSentences, List<Part> parts) {
        List<Sentences.Sentence> sentences = Sentences.of(text.toString());
        for (; judged < sentences.size() - openSentences; judged++) {
            Sentences.Sentence sentence = sentences.get(judged);
            hand(sentence.end(), parts);
            if (!support.judge(sentence.text()).isSupported()) {
                parts.add(new Part("", true));
            }
        }
    }

    private void hand(int end, List<Part> parts) {
        if (end > handedOut) {
            parts.add(new Part(text.substring(handedOut, end), false));
            handedOut = end;
        }
    }

    private int contentEnd() {
        int end = text.length();
        while (end > handedOut && Character.isWhitespace(text.charAt(end - 1))) {
            end--;
        }
        return end;
    }
}
