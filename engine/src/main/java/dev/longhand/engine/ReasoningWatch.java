package dev.longhand.engine;

import java.nio.charset.StandardCharsets;

/**
 * Follows an answer's bytes through its reasoning: white space and the open mark begin it, the close mark ends it, once. Not
 * thread-safe.
 */
final class ReasoningWatch {
    /** Where the answer is. */
    enum Place {
        /** Nothing but white space or a part of the open mark has come. */
        BEGINNING,
        REASONING,
        ANSWER
    }

    private static final byte[] OPEN = ReasoningMarks.OPEN.getBytes(StandardCharsets.US_ASCII);
    private static final byte[] CLOSE = ReasoningMarks.CLOSE.getBytes(StandardCharsets.US_ASCII);

    private Place place;
    private int matched; // bytes of the mark that is looked for

    ReasoningWatch(boolean isOpen) {
        place = isOpen ? Place.REASONING : Place.BEGINNING;
    }

    Place place() {
        return place;
    }

    void accept(byte[] bytes) {
        for (byte b : bytes) {
            accept(b);
        }
    }

    /** Where the answer is behind {@code b}. */
    Place accept(byte b) {
        switch (place) {
            case BEGINNING -> {
                if (b == OPEN[matched]) {
                    matched++;
                } else if (matched > 0 || !isSpace(b)) {
                    place = Place.ANSWER;
                }
                if (matched == OPEN.length) {
                    place = Place.REASONING;
                    matched = 0;
                }
            }
            case REASONING -> {
                // The mark's first byte occurs in it once, so a broken match can only begin anew here.
                matched = b == CLOSE[matched] ? matched + 1 : b == CLOSE[0] ? 1 : 0;
                place = matched == CLOSE.length ? Place.ANSWER : place;
            }
            case ANSWER -> { }
        }
        return place;
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || b == '\n' || b == '\r' || b == '\t';
    }
}
