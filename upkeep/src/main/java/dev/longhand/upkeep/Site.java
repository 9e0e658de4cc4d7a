package dev.longhand.upkeep;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.jobs.Jobs;
import dev.longhand.ledger.Keys;
import dev.longhand.ledger.Ledger;
import dev.longhand.store.Inspection;
import dev.longhand.store.Schema;
import dev.longhand.store.StoreSetting;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A data directory and what is needed to look after it.
 *
 * @param home        where everything lies, but for a database on a server
 * @param books       the database
 * @param schemas     the tables that this Longhand knows in it
 * @param environment of the process; catalog reads its settings from it
 */
public record Site(Home home, StoreSetting books, List<Schema> schemas, Map<String, String> environment, Machine machine) {
    /** The tables of all modules that keep some: the one place that lists them. */
    public static final List<Schema> SCHEMAS = List.of(Ledger.SCHEMA, Keys.SCHEMA, Jobs.SCHEMA);

    /** Waiting for another process: long enough for its longest write, short enough for a person. */
    private static final Duration LOCK_WAIT = Duration.ofSeconds(2);
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("uuuuMMdd-HHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);

    /** The seams to the machine. */
    record Machine(Clock clock, Disk disk, Steps steps, Limits limits) {
        static final Machine REAL = new Machine(Clock.SYSTEM, Disk.REAL, Steps.NONE, Limits.DEFAULT);
    }

    public Site {
        schemas = List.copyOf(schemas);
        environment = Map.copyOf(environment);
    }

    public static Site of(Home home, StoreSetting books, Map<String, String> environment) {
        return new Site(home, books, SCHEMAS, environment, Machine.REAL);
    }

    /** The same for another folder that is laid out as a data directory; its database is the file in it. */
    Site at(Home other) {
        return new Site(other, new StoreSetting.Sqlite(other.database()), schemas, environment, machine);
    }

    Inspection.Tools tools(Watcher watcher) {
        return new Inspection.Tools(storeLimits(), machine.clock(), machine.disk(), watcher::isCancelled);
    }

    static dev.longhand.store.Limits storeLimits() {
        dev.longhand.store.Limits standard = dev.longhand.store.Limits.DEFAULT;
        return standard.withAttempts(standard.attemptsMax(), standard.backoff(), LOCK_WAIT);
    }

    /** {@code 20250131-093000}, UTC. */
    String stamp() {
        return STAMP.format(machine.clock().now());
    }
}
