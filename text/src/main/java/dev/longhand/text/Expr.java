package dev.longhand.text;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A right side of a grammar rule. Immutable; the factories simplify: what cannot be is {@link #NOTHING}. */
sealed interface Expr {
    /** The empty text. */
    Expr EMPTY = new Seq(List.of());
    /** No text at all, not even the empty one. */
    Expr NOTHING = new Alt(List.of());
    /** {@link Repeat#max} of an unbounded repetition. */
    int UNBOUNDED = Integer.MAX_VALUE;

    record Bytes(byte[] bytes) implements Expr {}

    /** One character of a set, never an empty one. */
    record Chars(CodePoints set) implements Expr {}

    record Seq(List<Expr> parts) implements Expr {}

    record Alt(List<Expr> choices) implements Expr {}

    record Repeat(Expr body, int min, int max) implements Expr {}

    record Ref(int rule) implements Expr {}

    static Expr text(String text) {
        return text.isEmpty() ? EMPTY : new Bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    static Expr chars(CodePoints set) {
        return set.isEmpty() ? NOTHING : new Chars(set);
    }

    static Expr chars(int... pairs) {
        return chars(CodePoints.of(pairs));
    }

    static Expr seq(Expr... parts) {
        return seq(Arrays.asList(parts));
    }

    static Expr seq(List<Expr> parts) {
        List<Expr> kept = new ArrayList<>();
        for (Expr part : parts) {
            if (isNothing(part)) {
                return NOTHING;
            }
            if (part instanceof Seq inner) {
                kept.addAll(inner.parts());
            } else {
                kept.add(part);
            }
        }
        return kept.size() == 1 ? kept.get(0) : kept.isEmpty() ? EMPTY : new Seq(List.copyOf(kept));
    }

    static Expr alt(Expr... choices) {
        return alt(Arrays.asList(choices));
    }

    static Expr alt(List<Expr> choices) {
        List<Expr> kept = new ArrayList<>();
        for (Expr choice : choices) {
            if (choice instanceof Alt inner) {
                kept.addAll(inner.choices());
            } else {
                kept.add(choice);
            }
        }
        return kept.size() == 1 ? kept.get(0) : kept.isEmpty() ? NOTHING : new Alt(List.copyOf(kept));
    }

    static Expr optional(Expr body) {
        return alt(body, EMPTY);
    }

    static Expr repeat(Expr body, int min, int max) {
        if (isNothing(body)) {
            return min == 0 ? EMPTY : NOTHING;
        }
        if (max == 0 || isEmpty(body)) {
            return EMPTY;
        }
        if (max == 1) {
            return min == 1 ? body : optional(body);
        }
        return new Repeat(body, min, max);
    }

    static boolean isNothing(Expr expr) {
        return expr instanceof Alt alt && alt.choices().isEmpty();
    }

    static boolean isEmpty(Expr expr) {
        return expr instanceof Seq seq && seq.parts().isEmpty();
    }
}
