package dev.longhand.desk;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Cuts text into sentences, each with its place. A line break ends one only where the layout says so (an empty line, a list
 * item, a heading), because documents wrap their lines. Stateless.
 */
final class Sentences {
    private static final Set<String> ABBREVIATIONS =
            Set.of("e.g", "i.e", "etc", "vs", "cf", "no", "fig", "mr", "mrs", "dr", "st", "approx", "resp");

    /** @param start first character; {@code text} is trimmed and stands at it */
    record Sentence(String text, int start, int end) {}

    private Sentences() {}

    static List<Sentence> of(String text) {
        List<Sentence> sentences = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < text.length(); i++) {
            if (endsAt(text, from, i)) {
                int end = closing(text, i + 1);
                add(sentences, text, from, end);
                from = end;
                i = end - 1;
            }
        }
        add(sentences, text, from, text.length());
        return sentences;
    }

    private static boolean endsAt(String text, int from, int i) {
        char c = text.charAt(i);
        return switch (c) {
            case '。', '！', '？', '；' -> true;
            case '.', '!', '?' -> (i + 1 == text.length() || isGap(text, i + 1)) && !(c == '.' && isAbbreviation(text, from, i));
            case '\n' -> breaksAfter(text, i);
            default -> false;
        };
    }

    /** Whether closing marks and then white space follow. */
    private static boolean isGap(String text, int at) {
        int next = closing(text, at);
        return next >= text.length() || Character.isWhitespace(text.charAt(next));
    }

    private static int closing(String text, int at) {
        int next = at;
        while (next < text.length() && "\"')]*_`”’」』）".indexOf(text.charAt(next)) >= 0) {
            next++;
        }
        return next;
    }

    private static boolean isAbbreviation(String text, int from, int dot) {
        int start = dot;
        while (start > from && !Character.isWhitespace(text.charAt(start - 1)) && "([".indexOf(text.charAt(start - 1)) < 0) {
            start--;
        }
        String word = text.substring(start, dot).toLowerCase(java.util.Locale.ROOT);
        boolean isListNumber = !word.isEmpty() && word.length() <= 3 && word.chars().allMatch(Character::isDigit)
                && text.substring(from, start).isBlank();
        return isListNumber || ABBREVIATIONS.contains(word);
    }

    private static boolean breaksAfter(String text, int newline) {
        int next = newline + 1;
        while (next < text.length() && (text.charAt(next) == ' ' || text.charAt(next) == '\t' || text.charAt(next) == '\r')) {
            next++;
        }
        if (next >= text.length() || text.charAt(next) == '\n') {
            return true;
        }
        char c = text.charAt(next);
        boolean isItem = "*-+•|#>".indexOf(c) >= 0 && (next + 1 >= text.length() || " #*-=|".indexOf(text.charAt(next + 1)) >= 0);
        return isItem || isNumberedItem(text, next) || isRule(text, newline) || wasHeading(text, newline);
    }

    private static boolean isNumberedItem(String text, int at) {
        int digits = at;
        while (digits < text.length() && digits - at < 3 && Character.isDigit(text.charAt(digits))) {
            digits++;
        }
        return digits > at && digits + 1 < text.length() && ".)".indexOf(text.charAt(digits)) >= 0
                && text.charAt(digits + 1) == ' ';
    }

    /** Whether the line that ends here is an underline of a heading. */
    private static boolean isRule(String text, int newline) {
        int start = text.lastIndexOf('\n', newline - 1) + 1;
        String line = text.substring(start, Math.max(start, newline)).strip();
        return line.length() >= 3 && line.chars().allMatch(c -> c == line.charAt(0)) && "=-~+^".indexOf(line.charAt(0)) >= 0;
    }

    private static boolean wasHeading(String text, int newline) {
        int start = text.lastIndexOf('\n', newline - 1) + 1;
        return start < newline && text.charAt(start) == '#';
    }

    private static void add(List<Sentence> sentences, String text, int from, int end) {
        int start = from;
        int stop = end;
        while (start < stop && Character.isWhitespace(text.charAt(start))) {
            start++;
        }
        while (stop > start && Character.isWhitespace(text.charAt(stop - 1))) {
            stop--;
        }
        if (stop > start) {
            sentences.add(new Sentence(text.substring(start, stop), start, stop));
        }
    }
}
