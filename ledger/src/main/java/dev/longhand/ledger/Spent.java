package dev.longhand.ledger;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The SQL of what was spent, with a filter: ends of statements in which the line is called {@code t}. The names of columns are
 * ours and the texts of users are values.
 */
final class Spent {
    static final String HOUR = "t.at_micros / " + Times.HOUR_MICROS;
    static final String DAY = "t.at_micros / " + Times.DAY_MICROS;
    /** Lines of the books' own, which close days. Nobody else can take such an id. */
    static final String OWN = "substr(%s, 1, " + MachineDays.PREFIX.length() + ") = '" + MachineDays.PREFIX + "'";
    private static final String PAID = "payee.kind IN ('MACHINE', 'PROVIDER') AND NOT " + OWN.formatted("t.id");

    private final Filter filter;
    private final Map<By, String> only;
    private final List<String> payers;

    Spent(Filter filter) {
        this.filter = filter;
        this.only = new TreeMap<>(filter.only());
        this.payers = List.copyOf(filter.payers());
    }

    private String where() {
        StringBuilder where = new StringBuilder(" AND t.at_micros >= ? AND t.at_micros < ?");
        only.keySet().forEach(by -> where.append(" AND t.").append(by.column()).append(" = ?"));
        if (!payers.isEmpty()) {
            where.append(" AND t.debit IN (").append(String.join(", ", Collections.nCopies(payers.size(), "?"))).append(")");
        }
        return where.toString();
    }

    /** The filter's values, {@code times} over: once for each of these ends that a statement has. */
    Object[] values(int times) {
        List<Object> values = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            values.add(filter.fromMicros());
            values.add(filter.toMicros());
            values.addAll(only.values());
            values.addAll(payers);
        }
        return values.toArray();
    }

    /** Booked and posted lines; {@code payee} is the account that was paid. */
    String lines() {
        return "FROM transfer t JOIN account payee ON payee.id = t.credit WHERE t.kind IN ('BOOK', 'POST') AND " + PAID + where();
    }

    /** Corrections {@code c} of such lines; the filter is about the line. */
    String corrections() {
        return "FROM transfer c JOIN transfer t ON t.id = c.refers JOIN account payee ON payee.id = t.credit "
                + "WHERE c.kind = 'CORRECT' AND " + PAID + where();
    }

    /** What the machine took over, {@code o}, of posted lines. */
    String overruns() {
        return "FROM transfer o JOIN transfer t ON t.id = '" + Charge.POST + "' || substr(o.id, " + (Charge.OVER.length() + 1)
                + ") WHERE o.kind = 'BOOK' AND o.purpose = '" + Charge.OVERRUN + "'" + where();
    }
}
