package dev.longhand.upkeep;

import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.catalog.InstalledModel;
import dev.longhand.catalog.Models;
import dev.longhand.desk.DeskFiles;
import dev.longhand.store.Inspection;
import dev.longhand.store.StoreSetting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Copies a data directory into a new folder while it is in use: {@code docs/formats/backup.md}.
 *
 * <p>The database comes first, at one moment; the desks after it, each at one generation. So whatever the database of the backup
 * speaks of was there when the desks were copied. Everything that was copied is checked before the folder gets its name. Used
 * once, by one thread.
 */
public final class Backup {
    /** Where backups go unless a person says otherwise, below the data directory. */
    public static final String FOLDER = "backups";

    private final Site site;
    private final Watcher watcher;
    private final Copier copier;
    private final List<Manifest.Entry> files = new ArrayList<>();
    private final List<Manifest.Desk> desks = new ArrayList<>();
    private final List<Manifest.Model> models = new ArrayList<>();
    private final List<Manifest.LeftOut> leftOut = new ArrayList<>();

    public Backup(Site site, Watcher watcher) {
        this.site = site;
        this.watcher = watcher;
        this.copier = new Copier(site.machine(), watcher);
    }

    /**
     * What is wanted.
     *
     * @param withModels      the weights too
     * @param withoutDatabase a backup without the books is meant
     * @param longhand        version of this program, for the manifest
     */
    public record Options(boolean withModels, boolean withoutDatabase, String longhand) {}

    /** A backup that is there. */
    public record Done(Path folder, Manifest manifest) {}

    /** The folder that is used where a person names none; it does not exist. */
    public Path defaultTarget() {
        Path folder = site.home().root().resolve(FOLDER);
        String stamp = site.stamp();
        Path target = folder.resolve(stamp);
        for (int i = 2; Files.exists(target); i++) {
            target = folder.resolve(stamp + "-" + i);
        }
        return target;
    }

    /** @param target a folder that does not exist */
    public Done run(Path target, Options options) throws Problem {
        Path real = target.toAbsolutePath().normalize();
        Home home = site.home();
        if (!Files.isDirectory(home.root())) {
            throw new Problem(Problem.Kind.NOT_FOUND, "there is no data directory " + home.root()
                    + ", so there is nothing to back up; set LONGHAND_HOME if it lies elsewhere");
        }
        refuseWithoutBooks(options);
        Instant at = site.machine().clock().now();
        try (NewFolder folder = NewFolder.begin(real, site.machine())) {
            Tree.requireSpace(folder.folder(), expectedBytes(options), site.machine().limits());
            Manifest.Books books = books(folder.folder(), options);
            desks(folder.folder());
            plainFile(folder.folder(), home.root().resolve(Manifest.CONFIG), Manifest.CONFIG);
            models(folder.folder(), options.withModels());
            files.sort(Comparator.comparing(Manifest.Entry::path));
            Manifest manifest = new Manifest(at, options.longhand(), books, desks, models, files, leftOut);
            step("write " + Manifest.FILE);
            ManifestFile.write(site.machine().disk(), folder.folder(), manifest, site.machine().limits());
            folder.publish();
            return new Done(real, manifest);
        } catch (IOException e) {
            throw Disk.problem("writing", real, e);
        }
    }

    private void refuseWithoutBooks(Options options) throws Problem {
        if (site.books() instanceof StoreSetting.Postgres postgres && !options.withoutDatabase()) {
            throw new Problem(Problem.Kind.UNSUPPORTED, "the books are in " + postgres
                    + " and are not in a backup of files; save them with: " + dumpCommand(postgres)
                    + "; then back up the rest with: longhand backup --without-database");
        }
    }

    /** Without a password: PostgreSQL's own programs ask for it or find it. */
    private static String dumpCommand(StoreSetting.Postgres postgres) {
        return "pg_dump --format=custom --file=longhand.dump '" + postgres + "'";
    }

    private long expectedBytes(Options options) throws Problem, IOException {
        long bytes = Tree.bytes(site.home().desks());
        if (site.books() instanceof StoreSetting.Sqlite sqlite) {
            // Twice: VACUUM builds the copy in pages and may keep as much for sorting.
            bytes += 2 * (Tree.sizeOrNone(sqlite.file()) + Tree.sizeOrNone(Path.of(sqlite.file() + "-wal")));
        }
        if (options.withModels()) {
            for (InstalledModel each : rows()) {
                bytes += isOurs(each) ? Tree.sizeOrNone(each.file()) : 0;
            }
        }
        return bytes;
    }

    private void step(String what) throws IOException, Problem {
        copier.check();
        site.machine().steps().before(what);
    }

