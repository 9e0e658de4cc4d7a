package dev.longhand.upkeep;

import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Reads a data directory or a backup from end to end and says what is wrong. Changes nothing: databases are looked at as {@link
 * dev.longhand.store.Inspection} does, desks without their lock, files with plain reads.
 */
public final class Verify {
    private final Site site;
    private final Watcher watcher;

    public Verify(Site site, Watcher watcher) {
        this.site = site;
        this.watcher = watcher;
    }

    /** Whether {@code folder} is a backup, or what is left of one, and not a data directory. */
    public static boolean isBackup(Path folder) {
        return ManifestFile.isIn(folder);
    }

    /** Whether {@code folder} holds anything that a data directory holds. */
    public static boolean isHome(Path folder) {
        return Stream.of(Manifest.DATABASE, Manifest.DESKS, Manifest.MODELS, Manifest.CONFIG)
                .anyMatch(each -> Files.exists(folder.resolve(each)));
    }

    /** @param readsModels whether the files of models are read too */
    public Report home(boolean readsModels) throws Problem {
        Path root = site.home().root();
        if (!Files.isDirectory(root)) {
            throw new Problem(Problem.Kind.NOT_FOUND, "there is no data directory " + root
                    + "; name one, or set LONGHAND_HOME to one");
        }
        Findings findings = findings();
        if (!isHome(root)) {
            findings.note("nothing of Longhand is in it yet");
        }
        interruptedRestore(findings);
        new BooksCheck(site, watcher).run(findings);
        new DesksCheck(site.home(), false, site.machine().clock(), watcher).run(findings);
        new ModelsCheck(site, watcher).run(readsModels, findings);
        leftovers(findings);
        return findings.report(root, false);
    }

    private Findings findings() {
        return new Findings(site.machine().limits());
    }

    private void interruptedRestore(Findings findings) throws Problem {
        if (Staging.isBegun(site.home())) {
            findings.found("this data directory", "a restore was interrupted while it put things in their places",
                    "run the same longhand restore again; it completes the first");
        }
    }

    /** Temporary files and folders of processes that were killed, or that are at work just now. */
    private void leftovers(Findings findings) throws Problem {
        Home home = site.home();
        String todo = " was left by a process that was killed, or is in use just now; ";
        for (Path each : named(home.root(), ".*")) {
            if (each.equals(Staging.folder(home)) && !Staging.isBegun(home)) {
                findings.note(each + todo + "the next restore removes it");
            } else if (each.getFileName().toString().endsWith(".tmp")) {
                findings.note(each + todo + "it may be deleted when nothing runs");
            }
        }
        for (Path each : named(home.root().resolve(Backup.FOLDER), ".*")) {
            if (NewFolder.isPartial(each)) {
                findings.note(each + todo + "the next backup removes it");
            }
        }
        for (Path each : named(home.desks(), ".gone-*")) {
            findings.note(each + todo + "the next 'longhand desk rm' removes it");
        }
        for (Path each : named(home.models(), ".*.tmp")) {
            findings.note(each + todo + "the next pull removes it");
        }
    }

    private static List<Path> named(Path folder, String pattern) throws Problem {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, pattern)) {
            stream.forEach(found::add);
        } catch (NoSuchFileException | NotDirectoryException e) {
            // Nothing was made there yet.
        } catch (IOException e) {
            throw Disk.problem("listing", folder, e);
        }
        found.sort(null);
        return found;
    }

    /** Compares every file with the manifest, then looks into them as into a data directory. */
    public Report backup(Path folder) throws Problem {
        Path real = folder.toAbsolutePath().normalize();
        if (!Files.isDirectory(real)) {
            throw new Problem(Problem.Kind.NOT_FOUND, "there is no folder " + real + "; name a backup");
        }
        if (!isBackup(real)) {
            throw new Problem(Problem.Kind.NOT_FOUND, real + " is no backup: it has no " + Manifest.FILE);
        }
        Findings findings = findings();
        try {
            Manifest manifest = ManifestFile.read(real, site.machine().limits());
            new BackupFiles(real, new Copier(site.machine(), watcher)).run(manifest, findings);
            if (findings.isEmpty()) {
                Site inside = site.at(new Home(real));
                new BooksCheck(inside, watcher).run(findings);
                new DesksCheck(inside.home(), true, site.machine().clock(), watcher).run(findings);
            }
            manifest.leftOut().forEach(l -> findings.note("not in the backup: " + l.what() + ": " + l.why()));
        } catch (Problem e) {
            if (e.kind() != Problem.Kind.MALFORMED) {
                throw e;
            }
            findings.found(Manifest.FILE, e.getMessage(), "the backup cannot be used; take another");
        }
        return findings.report(real, true);
    }
}
