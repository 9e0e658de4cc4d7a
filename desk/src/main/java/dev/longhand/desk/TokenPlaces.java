package dev.longhand.desk;

import dev.longhand.lm.Sink;
import dev.longhand.lm.SinkFilter;
import java.util.ArrayList;
import java.util.List;

/**
 * Notes where in the text of an answer each of its tokens begins, and lets an answer begin anew without telling its tokens or its
 * text twice. Not thread-safe.
 */
final class TokenPlaces extends SinkFilter {
    private final List<Integer> starts = new ArrayList<>();
    private final int before;
    private int length;
    private int told;
    private int toldTokens;

    TokenPlaces(Sink sink) {
        this(sink, 0);
    }

    /** @param before characters of the answer that stand before the tokens that come; tokens count from there */
    TokenPlaces(Sink sink, int before) {
        super(sink);
        this.before = before;
        this.length = before;
        this.told = before;
    }

    /** The same tokens come again from the first one. */
    void again() {
        starts.clear();
        length = before;
    }

    /** The first token that has a character at or behind {@code place}. */
    int tokenAt(int place) {
        int token = 0;
        while (token + 1 < starts.size() && starts.get(token + 1) <= place) {
            token++;
        }
        return token;
    }

    /** The first token that begins at or behind {@code place}. */
    int tokenAfter(int place) {
        int token = 0;
        while (token < starts.size() && starts.get(token) < place) {
            token++;
        }
        return token;
    }

    @Override
    public void token(int id) {
        starts.add(length);
        if (starts.size() > toldTokens) {
            toldTokens++;
            sink.token(id);
        }
    }

    @Override
    public void text(String piece) {
        length += piece.length();
        if (length > told) {
            sink.text(piece.substring(piece.length() - Math.min(piece.length(), length - told)));
            told = length;
        }
    }
}
