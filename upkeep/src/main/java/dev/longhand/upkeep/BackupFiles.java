package dev.longhand.upkeep;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;

/** Compares the files of a backup with its manifest: each is there, with its size and digest, and there is no other. */
final class BackupFiles {
    private static final String ADVICE = "the backup cannot be used; take another, and check the disk that it lies on";

    private final Path folder;
    private final Copier copier;

    BackupFiles(Path folder, Copier copier) {
        this.folder = folder;
        this.copier = copier;
    }

    void run(Manifest manifest, Findings findings) throws Problem {
        try {
            for (Manifest.Entry each : manifest.files()) {
                compare(each, findings);
            }
            for (Path each : others(manifest)) {
                findings.found(folder.relativize(each).toString(), "the manifest does not list it: it was added later", ADVICE);
            }
        } catch (IOException e) {
            throw Disk.problem("reading", folder, e);
        }
        consistent(manifest, findings);
        findings.looked("files: %s, %s, each compared with its digest".formatted(Units.count(manifest.files().size()),
                Units.bytes(manifest.bytes())));
    }

    private void compare(Manifest.Entry entry, Findings findings) throws IOException, Problem {
        Path file = folder.resolve(entry.path());
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            findings.found(entry.path(), Files.exists(file, LinkOption.NOFOLLOW_LINKS) ? "it is no plain file" : "it is missing",
                    ADVICE);
        } else if (Files.size(file) != entry.bytes()) {
            findings.found(entry.path(), "it has %s bytes; the manifest says %s".formatted(Units.count(Files.size(file)),
                    Units.count(entry.bytes())), ADVICE);
        } else if (!copier.measure(folder, entry.path()).equals(entry)) {
            findings.found(entry.path(), "its content is not what was backed up: its SHA-256 differs", ADVICE);
        }
    }

    /** Files, links and folders that no entry of the manifest accounts for. */
    private Set<Path> others(Manifest manifest) throws IOException {
        Set<Path> known = new HashSet<>(Set.of(folder.resolve(Manifest.FILE), folder.resolve(Manifest.DIGEST_FILE),
                folder.resolve(Manifest.DESKS)));
        for (Manifest.Entry each : manifest.files()) {
            for (Path file = folder.resolve(each.path()); !file.equals(folder); file = file.getParent()) {
                known.add(file);
            }
        }
        Set<Path> others = new TreeSet<>(Tree.below(folder));
        others.removeAll(known);
        Path lock = OwnerFolder.lockFile(folder);
        if (others.contains(lock) && Files.isRegularFile(lock, LinkOption.NOFOLLOW_LINKS) && Files.size(lock) == 0) {
            others.remove(lock);
        }
        return others;
    }

    /** What the manifest says of the parts must agree with the files that it lists. */
    private static void consistent(Manifest manifest, Findings findings) {
        boolean hasDatabase = manifest.file(Manifest.DATABASE).isPresent();
        if (hasDatabase != (manifest.books() == Manifest.Books.INCLUDED)) {
            findings.found(Manifest.FILE, "it says " + manifest.books() + " of the books, and lists "
                    + (hasDatabase ? "a" : "no") + " database", ADVICE);
        }
        for (Manifest.Desk each : manifest.desks()) {
            if (manifest.file(Manifest.DESKS + "/" + each.name() + "/catalogue").isEmpty()) {
                findings.found(Manifest.FILE, "it names desk " + each.name() + " and lists no catalogue of it", ADVICE);
            }
        }
    }
}
