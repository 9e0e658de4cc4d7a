package dev.longhand.upkeep;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.desk.HandedFiles;
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
        Set<Path> files = new HashSet<>(Set.of(folder.resolve(Manifest.FILE), folder.resolve(Manifest.DIGEST_FILE)));
        manifest.files().forEach(f -> files.add(folder.resolve(f.path())));
        Set<Path> folders = new HashSet<>(Set.of(folder.resolve(Manifest.DESKS)));
        files.forEach(f -> addAbove(f, folders));
        manifest.desks().stream().filter(Manifest.Desk::isMade).map(d -> folder.resolve(d.path(HandedFiles.FOLDER))).forEach(f -> {
            folders.add(f);
            addAbove(f, folders);
        });
        Set<Path> others = new TreeSet<>(Tree.below(folder));
        others.removeIf(f -> files.contains(f) || folders.contains(f) && Files.isDirectory(f, LinkOption.NOFOLLOW_LINKS));
        Path lock = OwnerFolder.lockFile(folder);
        if (others.contains(lock) && Files.isRegularFile(lock, LinkOption.NOFOLLOW_LINKS) && Files.size(lock) == 0) {
            others.remove(lock);
        }
        return others;
    }

    private void addAbove(Path file, Set<Path> folders) {
        for (Path each = file.getParent(); !each.equals(folder); each = each.getParent()) {
            folders.add(each);
        }
    }

    /** What the manifest says of the parts must agree with the files that it lists. */
    private static void consistent(Manifest manifest, Findings findings) {
        boolean hasDatabase = manifest.file(Manifest.DATABASE).isPresent();
        if (hasDatabase != (manifest.books() == Manifest.Books.INCLUDED)) {
            findings.found(Manifest.FILE, "it says " + manifest.books() + " of the books, and lists "
                    + (hasDatabase ? "a" : "no") + " database", ADVICE);
        }
        Set<String> made = new HashSet<>();
        for (Manifest.Desk each : manifest.desks()) {
            if ((each.isRead() || !each.isMade()) && manifest.file(each.path("catalogue")).isEmpty()) {
                findings.found(Manifest.FILE, "it names desk " + each.name() + " and lists no catalogue of it", ADVICE);
            }
            if (each.isMade()) {
                made.add(each.path(HandedFiles.FOLDER));
            }
        }
        for (Manifest.Entry each : manifest.files()) {
            int handed = each.path().indexOf("/" + HandedFiles.FOLDER + "/");
            if (handed >= 0 && !made.contains(each.path().substring(0, handed + 1 + HandedFiles.FOLDER.length()))) {
                findings.found(Manifest.FILE, "it lists " + each.path() + ", and no desk that files are handed to", ADVICE);
            }
        }
    }
}
