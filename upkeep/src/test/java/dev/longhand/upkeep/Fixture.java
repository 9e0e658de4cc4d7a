package dev.longhand.upkeep;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.desk.Desk;
import dev.longhand.desk.Desks;
import dev.longhand.desk.ReadListener;
import dev.longhand.desk.Router;
import dev.longhand.ledger.Account;
import dev.longhand.ledger.Balance;
import dev.longhand.ledger.Booking;
import dev.longhand.ledger.Budget;
import dev.longhand.ledger.Cause;
import dev.longhand.ledger.Ledger;
import dev.longhand.ledger.Meters;
import dev.longhand.ledger.Unit;
import dev.longhand.store.Store;
import dev.longhand.store.StoreSetting;
import dev.longhand.testkit.Gen;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A small data directory with everything in it: two desks, books with lines of every kind, a model, settings. */
final class Fixture {
    static final List<String> QUESTIONS = List.of("How many electric pumps are there?", "Where does the silver moth lay its eggs?",
            "What is the retry budget?", "What does the archive keep?");
    static final String ANN = "person:ann";
    static final String MACHINE = "machine:cpu";
    static final Cause CAUSE = Cause.of("test");
    static final Backup.Options PLAIN = new Backup.Options(false, false, "test");

    final Path temp;
    final Home home;
    final Path papers;
    final Path notes;

    Fixture(Path temp) {
        this.temp = temp;
        this.home = new Home(temp.resolve("home"));
        this.papers = temp.resolve("papers");
        this.notes = temp.resolve("notes");
    }

    static Fixture full(Path temp) throws Exception {
        Fixture fixture = new Fixture(temp);
        fixture.readDesks();
        fixture.book();
        Files.writeString(fixture.home.root().resolve("config.toml"), "threads = 1\n");
        fixture.addModel();
        return fixture;
    }

