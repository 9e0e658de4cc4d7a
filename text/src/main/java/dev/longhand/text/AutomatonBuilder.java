package dev.longhand.text;

import dev.longhand.base.Problem;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Turns rules into an {@link Automaton}. A counted repetition becomes a rule of its own, called with a count, so that
 * {@code x{0,100000}} costs as much as {@code x}. Refuses left recursion. Used once, by one thread.
 */
final class AutomatonBuilder {
    record Edge(int low, int high, int to) {}

    /** A node while it grows. */
    static final class Node {
        final List<Edge> edges = new ArrayList<>(2);
        final List<Integer> free = new ArrayList<>(2);
        int callRule = Automaton.NO_CALL;
        int callNext;
        int callMin;
        int callMax;
        boolean isEnd;
    }

    final List<Node> nodes = new ArrayList<>();
    final IntList ruleStart = new IntList();
    final BitSet isNullable = new BitSet();
    private final RuleBook rules;
    private final GrammarLimits limits;
    private final boolean[] nullableRules;
    private final List<Expr> bodies = new ArrayList<>();
    private final Map<Expr, Integer> counted = new HashMap<>();

    private AutomatonBuilder(RuleBook rules, GrammarLimits limits) {
        this.rules = rules;
        this.limits = limits;
        this.nullableRules = rules.nullable();
    }

    static Automaton build(RuleBook all, GrammarLimits limits) throws Problem {
        RuleBook rules = all.pruned();
        AutomatonBuilder builder = new AutomatonBuilder(rules, limits);
        for (int rule = 0; rule < rules.size(); rule++) {
            builder.declare(rules.body(rule));
        }
        for (int rule = 0; rule < builder.bodies.size(); rule++) { // grows meanwhile
            int end = builder.grow(builder.bodies.get(rule), builder.ruleStart.get(rule));
            builder.nodes.get(end).isEnd = true;
        }
        return new Automaton(builder, builder.ranks());
    }

    private int declare(Expr body) throws Problem {
        if (bodies.size() == limits.rulesMax()) {
            throw new Problem(Problem.Kind.LIMIT, "the grammar has more than %,d rules and repetitions; that is the limit"
                    .formatted(limits.rulesMax()));
        }
        int rule = bodies.size();
        bodies.add(body);
        ruleStart.add(node());
        isNullable.set(rule, RuleBook.isNullable(body, nullableRules));
        return rule;
    }

    private int node() throws Problem {
        if (nodes.size() == limits.nodesMax()) {
            throw new Problem(Problem.Kind.LIMIT, "the grammar needs more than %,d nodes; that is the limit: make it shorter"
                    .formatted(limits.nodesMax()));
        }
        nodes.add(new Node());
        return nodes.size() - 1;
    }

    private int nodeAfter(int from) throws Problem {
        int node = node();
        nodes.get(from).free.add(node);
        return node;
    }

    /** Adds what reads {@code expr} from a node on; returns where it ends, a node from which more may grow. */
    private int grow(Expr expr, int from) throws Problem {
        switch (expr) {
            case Expr.Bytes b -> {
                int at = from;
                for (byte each : b.bytes()) {
                    int next = node();
                    nodes.get(at).edges.add(new Edge(each & 0xFF, each & 0xFF, next));
                    at = next;
                }
                return at;
            }
            case Expr.Chars c -> {
                return growChars(c.set(), from);
            }
            case Expr.Seq s -> {
                int at = from;
                for (Expr part : s.parts()) {
                    at = grow(part, at);
                }
                return at;
            }
            case Expr.Alt a -> {
                return growAlt(a, from);
            }
            case Expr.Repeat r -> {
                return growRepeat(r, from);
            }
            case Expr.Ref r -> {
                return growCall(r.rule(), 1, 1, from);
            }
        }
    }

    /** Choices that begin with the same bytes share their nodes, so a long list of words is one way and not many. */
    private int growAlt(Expr.Alt alt, int from) throws Problem {
        int to = node();
        Map<Long, Integer> shared = new HashMap<>(); // node << 8 | byte -> node
        for (Expr choice : alt.choices()) {
            List<Expr> parts = choice instanceof Expr.Seq s ? s.parts() : List.of(choice);
            int at = from;
            int next = 0;
            for (; next < parts.size() && parts.get(next) instanceof Expr.Bytes b; next++) {
                for (byte each : b.bytes()) {
                    long key = (long) at << 8 | each & 0xFF;
                    Integer known = shared.get(key);
                    if (known == null) {
                        known = node();
                        nodes.get(at).edges.add(new Edge(each & 0xFF, each & 0xFF, known));
                        shared.put(key, known);
                    }
                    at = known;
                }
            }
            for (; next < parts.size(); next++) {
                at = grow(parts.get(next), at);
            }
            nodes.get(at).free.add(to);
        }
        return to;
    }

