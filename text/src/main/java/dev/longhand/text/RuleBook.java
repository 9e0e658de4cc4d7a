package dev.longhand.text;

import dev.longhand.base.Problem;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiPredicate;

/**
 * The rules of a grammar while it is read. A rule is named, declared, and defined once; rule 0 is the root.
 *
 * <p>Afterwards {@link #pruned} has only rules and choices that some finite text can follow. Not thread-safe.
 */
final class RuleBook {
    private final GrammarLimits limits;
    private final List<String> names = new ArrayList<>();
    private final List<Expr> bodies = new ArrayList<>();

    RuleBook(GrammarLimits limits) {
        this.limits = limits;
    }

    int declare(String name) throws Problem {
        if (names.size() == limits.rulesMax()) {
            throw new Problem(Problem.Kind.LIMIT,
                    "the grammar has more than %,d rules; that is the limit".formatted(limits.rulesMax()));
        }
        names.add(name);
        bodies.add(null);
        return names.size() - 1;
    }

    void define(int rule, Expr body) {
        bodies.set(rule, body);
    }

    boolean isDefined(int rule) {
        return bodies.get(rule) != null;
    }

    String name(int rule) {
        return names.get(rule);
    }

    int size() {
        return names.size();
    }

    Expr body(int rule) {
        return bodies.get(rule);
    }

    /** The same rules without choices that no finite text ends. */
    RuleBook pruned() throws Problem {
        boolean[] isProductive = least(RuleBook::isProductive);
        if (!isProductive[0]) {
            throw new Problem(Problem.Kind.MALFORMED,
                    "no finite text fits the grammar: \"%s\" leads to itself, or to nothing, in every choice"
                    .formatted(names.get(0)));
        }
        RuleBook result = new RuleBook(limits);
        for (int rule = 0; rule < size(); rule++) {
            result.names.add(names.get(rule));
            result.bodies.add(isProductive[rule] ? prune(bodies.get(rule), isProductive) : Expr.NOTHING);
        }
        return result;
    }

    /** Which rules have the empty text. */
    boolean[] nullable() {
        return least(RuleBook::isNullable);
    }

    private static Expr prune(Expr expr, boolean[] isProductive) {
        return switch (expr) {
            case Expr.Bytes b -> b;
            case Expr.Chars c -> c;
            case Expr.Ref r -> isProductive[r.rule()] ? r : Expr.NOTHING;
            case Expr.Seq s -> Expr.seq(s.parts().stream().map(p -> prune(p, isProductive)).toList());
            case Expr.Alt a -> Expr.alt(a.choices().stream().map(c -> prune(c, isProductive)).toList());
            case Expr.Repeat r -> Expr.repeat(prune(r.body(), isProductive), r.min(), r.max());
        };
    }

    private static boolean isProductive(Expr expr, boolean[] marks) {
        return switch (expr) {
            case Expr.Bytes b -> true;
            case Expr.Chars c -> true;
            case Expr.Ref r -> marks[r.rule()];
            case Expr.Seq s -> s.parts().stream().allMatch(p -> isProductive(p, marks));
            case Expr.Alt a -> a.choices().stream().anyMatch(c -> isProductive(c, marks));
            case Expr.Repeat r -> r.min() == 0 || isProductive(r.body(), marks);
        };
    }

    static boolean isNullable(Expr expr, boolean[] marks) {
        return switch (expr) {
            case Expr.Bytes b -> false;
            case Expr.Chars c -> false;
            case Expr.Ref r -> marks[r.rule()];
            case Expr.Seq s -> s.parts().stream().allMatch(p -> isNullable(p, marks));
            case Expr.Alt a -> a.choices().stream().anyMatch(c -> isNullable(c, marks));
            case Expr.Repeat r -> r.min() == 0 || isNullable(r.body(), marks);
        };
    }

    /** Marks the rules that pass the test, whose outcome may turn true as others are marked, until nothing changes. */
    private boolean[] least(BiPredicate<Expr, boolean[]> test) {
        boolean[] marks = new boolean[size()];
        int[][] users = users();
        IntList work = new IntList();
        for (int rule = 0; rule < size(); rule++) {
            mark(rule, test, marks, work);
        }
        for (int at = 0; at < work.size(); at++) {
            for (int user : users[work.get(at)]) {
                mark(user, test, marks, work);
            }
        }
        return marks;
    }

    private void mark(int rule, BiPredicate<Expr, boolean[]> test, boolean[] marks, IntList work) {
        if (!marks[rule] && test.test(bodies.get(rule), marks)) {
            marks[rule] = true;
            work.add(rule);
        }
    }

    /** For each rule those whose bodies name it. */
    private int[][] users() {
        IntList[] lists = new IntList[size()];
        int[] last = new int[size()];
        Arrays.fill(last, -1);
        for (int rule = 0; rule < size(); rule++) {
            IntList refs = new IntList();
            collectRefs(bodies.get(rule), refs);
            for (int ref : refs.toArray()) {
                if (last[ref] != rule) {
                    last[ref] = rule;
                    lists[ref] = lists[ref] == null ? new IntList() : lists[ref];
                    lists[ref].add(rule);
                }
            }
        }
        int[][] users = new int[size()][];
        for (int rule = 0; rule < size(); rule++) {
            users[rule] = lists[rule] == null ? new int[0] : lists[rule].toArray();
        }
        return users;
    }

    /** For each rule those that its body names. */
    int[][] refs() {
        int[][] refs = new int[size()][];
        for (int rule = 0; rule < size(); rule++) {
            IntList list = new IntList();
            collectRefs(bodies.get(rule), list);
            refs[rule] = list.toArray();
        }
        return refs;
    }

    private static void collectRefs(Expr expr, IntList out) {
        switch (expr) {
            case Expr.Bytes b -> { }
            case Expr.Chars c -> { }
            case Expr.Ref r -> out.add(r.rule());
            case Expr.Seq s -> s.parts().forEach(p -> collectRefs(p, out));
            case Expr.Alt a -> a.choices().forEach(c -> collectRefs(c, out));
            case Expr.Repeat r -> collectRefs(r.body(), out);
        }
    }
}
