package dev.longhand.desk;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.tartarus.snowball.ext.EnglishStemmer;

/**
 * Text to words: what the index stores, what a question asks for and what a sentence claims.
 *
 * <p>Knows: identifiers ({@code getAppDir}, {@code get_app_dir}, {@code a.b}) are one whole and several parts, and of a path like
 * {@code app.getDir} the members that have parts are wholes too; English words have stems; CJK text has no spaces and is read as
 * overlapping pairs of characters. Does not know any index.
 *
 * <p>Invariants: every word lies inside the text, starts never decrease. Limits: a word is cut at {@value #CHARS_MAX}
 * characters, so that a line of base64 is not one term; a longer path goes on as the next word. Not thread-safe: one instance per
 * thread (the stemmer has state).
 */
final class Words {
    static final int CHARS_MAX = 64;

    /** What a word is made of. */
    enum Kind {
        WORD,
        /** Starts with a digit; commas between digits are gone. */
        NUMBER,
        /** An identifier of several parts, lower case; its parts follow with {@link Word#isPart}. */
        WHOLE,
        /** Two CJK characters, or one that stands alone. */
        CJK
    }

    /**
     * @param stem   what is compared and stored
     * @param raw    as written
     * @param isPart whether it repeats what a {@link Kind#WHOLE} before it already said
     */
    record Word(String stem, String raw, int start, int end, Kind kind, boolean isPart) {}

    private final EnglishStemmer stemmer = new EnglishStemmer();
    private List<Word> found = new ArrayList<>();