    private int growChars(CodePoints set, int from) throws Problem {
        int to = node();
        Map<String, Integer> tails = new HashMap<>(); // the bytes after the first -> the node before them
        for (int[] sequence : set.utf8()) {
            int at = to;
            for (int i = sequence.length - 2; i >= 2; i -= 2) {
                String key = Arrays.toString(Arrays.copyOfRange(sequence, i, sequence.length));
                Integer known = tails.get(key);
                if (known == null) {
                    known = node();
                    nodes.get(known).edges.add(new Edge(sequence[i], sequence[i + 1], at));
                    tails.put(key, known);
                }
                at = known;
            }
            nodes.get(from).edges.add(new Edge(sequence[0], sequence[1], at));
        }
        return to;
    }

    private int growRepeat(Expr.Repeat repeat, int from) throws Problem {
        boolean isUnbounded = repeat.max() == Expr.UNBOUNDED;
        if (isUnbounded && repeat.min() <= 1) {
            int loop = nodeAfter(from);
            int end = grow(repeat.body(), loop);
            nodes.get(end).free.add(loop);
            return repeat.min() == 0 ? loop : end;
        }
        Integer rule = counted.get(repeat.body());
        if (rule == null) {
            rule = declare(repeat.body());
            counted.put(repeat.body(), rule);
        }
        // empty turns fill a minimum, so only turns with text are counted
        int min = isNullable.get(rule) ? 0 : repeat.min();
        return growCall(rule, min, repeat.max(), from);
    }

    private int growCall(int rule, int min, int max, int from) throws Problem {
        int call = nodeAfter(from);
        int next = node();
        Node node = nodes.get(call);
        node.callRule = rule;
        node.callNext = next;
        node.callMin = min;
        node.callMax = max;
        return next;
    }

    // ---- order of calls that come first

    /** A rank per rule that rises along calls before the first byte. */
    private int[] ranks() throws Problem {
        int[][] first = new int[bodies.size()][];
        int[] callers = new int[bodies.size()];
        for (int rule = 0; rule < first.length; rule++) {
            first[rule] = firstCalls(rule);
            for (int called : first[rule]) {
                callers[called]++;
            }
        }
        int[] order = new int[first.length];
        int[] ranks = new int[first.length];
        int count = 0;
        for (int rule = 0; rule < first.length; rule++) {
            if (callers[rule] == 0) {
                order[count++] = rule;
            }
        }
        for (int at = 0; at < count; at++) {
            ranks[order[at]] = at;
            for (int called : first[order[at]]) {
                if (--callers[called] == 0) {
                    order[count++] = called;
                }
            }
        }
        if (count < first.length) {
            throw leftRecursion(first, callers);
        }
        return ranks;
    }

    /** Rules called from a rule's start before a byte is read. */
    private int[] firstCalls(int rule) {
        BitSet seen = new BitSet();
        BitSet called = new BitSet();
        IntList work = new IntList();
        work.add(ruleStart.get(rule));
        for (int at = 0; at < work.size(); at++) {
            int n = work.get(at);
            if (seen.get(n)) {
                continue;
            }
            seen.set(n);
            Node node = nodes.get(n);
            node.free.forEach(work::add);
            if (node.callRule != Automaton.NO_CALL) {
                called.set(node.callRule);
                if (node.callMin == 0 || isNullable.get(node.callRule)) {
                    work.add(node.callNext);
                }
            }
        }
        return called.stream().toArray();
    }

    private Problem leftRecursion(int[][] first, int[] callers) {
        int rule = 0;
        while (callers[rule] == 0) {
            rule++;
        }
        // every rule that is left is called by one that is left: going back along callers ends in a cycle
        List<Integer> path = new ArrayList<>();
        while (!path.contains(rule)) {
            path.add(rule);
            rule = callerLeft(first, callers, rule);
        }
        List<Integer> cycle = new ArrayList<>(path.subList(path.indexOf(rule), path.size()).reversed());
        cycle.add(cycle.get(0));
        String names = cycle.stream().filter(r -> r < rules.size()).map(rules::name).limit(12).collect(Collectors.joining(" -> "));
        return new Problem(Problem.Kind.UNSUPPORTED,
                ("the grammar is left-recursive: %s comes back to itself before any character; "
                + "write it as a repetition").formatted(names));
    }

    private static int callerLeft(int[][] first, int[] callers, int rule) {
        for (int caller = 0; caller < first.length; caller++) {
            if (callers[caller] > 0 && Arrays.stream(first[caller]).anyMatch(r -> r == rule)) {
                return caller;
            }
        }
        throw new IllegalStateException("broken invariant: rule " + rule + " is in a cycle without a caller in it");
    }
}
