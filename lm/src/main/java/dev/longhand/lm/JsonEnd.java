package dev.longhand.lm;

/**
 * Finds where a JSON object or list in a growing text ends, by its braces, or where it can be none any more; looks at each
 * character once. Whether what it found is JSON is for others to tell.
 */
final class JsonEnd {
    private static final int DEPTH_MAX = 256;

    private int at = -1; // the next character to look at
    private int depth;
    private boolean isInText;
    private boolean isEscaped;
    private boolean isDamaged;

    /** The place behind the last brace, or -1 while it is not there. {@code from} is where it begins, the same in each call. */
    int find(CharSequence text, int from) {
        at = at < 0 ? from : at;
        while (at < text.length() && !isDamaged) {
            char c = text.charAt(at);
            if (isInText) {
                isInText = isEscaped || c != '"';
                isEscaped = !isEscaped && c == '\\';
            } else if (c == '"') {
                isInText = true;
            } else if (c == '{' || c == '[') {
                isDamaged = ++depth > DEPTH_MAX;
            } else if (c == '}' || c == ']') {
                if (--depth == 0) {
                    return at + 1;
                }
            } else {
                isDamaged = !Character.isWhitespace(c) && !Character.isLetterOrDigit(c) && ":,.+-".indexOf(c) < 0;
            }
            at += isDamaged ? 0 : 1;
        }
        return -1;
    }

    /** Whether what stands at {@link #at} can be in no JSON, or it nests too deep. */
    boolean isDamaged() {
        return isDamaged;
    }

    /** The next character to look at. */
    int at() {
        return at;
    }
}