    static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
    }

    void readDesks() throws Exception {
        write(papers.resolve("pump.md"), "# Pumps\n\nThe pump house runs two electric pumps.\n");
        write(papers.resolve("sub/moth.txt"), "The silver moth lays its eggs on birch bark.\n");
        write(papers.resolve("Retry.java"), "class Retry {\n    int retryBudget = 5;\n}\n");
        write(notes.resolve("archive.md"), "# Archive\n\nThe archive keeps maps of rivers.\n");
        read(papers, "papers");
        read(notes, "notes");
    }

    void read(Path root, String name) throws Problem {
        try (Desk desk = desks(home).forFolder(root, name)) {
            desk.refresh(ReadListener.SILENT);
        }
    }

    static Desks desks(Home home) {
        return new Desks(home, Disk.REAL, Clock.SYSTEM);
    }

    static Store store(Home home) throws Problem {
        return Store.open(new StoreSetting.Sqlite(home.database()), dev.longhand.store.Limits.DEFAULT, Clock.SYSTEM, Disk.REAL,
                Site.SCHEMAS);
    }

    static Ledger ledger(Store store) throws Problem {
        return Ledger.open(store, Clock.SYSTEM, dev.longhand.ledger.Limits.DEFAULT);
    }

    static Booking booking(String id, long amount) {
        return new Booking(id, ANN, MACHINE, amount, Unit.EUR, CAUSE);
    }

    /** Lines of every kind: sealed and not, open, posted, released, expired, booked, corrected. */
    void book() throws Exception {
        try (Store store = store(home)) {
            Ledger ledger = ledger(store);
            ledger.open(new Account(ANN, Unit.EUR, Account.Kind.PERSON));
            ledger.open(new Account(MACHINE, Unit.EUR, Account.Kind.MACHINE));
            ledger.put(new Budget(ANN, Budget.Period.EVER, 1_000_000, 2_000_000, 500_000));
            ledger.reserve(booking("posted", 100), Duration.ofHours(1));
            ledger.post("post", "posted", 60, Meters.NONE);
            ledger.reserve(booking("released", 50), Duration.ofHours(1));
            ledger.release("release", "released");
            ledger.reserve(booking("expired", 40), Duration.ofNanos(1_000));
            while (ledger.expire() == 0) {
                Clock.SYSTEM.sleep(1_000_000);
            }
            ledger.book(booking("booked", 30), Meters.NONE);
            ledger.correct("corrected", "booked", 10, CAUSE);
            ledger.seal();
            ledger.reserve(booking("open", 70), Duration.ofHours(1));
            ledger.book(booking("unsealed", 5), Meters.NONE);
        }
    }

    /** One model that a pull put there, and its row. */
    Path addModel() throws IOException {
        byte[] content = new Gen(3).bytes(50_000);
        System.arraycopy("GGUF".getBytes(StandardCharsets.US_ASCII), 0, content, 0, 4);
        Path file = home.models().resolve(Sha256.of(content) + ".gguf");
        Files.createDirectories(home.models());
        Files.write(file, content);
        Files.writeString(home.models().resolve("models.toml"), """
                # What is installed.

                [[installed]]
                name = "tiny"
                sha256 = "%s"
                file = "%s"
                sizeBytes = %d
                modifiedMs = %d
                referenced = false
                origin = "test"
                licence = ""
                installedAt = "2025-01-01T00:00:00Z"
                """.formatted(Sha256.of(content), file.getFileName(), content.length, Files.getLastModifiedTime(file).toMillis()));
        return file;
    }

    Site site() {
        return site(home);
    }

    static Site site(Home home) {
        return Site.of(home, new StoreSetting.Sqlite(home.database()), Map.of());
    }

    static Site site(Home home, Steps steps) {
        Site real = site(home);
        return new Site(home, real.books(), real.schemas(), real.environment(),
                new Site.Machine(Clock.SYSTEM, Disk.REAL, steps, Limits.DEFAULT));
    }

    Path backup(String name) throws Problem {
        return new Backup(site(), Watcher.SILENT).run(temp.resolve(name), PLAIN).folder();
    }

    /** All passages that the questions find on all desks, and the balances: what a data directory answers. */
    static List<String> answers(Home home) throws Problem {
        List<String> answers = new ArrayList<>();
        for (String name : List.of("papers", "notes")) {
            try (Desk desk = desks(home).open(name)) {
                for (String question : QUESTIONS) {
                    for (Router.Ranked each : desk.router().route(question, 10)) {
                        answers.add(name + " " + each);
                    }
                }
            }
        }
        try (Store store = store(home)) {
            Ledger ledger = ledger(store);
            for (String account : List.of(ANN, MACHINE)) {
                Balance balance = ledger.balance(account);
                answers.add(account + " " + balance + " " + ledger.budgets(account));
            }
            answers.add(ledger.check().toString());
        }
        return answers;
    }

    /** Path and digest of every file below {@code folder}; links and locks do not count. */
    static Map<String, String> bytes(Path folder) throws IOException {
        Map<String, String> bytes = new TreeMap<>();
        if (Files.exists(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path each : files.filter(f -> Files.isRegularFile(f, LinkOption.NOFOLLOW_LINKS)).toList()) {
                    if (!each.endsWith("lock")) {
                        bytes.put(folder.relativize(each).toString(), Sha256.ofFile(each).hex());
                    }
                }
            }
        }
        return bytes;
    }

    /** A second data directory with the files of this one. */
    Home copy(String name) throws IOException {
        Path copy = temp.resolve(name);
        try (Stream<Path> files = Files.walk(home.root())) {
            for (Path each : files.toList()) {
                Files.copy(each, copy.resolve(home.root().relativize(each).toString()), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
        return new Home(copy);
    }

    /** The same without what restores and backups themselves keep there. */
    static Map<String, String> content(Home home) throws IOException {
        Map<String, String> bytes = bytes(home.root());
        bytes.keySet().removeIf(f -> f.startsWith("before-") || f.startsWith("backups/"));
        return bytes;
    }
}
