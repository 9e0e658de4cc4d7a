package dev.longhand.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * A document as lines with their numbers of tokens, for cutting at line ends. Sums over lines are close to the count of the text as
 * a whole, seldom below it. Immutable.
 */
final class TextLines {
    private final CorpusDocument document;
    private final List<String> lines = new ArrayList<>(); // each with its line end
    private final int[] before; // (line): tokens of all lines before it

    TextLines(CorpusDocument document, TokenCount tokens) {
        this.document = document;
        String text = document.text().endsWith("\n") ? document.text() : document.text() + "\n";
        for (int at = 0; at < text.length(); at = text.indexOf('\n', at) + 1) {
            lines.add(text.substring(at, text.indexOf('\n', at) + 1));
        }
        before = new int[lines.size() + 1];
        for (int i = 0; i < lines.size(); i++) {
            before[i + 1] = before[i] + tokens.of(lines.get(i));
        }
    }

    CorpusDocument document() {
        return document;
    }

    int lines() {
        return lines.size();
    }

    int tokens() {
        return before[lines.size()];
    }

    /** Tokens of the lines {@code [from, to)}. */
    int tokens(int from, int to) {
        return before[to] - before[from];
    }

    String text(int from, int to) {
        return String.join("", lines.subList(from, to));
    }

    String line(int index) {
        return lines.get(index);
    }

    /** The last end of lines from {@code from} on that have at most {@code tokensMax} tokens. */
    int endWithin(int from, int tokensMax) {
        int to = from;
        while (to < lines.size() && tokens(from, to + 1) <= tokensMax) {
            to++;
        }
        return to;
    }

    /** The first end of lines from {@code from} on that have at least {@code tokensMin} tokens; -1 if there are not so many. */
    int endBeyond(int from, int tokensMin) {
        int to = from;
        while (to < lines.size() && tokens(from, to) < tokensMin) {
            to++;
        }
        return tokens(from, to) < tokensMin ? -1 : to;
    }
}
