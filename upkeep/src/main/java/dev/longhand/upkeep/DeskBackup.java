package dev.longhand.upkeep;

import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.desk.DeskFiles;
import dev.longhand.desk.HandedFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Copies one desk into a backup while it is in use: what was read of it, at one generation, and then the files that were handed to
 * it. So the files are at least as new as what was read of them; the next reading brings both together. Used once, by one thread.
 */
final class DeskBackup {
    private static final int ATTEMPTS_MAX = 3;

    private final DeskFiles desk;
    private final Path folder;
    private final int filesMax;
    private final Copier copier;
    private final List<Manifest.Entry> files = new ArrayList<>();

    DeskBackup(DeskFiles desk, Path folder, Site site, Copier copier) {
        this.desk = desk;
        this.folder = folder;
        this.filesMax = site.machine().limits().filesMax();
        this.copier = copier;
    }

    /** Takes what is not in the backup, and why. */
    @FunctionalInterface
    interface LeftOut {
        void tell(String what, String why);
    }

    /** A desk that is in the backup. */
    record Done(Manifest.Desk desk, List<Manifest.Entry> files, int handed) {
        Done {
            files = List.copyOf(files);
        }

        /** For people. */
        String line() {
            String read = desk.isRead() ? "generation %d, %s documents".formatted(desk.generation(), Units.count(desk.documents()))
                    : "nothing read";
            return "desk %s: %s, %s%s".formatted(desk.name(), read, desk.isMade() ? Units.count(handed) + " files handed in, " : "",
                    Units.bytes(files.stream().mapToLong(Manifest.Entry::bytes).sum()));
        }
    }

    /** Empty if there is nothing of the desk, or it is removed meanwhile. */
    Optional<Done> run(LeftOut leftOut) throws IOException, Problem {
        boolean isMade = desk.isMade();
        Optional<Manifest.Desk> read = desk.isRead() ? read(isMade, leftOut) : Optional.empty();
        int handed = isMade ? handed(leftOut) : 0;
        if (!desk.isThere() || read.isEmpty() && !isMade) {
            Tree.delete(copy());
            return Optional.empty();
        }
        return Optional.of(new Done(read.orElse(new Manifest.Desk(desk.name(), "", 0, 0, 0, isMade)), files, handed));
    }

    private Path copy() {
        return folder.resolve(Manifest.DESKS).resolve(desk.name());
    }

    private String path(String file) {
        return Manifest.DESKS + "/" + desk.name() + "/" + file;
    }

    /** A copy that is not sound is made again: the index may have been built anew between its files. */
    private Optional<Manifest.Desk> read(boolean isMade, LeftOut leftOut) throws IOException, Problem {
        String trouble = "";
        for (int attempt = 1; attempt <= ATTEMPTS_MAX && desk.isRead(); attempt++) {
            List<Manifest.Entry> copied = new ArrayList<>();
            try (DeskFiles.Generation generation = desk.open()) {
                for (DeskFiles.Member each : generation.members()) {
                    copied.add(copier.copy(each.in(), folder, path(each.path()), each.bytes()));
                }
                DeskFiles.Checked checked = new DeskFiles(copy()).check();
                if (checked.findings().isEmpty()) {
                    files.addAll(copied);
                    return Optional.of(new Manifest.Desk(desk.name(), generation.root(), generation.number(),
                            generation.documents(), generation.passages(), isMade));
                }
                trouble = checked.findings().getFirst();
            } catch (DeskFiles.Unusable e) {
                trouble = e.getMessage();
            }
            Tree.delete(copy());
        }
        if (desk.isRead()) {
            leftOut.tell((isMade ? "what was read of desk " : "desk ") + desk.name(),
                    trouble + "; it is being read just now, or damaged; it is read again with the next "
                            + (isMade ? "reading; the files that were handed to it are in the backup" : "question"));
        }
        return Optional.empty();
    }

    /** The only copy of them; how many there are. */
    private int handed(LeftOut leftOut) throws IOException, Problem {
        Files.createDirectories(copy().resolve(HandedFiles.FOLDER));
        copy(desk.quota(), path(desk.quota().name()));
        HandedFiles.Listing listing = desk.handed(filesMax);
        int count = 0;
        for (HandedFiles.One each : listing.files()) {
            count += copy(each, path(HandedFiles.FOLDER + "/" + each.name())) ? 1 : 0;
        }
        if (!listing.others().isEmpty()) {
            leftOut.tell("%s of %s".formatted(listing.others().size() == 1 ? "a file" : Units.count(listing.others().size())
                    + " files", listing.others().getFirst().getParent()), "a link, or a name under which no file is handed in: "
                    + listing.others().getFirst().getFileName());
        }
        return count;
    }

    /** False for one that was removed meanwhile. */
    private boolean copy(HandedFiles.One file, String path) throws IOException, Problem {
        copier.check();
        Optional<InputStream> opened = file.open();
        if (opened.isEmpty()) {
            return false;
        }
        try (InputStream in = opened.get()) {
            files.add(copier.copy(in, folder, path, Tree.sizeOrNone(file.file())));
        }
        return true;
    }
}
