package dev.longhand.ledger;

import dev.longhand.store.Tx;
import java.math.BigInteger;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** What cached tokens saved in a period, model by model. See {@link Saving}. */
final class Savings {
    private static final BigInteger TOKENS = BigInteger.valueOf(1_000_000);

    private Savings() {}

    static List<Saving> of(Tx tx, Filter filter) throws SQLException {
        List<Saving> all = new ArrayList<>(here(tx, filter));
        List<TokenPrice> prices = Prices.tokens(tx);
        for (int i = 0; i < prices.size(); i++) {
            boolean isLast = i + 1 == prices.size() || !prices.get(i + 1).model().equals(prices.get(i).model());
            add(all, provider(tx, filter, prices.get(i), isLast ? Long.MAX_VALUE : prices.get(i + 1).fromMicros()));
        }
        return all;
    }

    private static void add(List<Saving> all, Saving saving) {
        Saving last = all.isEmpty() ? null : all.getLast();
        if (last != null && !last.isEstimated() && last.model().equals(saving.model()) && last.unit() == saving.unit()) {
            all.removeLast();
            all.add(new Saving(last.model(), last.unit(), last.cachedTokens() + saving.cachedTokens(),
                    Math.addExact(last.amount(), saving.amount()), false));
        } else if (saving.cachedTokens() > 0) {
            all.add(saving);
        }
    }

    /** Models that run here. */
    private static List<Saving> here(Tx tx, Filter filter) throws SQLException {
        String in = "CAST(t.tokens_in AS DOUBLE PRECISION)";
        String out = "CAST(t.tokens_out AS DOUBLE PRECISION)";
        String sql = "SELECT t.model, t.unit, sum(t.tokens_cached), sum(" + in + "), sum(" + out + "), "
                + "sum(CAST(t.amount AS DOUBLE PRECISION)), sum(" + in + " * t.tokens_in), sum(" + in + " * t.tokens_out), sum("
                + out
                + " * t.tokens_out), sum(" + in + " * t.amount), sum(" + out + " * t.amount) " + new Spent(filter).lines()
                + " AND payee.kind = 'MACHINE' AND t.purpose <> '" + Charge.OVERRUN
                + "' GROUP BY t.model, t.unit HAVING sum(t.tokens_cached) > 0 ORDER BY t.model, t.unit LIMIT " + Reports.GROUPS_MAX;
        return tx.rows(sql, r -> {
            ReadCost cost = new ReadCost(r.getDouble(4), r.getDouble(5), r.getDouble(6), r.getDouble(7), r.getDouble(8),
                    r.getDouble(9), r.getDouble(10), r.getDouble(11));
            long cached = r.getLong(3);
            return new Saving(r.getString(1), Unit.valueOf(r.getString(2)), cached, Math.round(cost.perToken() * cached), true);
        }, new Spent(filter).values(1));
    }

    /** A provider's model while one price held. */
    private static Saving provider(Tx tx, Filter filter, TokenPrice price, long until) throws SQLException {
        List<Object> values = new ArrayList<>(List.of(new Spent(filter).values(1)));
        values.addAll(List.of(price.model(), price.unit().name(), price.fromMicros(), until));
        long cached = tx.number("SELECT sum(t.tokens_cached) " + new Spent(filter).lines() + " AND payee.kind = 'PROVIDER' "
                + "AND t.model = ? AND t.unit = ? AND t.at_micros >= ? AND t.at_micros < ?", values.toArray());
        BigInteger amount = BigInteger.valueOf(price.inMicros() - price.cachedMicros()).multiply(BigInteger.valueOf(cached));
        return new Saving(price.model(), price.unit(), cached, amount.divide(TOKENS).longValueExact(), false);
    }
}
