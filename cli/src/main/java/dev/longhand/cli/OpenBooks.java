package dev.longhand.cli;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.jobs.Jobs;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.Cause;
import dev.longhand.ledger.Limits;
import dev.longhand.ledger.MeteredModel;
import dev.longhand.ledger.Payer;
import dev.longhand.store.StoreSetting;
import dev.longhand.upkeep.Site;
import java.util.List;

/**
 * The books and the jobs of the data directory, as the settings {@code store} and {@code account} have them. They are opened on
 * another thread while the command does something else; closing waits for that. Thread-safe.
 */
final class OpenBooks implements AutoCloseable {
    private final World world;
    private final Config config;
    private final Later<Books> books;

    private OpenBooks(World world, Config config) {
        this.world = world;
        this.config = config;
        this.books = Later.of(world, "opening the books", () -> {
            Books opened = open(world, config);
            Trace.mark("books opened");
            return opened;
        });
    }

    /** Begins to open them. */
    static OpenBooks start(World world, Config config) {
        return new OpenBooks(world, config);
    }

    /** The books at once. */
    static Books open(World world, Config config) throws Problem {
        return Books.open(setting(world, config), world.clock(), Disk.REAL, Site.SCHEMAS);
    }

    /** Once they are open; a Ctrl-C ends the wait. */
    Books books() throws Problem {
        return books.get();
    }

    Jobs jobs() throws Problem {
        return jobs(books(), world);
    }

    static Jobs jobs(Books books, World world) {
        return new Jobs(books.store(), books.ledger(), world.clock(), dev.longhand.jobs.Limits.DEFAULT);
    }

    /** Who pays for {@code purpose} of that desk; an empty desk for none. */
    Payer payer(String purpose, String desk) {
        return payer(config, purpose, desk);
    }

    @Override
    public void close() {
        books.close();
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
        return warn(world, model.warnings(), said);
    }

    static int warn(World world, List<String> warnings, int said) {
        warnings.stream().skip(said).forEach(w -> world.note(Style.safe(w) + "; 'longhand ledger accounts' shows what is left"));
        return warnings.size();
    }

    /** Who pays for {@code purpose}: the account of the setting, else the person's own. */
    static Payer payer(Config config, String purpose, String desk) {
        return new Payer(config.text("account", null).orElse("person:" + person()),
                Cause.of(purpose).withPerson(person()).withDesk(desk));
    }
}
