package dev.longhand.engine;

import java.util.List;

/**
 * Cuts a stream of text at the first stop text, wherever the pieces break. Holds back only what may be the beginning of one. Not
 * thread-safe.
 */
final class StopMatcher {
    private final List<String> stops;
    private final StringBuilder held = new StringBuilder();
    private boolean stopped;
    private String stopText = "";

    StopMatcher(List<String> stops) {
        this.stops = stops;
    }

    boolean isStopped() {
        return stopped;
    }

    /** The stop text that came; empty if none did. */
    String stopText() {
        return stopText;
    }

    /** The part of what has come so far that is certain and not yet handed out. */
    String accept(String piece) {
        if (stopped) {
            return "";
        }
        held.append(piece);
        int cut = firstStop();
        if (cut >= 0) {
            stopped = true;
            String before = take(cut);
            stopText = held.substring(0, lengthOfStop());
            held.delete(0, stopText.length());
            return before;
        }
        return take(held.length() - possibleStart());
    }

    /** What came behind the stop text so far. */
    String rest() {
        return stopped ? take(held.length()) : "";
    }

    /** What was held back, when the stream ends without a stop text. */
    String finish() {
        return stopped ? "" : take(held.length());
    }

    private String take(int length) {
        String text = held.substring(0, length);
        held.delete(0, length);
        return text;
    }

    private int firstStop() {
        int first = -1;
        for (String stop : stops) {
            int at = held.indexOf(stop);
            if (at >= 0 && (first < 0 || at < first)) {
                first = at;
            }
        }
        return first;
    }

    /** Length of the longest stop text that the held text begins with. */
    private int lengthOfStop() {
        int longest = 0;
        for (String stop : stops) {
            if (held.indexOf(stop) == 0) {
                longest = Math.max(longest, stop.length());
            }
        }
        return longest;
    }

    /** Length of the longest end of the held text that begins a stop text. */
    private int possibleStart() {
        int longest = 0;
        for (String stop : stops) {
            for (int n = Math.min(stop.length() - 1, held.length()); n > longest; n--) {
                if (stop.startsWith(held.substring(held.length() - n))) {
                    longest = n;
                }
            }
        }
        return longest;
    }
}
