package dev.longhand.ledger;

import dev.longhand.base.Problem;
import dev.longhand.store.Store;
import dev.longhand.store.Tx;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * The price list: prices with the time from which they hold. A price that was put never changes; a new one follows it. What was
 * booked is not booked again at other prices. Thread-safe.
 */
public final class Prices {
    private static final String MACHINE = "SELECT from_micros, kwh_micros, busy_milliwatts, idle_milliwatts, purchase_micros, "
            + "life_days, processors, is_dedicated FROM machine_price ";
    private static final String TOKENS = "SELECT model, from_micros, unit, in_micros, cached_micros, out_micros FROM token_price ";

    private final Store store;
    private final int processors;

    /** @param processors of this machine, for what holds before any price was put */
    Prices(Store store, int processors) {
        this.store = store;
        this.processors = processors;
    }

    /** The machine's price at a ledger time. */
    public MachinePrice machine(long atMicros) throws Problem {
        return store.read(tx -> machineAt(tx, atMicros)).orElseGet(() -> MachinePrice.assumed(processors));
    }

    static Optional<MachinePrice> machineAt(Tx tx, long atMicros) throws SQLException {
        return tx.row(MACHINE + "WHERE from_micros <= ? ORDER BY from_micros DESC LIMIT 1", Prices::machine, atMicros);
    }

    /** All that were put, the oldest first. */
    public List<MachinePrice> machine() throws Problem {
        return store.read(tx -> tx.rows(MACHINE + "ORDER BY from_micros", Prices::machine));
    }

    public void put(MachinePrice price) throws Problem {
        store.write(tx -> {
            long last = tx.number("SELECT max(from_micros) FROM machine_price");
            refuseEarlier("the machine's", last, price.fromMicros());
            return tx.update("INSERT INTO machine_price (from_micros, kwh_micros, busy_milliwatts, idle_milliwatts, "
                    + "purchase_micros, life_days, processors, is_dedicated) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", price.fromMicros(),
                    price.kwhMicros(), price.busyMilliwatts(), price.idleMilliwatts(), price.purchaseMicros(), price.lifeDays(),
                    price.processors(), price.isDedicated() ? 1L : 0L);
        });
    }

    /**
     * What holds for a call of a model.
     *
     * @param tokens a provider's price; none for a model that runs here
     */
    record Held(Optional<TokenPrice> tokens, MachinePrice machine) {}

    /** Both prices at a ledger time, in one read. */
    Held held(String model, long atMicros) throws Problem {
        return store.read(tx -> new Held(tokensAt(tx, model, atMicros),
                machineAt(tx, atMicros).orElseGet(() -> MachinePrice.assumed(processors))));
    }

    /** A provider's price of a model at a ledger time; none for a model that runs here. */
    public Optional<TokenPrice> tokens(String model, long atMicros) throws Problem {
        return store.read(tx -> tokensAt(tx, model, atMicros));
    }

    private static Optional<TokenPrice> tokensAt(Tx tx, String model, long atMicros) throws SQLException {
        return tx.row(TOKENS + "WHERE model = ? AND from_micros <= ? ORDER BY from_micros DESC LIMIT 1", Prices::tokens, model,
                atMicros);
    }

    /** All that were put, by model, the oldest first. */
    public List<TokenPrice> tokens() throws Problem {
        return store.read(Prices::tokens);
    }

    static List<TokenPrice> tokens(Tx tx) throws SQLException {
        return tx.rows(TOKENS + "ORDER BY model, from_micros", Prices::tokens);
    }

    public void put(TokenPrice price) throws Problem {
        store.write(tx -> {
            long last = tx.number("SELECT max(from_micros) FROM token_price WHERE model = ?", price.model());
            refuseEarlier(price.model() + "'s", last, price.fromMicros());
            return tx.update("INSERT INTO token_price (model, from_micros, unit, in_micros, cached_micros, out_micros) "
                    + "VALUES (?, ?, ?, ?, ?, ?)", price.model(), price.fromMicros(), price.unit().name(), price.inMicros(),
                    price.cachedMicros(), price.outMicros());
        });
    }

    private static void refuseEarlier(String whose, long last, long from) throws Problem {
        if (last > 0 && from <= last) {
            throw new Problem(Problem.Kind.USAGE, ("%s last price holds from %s on; a new one from %s would change the past; "
                    + "nothing was stored; name a later time").formatted(whose, Times.show(last), Times.show(from)));
        }
    }

    private static MachinePrice machine(ResultSet r) throws SQLException {
        return new MachinePrice(r.getLong(1), r.getLong(2), r.getLong(3), r.getLong(4), r.getLong(5), r.getLong(6), r.getLong(7),
                r.getLong(8) != 0);
    }

    private static TokenPrice tokens(ResultSet r) throws SQLException {
        return new TokenPrice(r.getString(1), r.getLong(2), Unit.valueOf(r.getString(3)), r.getLong(4), r.getLong(5), r.getLong(6));
    }
}
