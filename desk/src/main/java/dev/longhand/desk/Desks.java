package dev.longhand.desk;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.ingest.Ingest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** The desks under the data directory: finds, makes, lists and removes them by name. Thread-safe. */
public final class Desks {
    private static final String GONE = ".gone-";

    private final Home home;
    private final Disk disk;
    private final Clock clock;
    private final PassageIndex.Opener opener;
    private final Ingest ingest;
    private final Limits limits;

    public Desks(Home home, Disk disk, Clock clock) {
        this(home, disk, clock, PassageIndex.Opener.REAL, new Ingest(dev.longhand.ingest.Limits.DEFAULT, clock), Limits.DEFAULT);
    }

    Desks(Home home, Disk disk, Clock clock, PassageIndex.Opener opener, Ingest ingest, Limits limits) {
        this.home = home;
        this.disk = disk;
        this.clock = clock;
        this.opener = opener;
        this.ingest = ingest;
        this.limits = limits;
    }

    /**
     * The desk of a folder or file, made when it is first refreshed.
     *
     * @param name as the user gave it, or null for one derived from the path
     */
    public Desk forFolder(Path path, String name) throws Problem {
        Path root = realPath(path);
        DeskName deskName = name == null ? DeskName.forFolder(root) : DeskName.of(name);
        DeskFolder folder = folder(deskName);
        String owner = rootOf(folder);
        if (owner != null && !owner.equals(root.toString())) {
            throw new Problem(Problem.Kind.USAGE,
                    "desk %s holds %s, not %s; choose another --desk, or remove it first with: longhand desk rm %s"
                            .formatted(deskName, owner, root, deskName));
        }
        return Desk.open(folder, root, ingest, clock);
    }

    /** A desk that has been read before. */
    public Desk open(String name) throws Problem {
        DeskFolder folder = folder(DeskName.of(name));
        String root = rootOf(folder);
        if (root == null) {
            throw missing(name);
        }
        return Desk.open(folder, Path.of(root), ingest, clock);
    }

    /** All desks by name. One that is damaged is listed with its trouble. */
    public List<DeskInfo> list() throws Problem {
        if (!Files.isDirectory(home.desks())) {
            return List.of();
        }
        List<DeskInfo> infos = new ArrayList<>();
        try (Stream<Path> folders = Files.list(home.desks())) {
            for (Path each : folders.filter(Files::isDirectory).sorted().toList()) {
                String name = each.getFileName().toString();
                if (!name.startsWith(".") && Files.exists(each.resolve("catalogue"))) {
                    infos.add(info(folder(DeskName.of(name))));
                }
            }
        } catch (IOException e) {
            throw Disk.problem("listing", home.desks(), e);
        }
        return infos;
    }

    public DeskInfo show(String name) throws Problem {
        DeskFolder folder = folder(DeskName.of(name));
        if (!Files.exists(folder.catalogue())) {
            throw missing(name);
        }
        return info(folder);
    }

    /** Removes what was read; the documents themselves are not touched. */
    public void remove(String name) throws Problem {
        DeskFolder folder = folder(DeskName.of(name));
        if (!Files.isDirectory(folder.path(), LinkOption.NOFOLLOW_LINKS)) {
            throw missing(name);
        }
        try (DeskLock lock = DeskLock.take(folder.lock(), name)) {
            Path gone = home.desks().resolve(GONE + name + "-" + ProcessHandle.current().pid() + "-" + clock.nanos());
            disk.rename(folder.path(), gone);
        }
        sweep();
    }

    /** Deletes the folders of removed desks; also those that an interrupted removal left. */
    private void sweep() throws Problem {
        try (Stream<Path> folders = Files.list(home.desks())) {
            for (Path each : folders.filter(f -> f.getFileName().toString().startsWith(GONE)).toList()) {
                deleteTree(each);
            }
        } catch (IOException | UncheckedIOException e) {
            IOException cause = e instanceof IOException io ? io : ((UncheckedIOException) e).getCause();
            throw Disk.problem("removing a desk in", home.desks(), cause);
        }
    }

    private static void deleteTree(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(each);
            }
        }
    }

    private DeskFolder folder(DeskName name) {
        return new DeskFolder(home.desks().resolve(name.text()), name.text(), disk, opener, limits);
    }

    private Problem missing(String name) {
        return new Problem(Problem.Kind.NOT_FOUND, "there is no desk %s; see: longhand desk ls".formatted(name));
    }

    /** The real path: one folder has one desk, whatever links lead to it. */
    private static Path realPath(Path path) throws Problem {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            throw new Problem(Problem.Kind.NOT_FOUND, "%s is not there or cannot be reached".formatted(path), e);
        }
    }

    /** What the desk was read from, or null if there is no desk or its catalogue cannot say. */
    private String rootOf(DeskFolder folder) throws Problem {
        try {
            Catalogue catalogue = CatalogueFile.read(folder.catalogue(), limits);
            return catalogue == null ? null : catalogue.root();
        } catch (CatalogueFile.Unusable e) {
            return null;
        } catch (IOException e) {
            throw Disk.problem("reading", folder.catalogue(), e);
        }
    }

    private DeskInfo info(DeskFolder folder) throws Problem {
        try {
            long bytes = bytesOf(folder.path());
            try {
                Catalogue catalogue = CatalogueFile.read(folder.catalogue(), limits);
                if (catalogue == null) {
                    throw missing(folder.name());
                }
                return new DeskInfo(folder.name(), catalogue.root(), catalogue.documents(), catalogue.passages(), bytes,
                        Instant.ofEpochMilli(catalogue.readAtMs()), catalogue.allSkips(), "");
            } catch (CatalogueFile.Unusable e) {
                return new DeskInfo(folder.name(), "", 0, 0, bytes, Instant.EPOCH, List.of(), e.getMessage());
            }
        } catch (IOException e) {
            throw Disk.problem("reading", folder.path(), e);
        }
    }

    private static long bytesOf(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            long bytes = 0;
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                bytes += Files.size(file);
            }
            return bytes;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
