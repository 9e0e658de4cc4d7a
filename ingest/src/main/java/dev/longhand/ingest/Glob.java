package dev.longhand.ingest;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * One gitignore pattern, matched as git's wildmatch does with path names: {@code *} and {@code ?} stop at {@code /}, {@code **}
 * between slashes does not. Works on bytes held as Latin-1 characters, as git does. Immutable.
 *
 * <p>The pattern is a small automaton and all its states advance together, so the time is pattern x text for every pattern:
 * there is no backtracking to attack.
 */
final class Glob {
    private sealed interface Step {
        record One(BitSet allowed) implements Step {}

        record Star() implements Step {}

        /** Anything, slashes included. */
        record Deep() implements Step {}

        /** Nothing, or anything that ends with a slash. */
        record DeepSlash() implements Step {}
    }

    private static final Glob NEVER = new Glob(null, List.of());

    /** Set if the pattern has no wildcard. */
    private final String literal;
    private final Step[] steps;
    private final boolean never;

    private Glob(String literal, List<Step> steps) {
        this.literal = literal;
        this.steps = steps.toArray(new Step[0]);
        this.never = literal == null && steps.isEmpty();
    }

    static Glob of(String pattern) {
        return pattern.isEmpty() ? NEVER : new Parser(pattern).parse();
    }

    boolean matches(String text) {
        if (never) {
            return false;
        }
        return literal != null ? literal.equals(text) : run(text);
    }

    /** State 2i waits before step i; state 2i + 1 is inside step i, a {@link Step.DeepSlash} that has begun. */
    private boolean run(String text) {
        boolean[] now = new boolean[2 * steps.length + 1];
        boolean[] next = new boolean[now.length];
        enter(now, 0);
        for (int i = 0; i < text.length(); i++) {
            java.util.Arrays.fill(next, false);
            boolean alive = false;
            for (int s = 0; s < now.length - 1; s++) {
                if (now[s]) {
                    alive = true;
                    advance(next, s, text.charAt(i));
                }
            }
            if (!alive) {
                return false;
            }
            boolean[] swap = now;
            now = next;
            next = swap;
        }
        return now[now.length - 1];
    }

    private void advance(boolean[] next, int state, char c) {
        int step = state / 2;
        switch (steps[step]) {
            case Step.One one -> {
                if (one.allowed.get(c)) {
                    enter(next, step + 1);
                }
            }
            case Step.Star star -> {
                if (c != '/') {
                    enter(next, step);
                }
            }
            case Step.Deep deep -> enter(next, step);
            case Step.DeepSlash deep -> {
                next[2 * step + 1] = true;
                if (c == '/') {
                    enter(next, step + 1);
                }
            }
        }
    }

    /** Marks step and every step that can be reached from it without a character. */
    private void enter(boolean[] states, int step) {
        for (int s = step; ; s++) {
            if (states[2 * s]) {
                return;
            }
            states[2 * s] = true;
            if (s == steps.length || steps[s] instanceof Step.One) {
                return;
            }
        }
    }

    /** Reads a pattern once, left to right. */
    private static final class Parser {
        private final String pattern;
        private final List<Step> steps = new ArrayList<>();
        private final StringBuilder literal = new StringBuilder();
        private boolean hasWildcard;
        private int at;

        Parser(String pattern) {
            this.pattern = pattern;
        }

        Glob parse() {
            while (at < pattern.length()) {
                char c = pattern.charAt(at++);
                boolean sound = switch (c) {
                    case '*' -> star();
                    case '?' -> any();
                    case '[' -> bracket();
                    case '\\' -> at < pattern.length() && one(pattern.charAt(at++));
                    default -> one(c);
                };
                if (!sound) {
                    return NEVER;
                }
            }
            return hasWildcard ? new Glob(null, steps) : new Glob(literal.toString(), List.of());
        }

        private boolean one(char c) {
            BitSet only = new BitSet(256);
            only.set(c);
            literal.append(c);
            return steps.add(new Step.One(only));
        }

        private boolean any() {
            hasWildcard = true;
            BitSet all = new BitSet(256);
            all.set(0, 256);
            all.clear('/');
            return steps.add(new Step.One(all));
        }

        private boolean star() {
            hasWildcard = true;
            int first = at - 1;
            while (at < pattern.length() && pattern.charAt(at) == '*') {
                at++;
            }
            boolean opens = first == 0 || pattern.charAt(first - 1) == '/';
            boolean ends = at == pattern.length();
            boolean slash = !ends && pattern.charAt(at) == '/';
            if (at - first < 2 || !opens || !(ends || slash)) {
                return steps.add(new Step.Star());
            }
            if (slash) {
                at++;
                return steps.add(new Step.DeepSlash());
            }
            return steps.add(new Step.Deep());
        }

        private boolean bracket() {
            hasWildcard = true;
            boolean negated = at < pattern.length() && (pattern.charAt(at) == '!' || pattern.charAt(at) == '^');
            at += negated ? 1 : 0;
            BitSet set = new BitSet(256);
            boolean first = true;
            int previous = -1;
            while (true) {
                if (at >= pattern.length()) {
                    return false;
                }
                char c = pattern.charAt(at++);
                if (c == ']' && !first) {
                    break;
                }
                first = false;
                if (c == '[' && at < pattern.length() && pattern.charAt(at) == ':') {
                    int end = pattern.indexOf(']', at);
                    if (end < 0) {
                        return false;
                    }
                    if (pattern.charAt(end - 1) == ':' && end - 1 > at) {
                        if (!named(set, pattern.substring(at + 1, end - 1))) {
                            return false;
                        }
                        at = end + 1;
                        previous = -1;
                        continue;
                    }
                } else if (c == '-' && previous >= 0 && at < pattern.length() && pattern.charAt(at) != ']') {
                    int high = pattern.charAt(at++);
                    if (high == '\\') {
                        if (at >= pattern.length()) {
                            return false;
                        }
                        high = pattern.charAt(at++);
                    }
                    if (previous <= high) {
                        set.set(previous, high + 1);
                    }
                    previous = -1;
                    continue;
                } else if (c == '\\') {
                    if (at >= pattern.length()) {
                        return false;
                    }
                    c = pattern.charAt(at++);
                }
                set.set(c);
                previous = c;
            }
            if (negated) {
                set.flip(0, 256);
            }
            set.clear('/');
            return steps.add(new Step.One(set));
        }

        private static boolean named(BitSet set, String name) {
            for (int c = 0; c < 128; c++) {
                boolean in;
                switch (name) {
                    case "alnum" -> in = Character.isLetterOrDigit(c);
                    case "alpha" -> in = Character.isLetter(c);
                    case "blank" -> in = c == ' ' || c == '\t';
                    case "cntrl" -> in = c < 32 || c == 127;
                    case "digit" -> in = Character.isDigit(c);
                    case "graph" -> in = c > 32 && c < 127;
                    case "lower" -> in = Character.isLowerCase(c);
                    case "print" -> in = c >= 32 && c < 127;
                    case "punct" -> in = c > 32 && c < 127 && !Character.isLetterOrDigit(c);
                    case "space" -> in = c == ' ' || c >= 9 && c <= 13;
                    case "upper" -> in = Character.isUpperCase(c);
                    case "xdigit" -> in = Character.digit(c, 16) >= 0;
                    default -> {
                        return false;
                    }
                }
                if (in) {
                    set.set(c);
                }
            }
            return true;
        }
    }
}
