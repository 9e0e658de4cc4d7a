package dev.longhand.catalog;

import dev.longhand.base.Check;
import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The models folder: what is installed, and how more gets in.
 *
 * <p>Layout: {@code models/<sha256>.gguf} complete and checked; {@code models/models.toml} the rows; {@code models/KEY.part} with
 * {@code KEY.part.info} an interrupted download; {@code models/.pip-KEY/} a running pip; {@code models/.locks/} locks.
 *
 * <p>Invariants: a row's file had the row's digest when the row was written, and counts as installed only while its size and
 * modification time are the same; a file gets its final name after its digest was compared. A model that is installed is found
 * without any request. Thread-safe, and safe between processes.
 */
public final class Models {
    private final Path folder;
    private final Settings settings;
    private final Catalogue catalogue;
    private final Clock clock;
    private final Disk disk;
    private final SpaceCheck space;
    private final Inventory inventory;

    Models(Path folder, Settings settings, Catalogue catalogue, Machine machine) {
        this.folder = folder;
        this.settings = settings;
        this.catalogue = catalogue;
        this.clock = machine.clock();
        this.disk = machine.disk();
        this.space = machine.space();
        this.inventory = new Inventory(folder, disk, clock);
    }

    /** The seams to the machine. */
    record Machine(Clock clock, Disk disk, SpaceCheck space) {
        static final Machine REAL = new Machine(Clock.SYSTEM, Disk.REAL, SpaceCheck.REAL);
    }

    /** The models of this data directory, with the settings of this environment. */
    public static Models open(Home home, Map<String, String> environment) throws Problem {
        return new Models(home.models(), Settings.from(environment), Catalogue.builtIn(), Machine.REAL);
    }

    public Catalogue catalogue() {
        return catalogue;
    }

    /** What is installed and whose file is as it was, by name. */
    public List<InstalledModel> list() throws Problem {
        return inventory.rows().stream().filter(Models::isUnchanged).sorted(java.util.Comparator.comparing(InstalledModel::name))
                .toList();
    }

    /** Every row, also one whose file is gone or is not as it was. */
    public List<InstalledModel> rows() throws Problem {
        return inventory.rows();
    }

    /**
     * Takes over the rows of another models folder for which there is none of that name here; their files are taken to lie here as
     * they lay there. How many.
     */
    public int adopt(Path otherFolder) throws Problem {
        List<InstalledModel> others = new Inventory(otherFolder, disk, clock).rows();
        List<InstalledModel> taken = new ArrayList<>();
        inventory.change(rows -> {
            taken.clear();
            for (InstalledModel each : others) {
                if (rows.stream().noneMatch(r -> r.name().equals(each.name()))) {
                    taken.add(each.movedFrom(otherFolder, folder));
                }
            }
            List<InstalledModel> next = new ArrayList<>(rows);
            next.addAll(taken);
            return next;
        });
        return taken.size();
    }

    /** Interrupted downloads that a pull would continue. */
    public List<PartialDownload> partials() throws Problem {
        List<PartialDownload> found = new ArrayList<>();
        for (String key : partKeys()) {
            PartFile part = new PartFile(disk, folder, key);
            Optional<PartFile.Info> info = part.info();
            if (info.isPresent()) {
                found.add(new PartialDownload(info.get().name(), part.data(), part.bytes(), info.get().totalBytes()));
            }
        }
        return found;
    }

