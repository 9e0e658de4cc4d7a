package dev.longhand.ledger;

import dev.longhand.ledger.Budget.Period;
import dev.longhand.ledger.Transfer.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The ledger as a list: sums are made by walking all lines. Slow and plain, to compare with. An answer is a text:
 * {@code line 7 120} (its number and amount), {@code over DAY 30} (left), {@code refused}, {@code conflict}, {@code missing}.
 */
final class NaiveLedger {
    record Line(Kind kind, String id, String debit, String credit, long amount, String refers, long at, long timeout) {}

    final List<Line> lines = new ArrayList<>();
    private final Map<String, Line> byId = new HashMap<>();
    private final Map<String, Line> ends = new HashMap<>();
    private final Map<String, Long> corrections = new HashMap<>();
    final Map<String, Map<Period, Budget>> budgets = new LinkedHashMap<>();
    private final Set<String> accounts;
    private final Limits limits;

    NaiveLedger(Set<String> accounts, Limits limits) {
        this.accounts = accounts;
        this.limits = limits;
    }

    /** For all kinds of lines. {@code wall} in microseconds. */
    String ask(Kind kind, String id, String debit, String credit, long amount, String refers, long timeout, long wall) {
        return switch (kind) {
            case BOOK, RESERVE -> admit(new Line(kind, id, debit, credit, amount, "", at(wall), timeout));
            case POST, VOID, EXPIRE -> end(kind, id, refers, amount, wall);
            case CORRECT -> correct(id, refers, amount, wall);
        };
    }

    private long at(long wall) {
        return lines.isEmpty() ? Math.max(wall, 1) : Math.max(wall, lines.getLast().at + 1);
    }

    private Line find(String id) {
        return byId.get(id);
    }

    private Line endOf(String reservation) {
        return ends.get(reservation);
    }

    private String known(Line wish) {
        Line known = find(wish.id);
        if (known == null) {
            return null;
        }
        boolean same = known.kind == wish.kind && known.debit.equals(wish.debit) && known.credit.equals(wish.credit)
                && known.amount == wish.amount && known.refers.equals(wish.refers) && known.timeout == wish.timeout;
        return same ? answer(known) : "conflict";
    }

    private String answer(Line line) {
        return "line " + (lines.indexOf(line) + 1) + " " + line.amount;
    }

    private String append(Line line) {
        lines.add(line);
        byId.put(line.id, line);
        if (line.kind.isEnd()) {
            ends.put(line.refers, line);
        } else if (line.kind == Kind.CORRECT) {
            corrections.merge(line.refers, line.amount, Long::sum);
        }
        return answer(line);
    }

    private String admit(Line wish) {
        if (wish.amount < 0 || wish.amount > limits.amountMax() || wish.debit.equals(wish.credit)) {
            return "refused";
        }
        String known = known(wish);
        if (known != null) {
            return known;
        }
        if (!accounts.contains(wish.debit) || !accounts.contains(wish.credit)) {
            return "missing";
        }
        for (Budget each : budgets.getOrDefault(wish.debit, Map.of()).values().stream().sorted(Comparator.comparing(b ->
                b.period().name())).toList()) {
            long used = used(wish.debit, each.period().firstDay(Effect.day(wish.at)));
            if (used + wish.amount > each.hard() || wish.amount > each.requestMax()) {
                return "over " + each.period() + " " + Math.max(0, each.hard() - used);
            }
        }
        return append(wish);
    }

    /** Set aside or spent since a day, corrections taken off. */
    long used(String account, long firstDay) {
        long used = 0;
        for (Line each : lines) {
            Line end = each.kind == Kind.RESERVE ? endOf(each.id) : null;
            boolean counts = each.debit.equals(account) && Effect.day(each.at) >= firstDay;
            if (counts && (each.kind == Kind.RESERVE || each.kind == Kind.BOOK)) {
                used += (end == null ? each.amount : end.amount) - corrected(end == null ? each.id : end.id);
            }
        }
        return used;
    }

    private long corrected(String id) {
        return corrections.getOrDefault(id, 0L);
    }

    private String end(Kind kind, String id, String refers, long amount, long wall) {
        Line reservation = find(refers);
        if (reservation == null || reservation.kind != Kind.RESERVE) {
            return "missing";
        }
        Line wish = new Line(kind, id, reservation.debit, reservation.credit, amount, refers, at(wall), 0);
        String known = known(wish);
        if (known != null) {
            return known;
        }
        if (amount < 0 || amount > reservation.amount) {
            return "refused";
        }
        return endOf(refers) != null ? "conflict" : append(wish);
    }

    private String correct(String id, String refers, long amount, long wall) {
        Line line = find(refers);
        if (line == null || line.kind != Kind.BOOK && line.kind != Kind.POST) {
            return "missing";
        }
        Line wish = new Line(Kind.CORRECT, id, line.credit, line.debit, amount, refers, at(wall), 0);
        String known = known(wish);
        if (known != null) {
            return known;
        }
        return amount < 1 || amount > line.amount - corrected(refers) ? "refused" : append(wish);
    }

    /** Ends all that are due; how many. */
    int expire(long wall) {
        long now = lines.isEmpty() ? wall : Math.max(wall, lines.getLast().at);
        List<Line> due = lines.stream().filter(l -> l.kind == Kind.RESERVE && endOf(l.id) == null && l.at + l.timeout <= now)
                .sorted(Comparator.comparingLong((Line l) -> l.at + l.timeout).thenComparing(Line::id)).toList();
        due.forEach(l -> end(Kind.EXPIRE, "expire:" + l.id, l.id, 0, wall));
        return due.size();
    }

    Balance balance(String account) {
        long[] sums = new long[5];
        for (Line each : lines) {
            boolean isOpen = each.kind == Kind.RESERVE && endOf(each.id) == null;
            if (each.kind != Kind.RESERVE || isOpen) {
                int pending = isOpen ? 0 : 1;
                sums[pending] += each.debit.equals(account) ? each.amount : 0;
                sums[2 + pending] += each.credit.equals(account) ? each.amount : 0;
                boolean isSpending = each.kind == Kind.BOOK || each.kind == Kind.POST;
                sums[4] += isSpending && each.debit.equals(account) ? each.amount : 0;
                sums[4] -= each.kind == Kind.CORRECT && each.credit.equals(account) ? each.amount : 0;
            }
        }
        return new Balance(sums[0], sums[1], sums[2], sums[3], sums[4]);
    }
}