    List<Word> of(CharSequence text) {
        found = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            int c = Character.codePointAt(text, at);
            if (isCjk(c)) {
                at = cjkRun(text, at);
            } else if (Character.isLetterOrDigit(c)) {
                at = latinRun(text, at);
            } else {
                at += Character.charCount(c);
            }
        }
        return found;
    }

    /** Stems of the content words of a text; CJK pairs included. */
    Set<String> contentStems(CharSequence text) {
        Set<String> stems = new HashSet<>();
        for (Word word : of(text)) {
            if (!Stopwords.isStop(word)) {
                stems.add(word.stem());
            }
        }
        return stems;
    }

    String stem(String lower) {
        if (lower.length() < 3 || lower.charAt(0) > 'z') {
            return lower;
        }
        stemmer.setCurrent(lower);
        stemmer.stem();
        return stemmer.getCurrent();
    }

    static boolean isCjk(int c) {
        if (c < 0x1100) {
            return false;
        }
        return switch (Character.UnicodeScript.of(c)) {
            case HAN, HIRAGANA, KATAKANA, HANGUL, BOPOMOFO -> true;
            default -> false;
        };
    }

    private int cjkRun(CharSequence text, int from) {
        int end = from;
        List<Integer> starts = new ArrayList<>();
        while (end < text.length() && isCjk(Character.codePointAt(text, end))) {
            starts.add(end);
            end += Character.charCount(Character.codePointAt(text, end));
        }
        starts.add(end);
        int characters = starts.size() - 1;
        for (int i = 0; i + 1 < characters || i == 0; i++) {
            int start = starts.get(i);
            int stop = starts.get(Math.min(i + 2, characters));
            String pair = text.subSequence(start, stop).toString();
            found.add(new Word(pair, pair, start, stop, Kind.CJK, false));
        }
        return end;
    }

    private int latinRun(CharSequence text, int from) {
        int end = from;
        int memberEnd = from; // of the last member of a path that ends within what a word may have
        boolean isNumber = Character.isDigit(text.charAt(from));
        boolean isCut = false; // then what is behind is the next word's
        while (!isCut && end < text.length() && (isInner(text, end) || isJoint(text, end, isNumber))) {
            if (isPathJoint(text.charAt(end)) && end - from <= CHARS_MAX) {
                memberEnd = end;
            }
            end += Character.charCount(Character.codePointAt(text, end));
            isCut = end - from > CHARS_MAX && memberEnd > from;
        }
        if (isCut) {
            end = memberEnd;
        }
        String raw = text.subSequence(from, end).toString();
        if (raw.length() > CHARS_MAX) {
            raw = raw.substring(0, CHARS_MAX);
        }
        if (isNumber && raw.chars().allMatch(c -> Character.isDigit(c) || c == '.' || c == ',')) {
            found.add(new Word(raw.replace(",", ""), raw, from, end, Kind.NUMBER, false));
        } else {
            addWord(raw, from, end);
        }
        return end;
    }

    private static boolean isInner(CharSequence text, int at) {
        int c = Character.codePointAt(text, at);
        return Character.isLetterOrDigit(c) && !isCjk(c) || Character.getType(c) == Character.NON_SPACING_MARK;
    }

    /** A mark that joins what stands on both sides of it. */
    private static boolean isJoint(CharSequence text, int at, boolean inNumber) {
        char c = text.charAt(at);
        boolean joins = switch (c) {
            case '_', '\'', '’' -> true;
            case '-', '.' -> true;
            case ',' -> inNumber && at > 0 && Character.isDigit(text.charAt(at - 1));
            default -> false;
        };
        if (!joins || at + 1 >= text.length() || !isInner(text, at + 1)) {
            return c == '_' && at + 1 < text.length() && text.charAt(at + 1) == '_';
        }
        return c != ',' || Character.isDigit(text.charAt(at + 1));
    }

    private void addWord(String raw, int start, int end) {
        String plain = raw.replace('’', '\'');
        if (plain.endsWith("'s")) {
            plain = plain.substring(0, plain.length() - 2);
        }
        while (plain.endsWith("_")) {
            plain = plain.substring(0, plain.length() - 1);
        }
        List<int[]> parts = parts(plain);
        String lower = plain.toLowerCase(Locale.ROOT);
        if (parts.size() < 2) {
            found.add(new Word(stem(lower.replace("'", "")), raw, start, end, Kind.WORD, false));
            return;
        }
        found.add(new Word(lower, raw, start, end, Kind.WHOLE, false));
        int pathEnd = 0; // of the member of a path, as in a.bC, that was added last
        for (int[] part : parts) {
            int memberEnd = memberEnd(plain, part[0]);
            if (part[0] >= pathEnd && part[1] < memberEnd && memberEnd - part[0] < plain.length()) {
                found.add(new Word(slice(lower, part[0], memberEnd), plain.substring(part[0], memberEnd), start + part[0],
                        start + memberEnd, Kind.WHOLE, true));
                pathEnd = memberEnd;
            }
            String word = slice(lower, part[0], part[1]);
            if (!word.isEmpty()) {
                boolean digits = Character.isDigit(word.charAt(0));
                found.add(new Word(digits ? word : stem(word), plain.substring(part[0], part[1]), start + part[0], start + part[1],
                        digits ? Kind.NUMBER : Kind.WORD, true));
            }
        }
    }

    /** End of the part of a path, as in {@code a.bC} or {@code a-b_c}, that begins at {@code from}. */
    private static int memberEnd(String word, int from) {
        int end = from;
        while (end < word.length() && !isPathJoint(word.charAt(end))) {
            end++;
        }
        return end;
    }

    private static boolean isPathJoint(char c) {
        return c == '.' || c == '-';
    }

    /** Lower case may be shorter than what it was made of. */
    private static String slice(String lower, int from, int to) {
        return lower.substring(Math.min(from, lower.length()), Math.min(to, lower.length()));
    }

    /** The parts of an identifier: split at joints, at humps ({@code aB}, {@code ABc}) and between letters and digits. */
    private static List<int[]> parts(String word) {
        List<int[]> parts = new ArrayList<>();
        int from = 0;
        for (int i = 0; i <= word.length(); i++) {
            boolean isJoint = i < word.length() && "_-.".indexOf(word.charAt(i)) >= 0;
            if (i == word.length() || isJoint || i > from && isBorder(word, i)) {
                if (i > from) {
                    parts.add(new int[] {from, i});
                }
                from = isJoint ? i + 1 : i;
            }
        }
        return parts;
    }

    private static boolean isBorder(String word, int i) {
        char before = word.charAt(i - 1);
        char here = word.charAt(i);
        if (Character.isDigit(before) != Character.isDigit(here)) {
            return true;
        }
        boolean startsHump = Character.isUpperCase(here) && Character.isLowerCase(before);
        boolean endsAcronym = Character.isUpperCase(before) && Character.isUpperCase(here)
                && i + 1 < word.length() && Character.isLowerCase(word.charAt(i + 1));
        return startsHump || endsAcronym;
    }
}
