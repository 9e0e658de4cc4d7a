package dev.longhand.upkeep;

import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.base.Units;
import dev.longhand.desk.DeskFiles;
import dev.longhand.desk.HandedFiles;
import dev.longhand.store.Inspection;
import dev.longhand.store.StoreSetting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Brings a backup back into a data directory.
 *
 * <p>The backup is verified first. Everything is copied into a folder of the data directory ({@link Staging}) and compared with
 * the manifest again; until then nothing is changed. Then the parts are renamed into their places ({@link Swap}), and what was
 * there goes into a folder {@code before-...}, never away. A restore that is killed leaves the old data directory, or one that
 * the next restore completes. Used once, by one thread.
 */
public final class Restore {
    private final Site site;
    private final Watcher watcher;
    private final Copier copier;

    public Restore(Site site, Watcher watcher) {
        this.site = site;
        this.watcher = watcher;
        this.copier = new Copier(site.machine(), watcher);
    }

    /**
     * What was done.
     *
     * @param aside where what was there before lies now; empty if nothing was there
     * @param report of the data directory as it is now
     */
    public record Done(Manifest manifest, Optional<Path> aside, Report report) {}

    /** @param mayReplace whether what is there may go aside */
    public Done run(Path backup, boolean mayReplace) throws Problem {
        Path real = backup.toAbsolutePath().normalize();
        Manifest manifest = verified(real);
        Sha256 digest = ManifestFile.digest(real, site.machine().limits());
        return done(manifest, swapped(real, manifest, digest, mayReplace));
    }

    /** Puts everything in its place; the plan by which that was done. */
    private Staging.Plan swapped(Path real, Manifest manifest, Sha256 digest, boolean mayReplace) throws Problem {
        try (Staging staging = Staging.enter(site.home(), site.machine())) {
            Optional<Staging.Plan> begun = staging.plan();
            if (begun.isPresent()) {
                watcher.line("completing the restore that was interrupted");
                withLocks(() -> new Swap(site, staging, begun.get()).complete());
                if (begun.get().backup().equals(digest)) {
                    return begun.get();
                }
            }
            staging.clear();
            refuseOccupied(mayReplace);
            stage(real, manifest, staging);
            Staging.Plan plan = plan(manifest, digest);
            withLocks(() -> {
                staging.ready(plan);
                new Swap(site, staging, plan).complete();
            });
            return plan;
        } catch (IOException e) {
            throw explained(Disk.problem("restoring into", site.home().root(), e));
        } catch (Problem e) {
            throw explained(e);
        }
    }

    private Problem explained(Problem e) {
        return !Staging.isBegun(site.home()) ? e : new Problem(e.kind(), e.getMessage()
                + "; the restore is not complete: run the same longhand restore again, it goes on where this one stopped", e);
    }

    private Manifest verified(Path backup) throws Problem {
        Report report = new Verify(site, watcher).backup(backup);
        if (!report.isSound()) {
            throw new Problem(Problem.Kind.MALFORMED, "the backup " + backup + " is not sound, and nothing was changed: "
                    + report.findings().getFirst() + "; see all with: longhand verify " + backup);
        }
        return ManifestFile.read(backup, site.machine().limits());
    }

    private Done done(Manifest manifest, Staging.Plan plan) throws Problem {
        Path aside = site.home().root().resolve(plan.aside());
        watcher.line("restored; checking the result");
        Report report = new Verify(site.at(site.home()), watcher).home(false);
        return new Done(manifest, Files.exists(aside) ? Optional.of(aside) : Optional.empty(), report);
    }

    private void refuseOccupied(boolean mayReplace) throws IOException, Problem {
        Home home = site.home();
        List<String> there = new ArrayList<>();
        if (Files.exists(home.database(), LinkOption.NOFOLLOW_LINKS)) {
            there.add("a database");
        }
        int desks = DeskFiles.in(home.desks()).size();
        if (desks > 0) {
            there.add(Units.count(desks) + (desks == 1 ? " desk" : " desks"));
        }
        if (!there.isEmpty() && !mayReplace) {
            throw new Problem(Problem.Kind.USAGE, home.root() + " holds " + String.join(" and ", there)
                    + "; nothing was changed; with --replace they are put aside in a folder of it, or set LONGHAND_HOME to another "
                    + "folder");
        }
        // Early, before much is copied; asked again when it counts.
        withLocks(() -> {});
    }

    /** Everything into the staging, compared with the manifest. */
    private void stage(Path backup, Manifest manifest, Staging staging) throws IOException, Problem {
        Tree.requireSpace(staging.folder(), manifest.bytes(), site.machine().limits());
        site.machine().steps().before("stage");
        Files.createDirectories(staging.folder().resolve(Manifest.DESKS));
        for (Manifest.Entry each : manifest.files()) {
            copier.check();
            Manifest.Entry copied = copier.copy(backup.resolve(each.path()), staging.folder(), each.path());
            if (!copied.equals(each)) {
                throw new Problem(Problem.Kind.MALFORMED, backup.resolve(each.path())
                        + " changed since it was verified; nothing was changed here; verify the backup again");
            }
            if (each.path().endsWith(".gguf")) {
                Path from = backup.resolve(each.path());
                Files.setLastModifiedTime(staging.folder().resolve(each.path()), Files.getLastModifiedTime(from));
            }
        }
        for (Manifest.Desk each : manifest.desks()) {
            if (each.isMade()) { // also one that has no file just now
                Files.createDirectories(staging.folder().resolve(each.path(HandedFiles.FOLDER)));
            }
        }
        watcher.line("copied " + Units.count(manifest.files().size()) + " files, " + Units.bytes(manifest.bytes()));
    }

    private Staging.Plan plan(Manifest manifest, Sha256 digest) {
        List<String> placed = new ArrayList<>(List.of(Manifest.DESKS));
        List<String> removed = new ArrayList<>();
        switch (manifest.books()) {
            case INCLUDED -> placed.addFirst(Manifest.DATABASE);
            case NONE -> removed.add(Manifest.DATABASE);
            case LEFT_OUT -> watcher.line("the books are not in this backup; those of the data directory stay as they are");
        }
        (manifest.file(Manifest.CONFIG).isPresent() ? placed : removed).add(Manifest.CONFIG);
        return new Staging.Plan(digest, Staging.asideName(site.home(), site.stamp()), placed, removed);
    }

    /** What is done while nobody else reads a desk or has the database open. */
    @FunctionalInterface
    private interface Alone {
        void run() throws IOException, Problem;
    }

    /** Refuses while another process has the database open or reads a desk; none reads a desk until {@code work} is done. */
    private void withLocks(Alone work) throws IOException, Problem {
        List<DeskFiles.Hold> holds = new ArrayList<>();
        try {
            for (DeskFiles each : DeskFiles.in(site.home().desks())) {
                holds.add(each.hold());
            }
            Inspection.requireUnused(new StoreSetting.Sqlite(site.home().database()), Site.storeLimits());
            work.run();
        } finally {
            holds.forEach(DeskFiles.Hold::close);
        }
    }
}