    private Manifest.Books books(Path folder, Options options) throws IOException, Problem {
        if (options.withoutDatabase()) {
            String why = site.books() instanceof StoreSetting.Postgres postgres
                    ? "they are in " + postgres + "; save them with: " + dumpCommand(postgres) : "left out on demand";
            leftOut("the books", why);
            return Manifest.Books.LEFT_OUT;
        }
        StoreSetting.Sqlite setting = (StoreSetting.Sqlite) site.books();
        if (!Files.exists(setting.file())) {
            watcher.line("the books: there are none yet");
            return Manifest.Books.NONE;
        }
        step("copy " + Manifest.DATABASE);
        long bytes = Inspection.copy(setting, folder.resolve(Manifest.DATABASE), site.tools(watcher));
        Findings findings = new Findings(site.machine().limits());
        new BooksCheck(site.at(new Home(folder)), watcher).run(findings);
        Report report = findings.report(folder, true);
        if (!report.isSound()) {
            throw new Problem(Problem.Kind.MALFORMED, "the books are damaged, and a backup of them would be of no use: "
                    + report.findings().getFirst().wrong() + "; nothing was written; restore them from an older backup");
        }
        files.add(copier.measure(folder, Manifest.DATABASE));
        watcher.line(report.looked().getFirst() + ", " + Units.bytes(bytes));
        return Manifest.Books.INCLUDED;
    }

    private void leftOut(String what, String why) {
        leftOut.add(new Manifest.LeftOut(what, why));
    }

    private void desks(Path folder) throws IOException, Problem {
        Files.createDirectories(folder.resolve(Manifest.DESKS));
        for (DeskFiles each : DeskFiles.in(site.home().desks())) {
            step("copy desk " + each.name());
            if (!ManifestFile.isDesk(each.name())) {
                leftOut(Manifest.DESKS + "/" + each.name(), "it is no desk's name");
            } else {
                new DeskBackup(each, folder, site, copier).run(this::leftOut).ifPresent(d -> {
                    desks.add(d.desk());
                    files.addAll(d.files());
                    watcher.line(d.line());
                });
            }
            requireCount();
        }
    }

    private void requireCount() throws Problem {
        int filesMax = site.machine().limits().filesMax();
        if (files.size() > filesMax) {
            throw new Problem(Problem.Kind.LIMIT, "a backup has at most %,d files, and the desks have more; nothing was written"
                    .formatted(filesMax));
        }
    }

    /** A small file that is published whole or a person's own: read at once. */
    private void plainFile(Path folder, Path from, String path) throws IOException, Problem {
        step("copy " + path);
        if (Files.isRegularFile(from)) {
            try {
                files.add(copier.copy(new java.io.ByteArrayInputStream(Files.readAllBytes(from)), folder, path, Files.size(from)));
            } catch (NoSuchFileException e) {
                // It was removed between the look and the reading: then there is none.
            }
        }
    }

    private List<InstalledModel> rows() throws Problem {
        return Models.open(site.home(), site.environment()).rows();
    }

    /** A file that a pull put there, by its digest; not a person's own that is only listed. */
    private boolean isOurs(InstalledModel model) {
        return !model.isReferenced() && model.file().equals(site.home().models().resolve(model.digest() + ".gguf"));
    }

    private void models(Path folder, boolean withModels) throws IOException, Problem {
        plainFile(folder, site.home().root().resolve(Manifest.MODELS_LIST), Manifest.MODELS_LIST);
        Set<String> paths = new TreeSet<>();
        for (InstalledModel each : rows()) {
            boolean isCopied = false;
            if (withModels && isOurs(each) && Files.exists(each.file())) {
                String path = Manifest.MODELS + "/" + each.digest() + ".gguf";
                isCopied = !paths.add(path) || weights(folder, each, path);
            } else if (withModels) {
                leftOut("model " + each.name(), Files.exists(each.file()) ? "a file of your own, " + each.file() + ", with SHA-256 "
                        + each.digest() : "its file is gone");
            }
            models.add(new Manifest.Model(each.name(), each.digest(), each.sizeBytes(), isCopied));
        }
        long absent = models.stream().filter(m -> !m.isIncluded()).count();
        if (!withModels && absent > 0) {
            leftOut("the files of " + absent + (absent == 1 ? " model" : " models"),
                    "they are listed with their digests, and 'longhand pull' fetches them again; --models takes them along");
        }
    }

    private boolean weights(Path folder, InstalledModel model, String path) throws IOException, Problem {
        FileTime modified = Files.getLastModifiedTime(model.file());
        Manifest.Entry copied = copier.copy(model.file(), folder, path);
        if (!copied.digest().equals(model.digest())) {
            Files.delete(folder.resolve(path));
            leftOut("model " + model.name(), "its file is damaged: " + model.file() + " has SHA-256 " + copied.digest()
                    + ", it was installed with " + model.digest());
            return false;
        }
        Files.setLastModifiedTime(folder.resolve(path), modified);
        files.add(copied);
        watcher.line("model " + model.name() + ": " + Units.bytes(copied.bytes()));
        return true;
    }
}
