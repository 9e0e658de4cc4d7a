package dev.longhand.text;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;

/**
 * The texts of a vocabulary's control tokens, and marks that keep a message's text from looking like one.
 *
 * <p>{@link #marked} puts U+FDD0 (a code point that no text uses) behind the first character of everything that looks like a control
 * token, and doubles a U+FDD0 that is there already. A chat template carries the marks along; behind it, {@link #split} finds
 * only the control tokens that the template wrote, and takes the marks out of the rest. Immutable and thread-safe.
 */
final class ControlTexts {
    private static final char MARK = '\uFDD0';

    /** A stretch of text, or a control token. */
    sealed interface Part {
        record Text(String text) implements Part {}

        record Control(int id, String text) implements Part {}
    }

    private final Map<String, Integer> ids;
    /** Lengths of the texts that begin with a character, longest first. */
    private final Map<Character, NavigableSet<Integer>> lengths = new HashMap<>();

    ControlTexts(Map<String, Integer> ids) {
        this.ids = Map.copyOf(ids);
        for (String text : ids.keySet()) {
            lengths.computeIfAbsent(text.charAt(0), c -> new TreeSet<>()).add(text.length());
        }
    }

    static ControlTexts of(Tokenizer tokenizer) {
        Map<String, Integer> ids = new HashMap<>();
        for (int id = 0; id < tokenizer.size(); id++) {
            if (tokenizer.isControl(id) && !tokenizer.listedText(id).isEmpty()) {
                ids.putIfAbsent(tokenizer.listedText(id), id);
            }
        }
        return new ControlTexts(ids);
    }

    /** The longest control text at {@code at}. */
    private Optional<String> find(String text, int at) {
        NavigableSet<Integer> candidates = lengths.get(text.charAt(at));
        if (candidates == null) {
            return Optional.empty();
        }
        for (int length : candidates.descendingSet()) {
            if (length <= text.length() - at) {
                String candidate = text.substring(at, at + length);
                if (ids.containsKey(candidate)) {
                    return Optional.of(candidate);
                }
            }
        }
        return Optional.empty();
    }

    private static int firstLength(String text, int at) {
        return Character.charCount(text.codePointAt(at));
    }

    String marked(String text) {
        StringBuilder out = null;
        int copied = 0;
        for (int at = 0; at < text.length(); at++) {
            boolean isMark = text.charAt(at) == MARK;
            if (isMark || find(text, at).isPresent()) {
                int end = at + (isMark ? 1 : firstLength(text, at));
                out = (out == null ? new StringBuilder(text.length() + 16) : out).append(text, copied, end).append(MARK);
                copied = end;
            }
        }
        return out == null ? text : out.append(text, copied, text.length()).toString();
    }

    static String unmarked(String text) {
        if (text.indexOf(MARK) < 0) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length());
        for (int at = 0; at < text.length(); at++) {
            if (text.charAt(at) != MARK) {
                out.append(text.charAt(at));
            } else if (at + 1 < text.length() && text.charAt(at + 1) == MARK) {
                out.append(MARK);
                at++;
            }
        }
        return out.toString();
    }

    /** Control tokens, and the text between them without marks. */
    List<Part> split(String rendered) {
        List<Part> parts = new ArrayList<>();
        int from = 0;
        int at = 0;
        while (at < rendered.length()) {
            int start = at;
            Optional<String> control = find(rendered, at).filter(c -> !isMarkedWhole(rendered, start, c));
            at += control.map(String::length).orElse(1);
            if (control.isPresent()) {
                addText(parts, rendered, from, start);
                parts.add(new Part.Control(ids.get(control.get()), control.get()));
                from = at;
            }
        }
        addText(parts, rendered, from, rendered.length());
        return parts;
    }

    /** A control text of one character cannot be broken by a mark within: one behind it says the same. */
    private static boolean isMarkedWhole(String rendered, int at, String control) {
        return control.length() == firstLength(control, 0) && rendered.startsWith(String.valueOf(MARK), at + control.length());
    }

    private static void addText(List<Part> parts, String rendered, int from, int to) {
        if (to > from) {
            parts.add(new Part.Text(unmarked(rendered.substring(from, to))));
        }
    }
}
