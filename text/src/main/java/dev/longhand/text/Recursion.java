package dev.longhand.text;

import dev.longhand.base.Problem;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Bounds how often rules come back to themselves: each time a reference goes back to a rule that is being derived counts as a
 * level, and on the last level such references lead nowhere. What is left still has finite texts: a shortest derivation repeats no
 * rule below itself, so it needs few levels. Used once, by one thread.
 */
final class Recursion {
    private final RuleBook rules;
    private final int levelsMax;
    private final BitSet[] back; // (rules) targets of references that go back
    private final BitSet recursive = new BitSet(); // rules that lead to a reference that goes back
    private final Map<Long, Integer> made = new HashMap<>(); // rule << 32 | level -> new rule
    private final List<long[]> work = new ArrayList<>(); // rule, level, new rule

    private Recursion(RuleBook rules, int levelsMax) {
        this.rules = rules;
        this.levelsMax = levelsMax;
        this.back = new BitSet[rules.size()];
    }

    static RuleBook bounded(RuleBook rules, GrammarLimits limits) throws Problem {
        return new Recursion(rules, limits.recursionMax()).run(limits);
    }

    private RuleBook run(GrammarLimits limits) throws Problem {
        int[][] refs = rules.refs();
        findBack(refs);
        findRecursive(refs);
        RuleBook result = new RuleBook(limits);
        rule(0, 0, result);
        for (int at = 0; at < work.size(); at++) { // grows meanwhile
            long[] each = work.get(at);
            result.define((int) each[2], copy(rules.body((int) each[0]), (int) each[0], (int) each[1], result));
        }
        return result;
    }

    /** A walk in depth: references to a rule on the way down go back. */
    private void findBack(int[][] refs) {
        int[] next = new int[refs.length]; // the reference to look at next; -1 when done
        BitSet isOpen = new BitSet();
        IntList path = new IntList();
        path.add(0);
        isOpen.set(0);
        while (path.size() > 0) {
            int rule = path.get(path.size() - 1);
            if (next[rule] == refs[rule].length) {
                path.removeLast();
                isOpen.clear(rule);
                next[rule] = -1;
                continue;
            }
            int target = refs[rule][next[rule]++];
            if (isOpen.get(target)) {
                back[rule] = back[rule] == null ? new BitSet() : back[rule];
                back[rule].set(target);
            } else if (next[target] == 0) {
                path.add(target);
                isOpen.set(target);
            }
        }
    }

    private void findRecursive(int[][] refs) {
        for (boolean isChanged = true; isChanged; ) {
            isChanged = false;
            for (int rule = refs.length - 1; rule >= 0; rule--) {
                boolean leads = back[rule] != null;
                for (int i = 0; i < refs[rule].length && !leads; i++) {
                    leads = recursive.get(refs[rule][i]);
                }
                if (leads && !recursive.get(rule)) {
                    recursive.set(rule);
                    isChanged = true;
                }
            }
        }
    }

    private int rule(int rule, int level, RuleBook result) throws Problem {
        int at = recursive.get(rule) ? level : 0; // others need no copies
        long key = (long) rule << 32 | at;
        Integer known = made.get(key);
        if (known == null) {
            known = result.declare(rules.name(rule));
            made.put(key, known);
            work.add(new long[] {rule, at, known});
        }
        return known;
    }

    private Expr copy(Expr expr, int rule, int level, RuleBook result) throws Problem {
        return switch (expr) {
            case Expr.Bytes b -> b;
            case Expr.Chars c -> c;
            case Expr.Ref r -> {
                int next = back[rule] != null && back[rule].get(r.rule()) ? level + 1 : level;
                yield next > levelsMax ? Expr.NOTHING : new Expr.Ref(rule(r.rule(), next, result));
            }
            case Expr.Seq s -> Expr.seq(copies(s.parts(), rule, level, result));
            case Expr.Alt a -> Expr.alt(copies(a.choices(), rule, level, result));
            case Expr.Repeat r -> Expr.repeat(copy(r.body(), rule, level, result), r.min(), r.max());
        };
    }

    private List<Expr> copies(List<Expr> all, int rule, int level, RuleBook result) throws Problem {
        List<Expr> copies = new ArrayList<>();
        for (Expr each : all) {
            copies.add(copy(each, rule, level, result));
        }
        return copies;
    }
}
