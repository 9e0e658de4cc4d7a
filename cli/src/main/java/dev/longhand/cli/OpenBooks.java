package dev.longhand.cli;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.Cause;
import dev.longhand.ledger.Limits;
import dev.longhand.ledger.MeteredModel;
import dev.longhand.ledger.Payer;
import dev.longhand.store.Schema;
import dev.longhand.store.StoreSetting;
import java.util.List;

/** The books of the data directory, as the settings {@code store} and {@code account} have them. */
final class OpenBooks {
    /** Tables beside the ledger's. */
    static final List<Schema> SCHEMAS = List.of();

    private OpenBooks() {}

    static Books open(World world, Config config) throws Problem {
        Books books = Books.open(setting(world, config), world.clock(), Disk.REAL, SCHEMAS);
        Trace.mark("books opened");
        return books;
    }

    /** The database: a file of the data directory, or the setting's. */
    static StoreSetting setting(World world, Config config) throws Problem {
        return StoreSetting.parse(config.text("store", null).orElse(""), world.home().database());
    }

    /** Who asks, as the operating system calls them; at most as long as an account's name may be. */
    static String person() {
        String name = System.getProperty("user.name", "").strip().replaceAll("[\\p{Cntrl}\\s]+", "-");
        return name.isEmpty() ? "somebody" : name.substring(0, Math.min(name.length(), Limits.TEXT_MAX / 2));
    }

    /** A line for each soft limit that calls of a model passed, but for the first {@code said}; how many there are now. */
    static int warn(World world, MeteredModel model, int said) {
        List<String> warnings = model.warnings();
        warnings.stream().skip(said).forEach(w -> world.note(Style.safe(w) + "; 'longhand ledger accounts' shows what is left"));
        return warnings.size();
    }

    /** Who pays for {@code purpose}: the account of the setting, else the person's own. */
    static Payer payer(Config config, String purpose, String desk) {
        return new Payer(config.text("account", null).orElse("person:" + person()),
                Cause.of(purpose).withPerson(person()).withDesk(desk));
    }
}
