package dev.longhand.text;

/** The word scanners that {@link PreTokenizer}s are made of. Code points outside {@code [from, to)} belong to no class. */
final class Scanners {
    private static final int LETTER = 1;
    private static final int NUMBER = 2;
    private static final int SPACE = 4;
    private static final int OTHER = 8;

    /** Classes of the code points below 0x800, where most text lies. */
    private static final byte[] CLASSES = new byte[0x800];

    static {
        for (int c = 0; c < CLASSES.length; c++) {
            CLASSES[c] = (byte) classify(c);
        }
    }

    private Scanners() {}

    private static int classify(int c) {
        return switch (Character.getType(c)) {
            case Character.UPPERCASE_LETTER, Character.LOWERCASE_LETTER, Character.TITLECASE_LETTER, Character.MODIFIER_LETTER,
                    Character.OTHER_LETTER -> LETTER;
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> NUMBER;
            case Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> SPACE;
            default -> (c >= 0x09 && c <= 0x0D) || c == 0x85 ? SPACE : OTHER;
        };
    }

    private static int classOf(int c) {
        return c < CLASSES.length ? CLASSES[c] : classify(c);
    }

    private static int classAt(int[] text, int at, int to) {
        return at < to ? classOf(text[at]) : 0;
    }

    static boolean isNumber(int c) {
        return classOf(c) == NUMBER;
    }

    /** {@code [\p{P}\$\+<=>\^~\|]} */
    static boolean isPunctuation(int c) {
        return switch (Character.getType(c)) {
            case Character.CONNECTOR_PUNCTUATION, Character.DASH_PUNCTUATION, Character.START_PUNCTUATION, Character.END_PUNCTUATION,
                    Character.INITIAL_QUOTE_PUNCTUATION, Character.FINAL_QUOTE_PUNCTUATION, Character.OTHER_PUNCTUATION -> true;
            default -> c == '$' || c == '+' || c == '<' || c == '=' || c == '>' || c == '^' || c == '~' || c == '|';
        };
    }

    static void gpt2(int[] text, int from, int to, IntList ends) {
        for (int at = from; at < to; ) {
            at = gpt2Word(text, at, to);
            ends.add(at);
        }
    }

    private static int gpt2Word(int[] text, int at, int to) {
        int contraction = contraction(text, at, to, false);
        if (contraction > 0) {
            return at + contraction;
        }
        int body = text[at] == ' ' ? at + 1 : at;
        int kind = classAt(text, body, to);
        if (kind == LETTER || kind == NUMBER || kind == OTHER) {
            return skip(text, body, to, kind);
        }
        return whitespaceEnd(text, at, to);
    }

    static void llama3(int[] text, int from, int to, int digitsMax, IntList ends) {
        for (int at = from; at < to; ) {
            at = llama3Word(text, at, to, digitsMax);
            ends.add(at);
        }
    }

    private static int llama3Word(int[] text, int at, int to, int digitsMax) {
        int contraction = contraction(text, at, to, true);
        if (contraction > 0) {
            return at + contraction;
        }
        int c = text[at];
        int kind = classOf(c);
        if (kind == LETTER || (kind != NUMBER && c != '\r' && c != '\n' && classAt(text, at + 1, to) == LETTER)) {
            return skip(text, at + 1, to, LETTER);
        }
        if (kind == NUMBER) {
            return skip(text, at, Math.min(to, at + digitsMax), NUMBER);
        }
        int body = c == ' ' ? at + 1 : at;
        if (classAt(text, body, to) == OTHER) {
            int end = skip(text, body, to, OTHER);
            while (end < to && (text[end] == '\r' || text[end] == '\n')) {
                end++;
            }
            return end;
        }
        int afterLineEnd = 0;
        for (int i = at; classAt(text, i, to) == SPACE; i++) {
            afterLineEnd = text[i] == '\r' || text[i] == '\n' ? i + 1 : afterLineEnd;
        }
        return afterLineEnd > 0 ? afterLineEnd : whitespaceEnd(text, at, to);
    }

    /** {@link #gpt2}, then numbers apart and cut into triples. */
    static void gpt2Numbers(int[] text, int from, int to, IntList ends) {
        for (int at = from; at < to; ) {
            int end = gpt2Word(text, at, to);
            numbersApart(text, at, end, ends);
            at = end;
        }
    }

    private static void numbersApart(int[] text, int from, int to, IntList ends) {
        int start = from;
        for (int i = from; i < to; ) {
            if (classOf(text[i]) != NUMBER) {
                i++;
                continue;
            }
            if (i > start) {
                ends.add(i);
            }
            int end = skip(text, i, to, NUMBER);
            triples(text, i, end, ends);
            i = end;
            start = end;
        }
        if (start < to) {
            ends.add(to);
        }
    }

    /** {@code [0-9][0-9][0-9]} from the left; what stands between stays together. */
    private static void triples(int[] text, int from, int to, IntList ends) {
        int start = from;
        for (int i = from; i < to; ) {
            if (i + 3 <= to && isAsciiDigit(text[i]) && isAsciiDigit(text[i + 1]) && isAsciiDigit(text[i + 2])) {
                if (i > start) {
                    ends.add(i);
                }
                ends.add(i + 3);
                i += 3;
                start = i;
            } else {
                i++;
            }
        }
        if (start < to) {
            ends.add(to);
        }
    }

    private static boolean isAsciiDigit(int c) {
        return c >= '0' && c <= '9';
    }

    private static int skip(int[] text, int at, int to, int kind) {
        int end = at;
        while (end < to && classOf(text[end]) == kind) {
            end++;
        }
        return end;
    }

    /** Runs of white space leave their last one to the word that follows. */
    private static int whitespaceEnd(int[] text, int at, int to) {
        int end = skip(text, at, to, SPACE);
        return end - at > 1 && end < to ? end - 1 : Math.max(end, at + 1);
    }

    /** Length of {@code 's 't 'm 'd 're 've 'll} at {@code at}, or 0. */
    private static int contraction(int[] text, int at, int to, boolean ignoresCase) {
        if (text[at] != '\'' || at + 1 >= to) {
            return 0;
        }
        int a = ignoresCase ? Character.toLowerCase(text[at + 1]) : text[at + 1];
        if (a == 's' || a == 't' || a == 'm' || a == 'd') {
            return 2;
        }
        if (at + 2 >= to) {
            return 0;
        }
        int b = ignoresCase ? Character.toLowerCase(text[at + 2]) : text[at + 2];
        return (a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l') ? 3 : 0;
    }
}