    private List<String> partKeys() throws Problem {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> PartFile.keyOf(f.getFileName().toString())).flatMap(Optional::stream).sorted().toList();
        } catch (java.nio.file.NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw Disk.problem("listing", folder, e);
        }
    }

    /** The installed model of that reference, without any request. */
    public Optional<InstalledModel> find(ModelReference reference) throws Problem {
        List<InstalledModel> rows = inventory.rows();
        return switch (reference) {
            case ModelReference.LocalFile local -> rows.stream().filter(r -> r.file().equals(real(local.path())))
                    .filter(Models::isUnchanged).findFirst();
            case ModelReference.Named named -> named(rows, named.name());
            case ModelReference.HubFile hub -> byName(rows, hub.text());
            case ModelReference.Package wheel -> byName(rows, wheel.text());
        };
    }

    private Optional<InstalledModel> named(List<InstalledModel> rows, String name) {
        Optional<CatalogueEntry> entry = catalogue.find(name);
        if (entry.isPresent()) {
            return byName(rows, entry.get().name()).filter(r -> entry.get().digest().map(r.digest()::equals).orElse(true));
        }
        return byName(rows, name).or(() -> name.matches("[0-9a-f]{8,64}")
                ? rows.stream().filter(r -> r.digest().hex().startsWith(name)).filter(Models::isUnchanged).findFirst()
                : Optional.empty());
    }

    private static Optional<InstalledModel> byName(List<InstalledModel> rows, String name) {
        return rows.stream().filter(r -> r.name().equals(name)).filter(Models::isUnchanged).findFirst();
    }

    private static boolean isUnchanged(InstalledModel model) {
        try {
            return ModelFiles.stamp(model.file()).equals(new ModelFiles.Stamp(model.sizeBytes(), model.modifiedMs()));
        } catch (IOException e) {
            return false;
        }
    }

    private static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            return path;
        }
    }

    /** Makes the model ready: at once where it is installed, else from the first of its sources that has it. */
    public InstalledModel pull(ModelReference reference, PullOptions options, Progress progress) throws Problem {
        Optional<InstalledModel> warm = find(reference);
        if (warm.isPresent()) {
            return warm.get();
        }
        if (reference instanceof ModelReference.LocalFile local) {
            return register(local, progress);
        }
        Plan plan = plan(reference);
        boolean isOffline = options.isOffline() || settings.isOffline();
        disk.createFolders(folder);
        try (PullLock lock = PullLock.acquire(folder.resolve(".locks").resolve(plan.key()), plan.name(), clock, progress)) {
            Optional<InstalledModel> byAnother = find(reference);
            if (byAnother.isPresent()) {
                return byAnother.get();
            }
            return new Pull(folder, settings, new Machine(clock, disk, space), plan, progress).run(inventory, isOffline);
        }
    }

    private Plan plan(ModelReference reference) throws Problem {
        return switch (reference) {
            case ModelReference.Named named -> Plan.of(catalogue.find(named.name()).orElseThrow(() -> unknown(named)));
            case ModelReference.HubFile hub -> Plan.of(hub);
            case ModelReference.Package wheel -> Plan.of(wheel);
            case ModelReference.LocalFile local -> throw new IllegalArgumentException("a file is not fetched: " + local);
        };
    }

    private Problem unknown(ModelReference.Named named) {
        List<String> names = catalogue.entries().stream().map(CatalogueEntry::name).toList();
        return new Problem(Problem.Kind.NOT_FOUND, "no model is called %s; the catalogue has %s. A model is named as %s"
                .formatted(named.name(), String.join(", ", names), ModelReference.ACCEPTED));
    }

    private InstalledModel register(ModelReference.LocalFile local, Progress progress) throws Problem {
        if (!Files.exists(local.path())) {
            throw new Problem(Problem.Kind.NOT_FOUND, "the model file " + local.path()
                    + " does not exist; name a .gguf file or a model folder");
        }
        Path real = real(local.path());
        ModelFiles.requireModel(real);
        String origin = Files.isDirectory(real) ? "local folder" : "local file";
        InstalledModel model = Digests.measured(new Digests.Named(local.text(), origin, ""), real, true, clock, progress);
        inventory.put(model);
        return model;
    }

    /** Reads the whole file again and compares its digest. */
    public void verify(InstalledModel model, Progress progress) throws Problem {
        Sha256 found = ModelFiles.digest(model.file(), "checking " + model.name(), progress);
        if (!found.equals(model.digest())) {
            throw new Problem(Problem.Kind.MALFORMED,
                    "%s is damaged: %s has SHA-256 %s, it was installed with %s; `longhand rm %s` and pull it again"
                    .formatted(model.name(), model.file(), found, model.digest(), model.name()));
        }
    }

    /**
     * Removes a model, or an interrupted download of that name. A file of the person's own stays.
     *
     * @return bytes freed
     */
    public long remove(ModelReference reference) throws Problem {
        String name = canonical(reference);
        List<InstalledModel> gone = new ArrayList<>();
        List<InstalledModel> stay = new ArrayList<>();
        inventory.change(rows -> {
            for (InstalledModel each : rows) {
                (isMeant(each, reference, name) ? gone : stay).add(each);
            }
            return stay;
        });
        long freed = removeParts(reference);
        for (InstalledModel each : gone) {
            freed += removeFile(each, stay);
        }
        if (gone.isEmpty() && freed == 0) {
            throw new Problem(Problem.Kind.NOT_FOUND, "no model " + name + " is installed; `longhand ls` shows what is");
        }
        return freed;
    }

    private String canonical(ModelReference reference) {
        return reference instanceof ModelReference.Named named
                ? catalogue.find(named.name()).map(CatalogueEntry::name).orElse(named.name())
                : reference.text();
    }

    private static boolean isMeant(InstalledModel row, ModelReference reference, String name) {
        boolean byDigest = reference instanceof ModelReference.Named && name.matches("[0-9a-f]{8,64}")
                && row.digest().hex().startsWith(name);
        boolean byFile = reference instanceof ModelReference.LocalFile local && row.file().equals(real(local.path()));
        return row.name().equals(name) || byDigest || byFile;
    }

    private long removeFile(InstalledModel model, List<InstalledModel> stay) throws Problem {
        if (model.isReferenced() || stay.stream().anyMatch(r -> r.file().equals(model.file()))) {
            return 0;
        }
        Check.invariant(model.file().startsWith(folder), "%s is to be deleted and lies outside %s", model.file(), folder);
        try {
            return Files.deleteIfExists(model.file()) ? model.sizeBytes() : 0;
        } catch (IOException e) {
            throw Disk.problem("deleting", model.file(), e);
        }
    }

    private long removeParts(ModelReference reference) throws Problem {
        if (reference instanceof ModelReference.LocalFile
                || reference instanceof ModelReference.Named n && catalogue.find(n.name()).isEmpty()) {
            return 0;
        }
        Plan plan = plan(reference);
        disk.createFolders(folder);
        try (PullLock lock = PullLock.acquire(folder.resolve(".locks").resolve(plan.key()), plan.name(), clock, Progress.SILENT)) {
            PartFile part = new PartFile(disk, folder, plan.key());
            long bytes = part.bytes();
            part.clear();
            return bytes;
        }
    }
}
