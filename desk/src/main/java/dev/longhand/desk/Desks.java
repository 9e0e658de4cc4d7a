package dev.longhand.desk;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.ingest.Findings;
import dev.longhand.ingest.Ingest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
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
        return forSource(new DeskSource.Tree(path), name);
    }

    /** As above, of any source. */
    public Desk forSource(DeskSource source, String name) throws Problem {
        DeskSource real = switch (name == null ? source : here(source, DeskName.of(name))) {
            case DeskSource.Tree tree -> new DeskSource.Tree(realPath(tree.path()));
            case DeskSource.Revision git -> new DeskSource.Revision(realPath(git.repository()), git.revision());
            case DeskSource.Kept kept -> kept;
        };
        DeskName deskName = name == null ? DeskName.forSource(real) : DeskName.of(name);
        DeskFolder folder = folder(deskName);
        String owner = isMade(folder.name()) ? own(folder).text() : rootOf(folder);
        if (owner != null && !owner.equals(real.text())) {
            throw new Problem(Problem.Kind.USAGE,
                    "desk %s holds %s, not %s; choose another --desk, or remove it first with: longhand desk rm %s"
                            .formatted(deskName, DeskSource.parse(owner).shown(), real.shown(), deskName));
        }
        return Desk.open(folder, real, ingest, clock);
    }

    /** What a desk reads that was made for files that are handed to it. */
    private static DeskSource own(DeskFolder folder) throws Problem {
        return new DeskSource.Tree(realPath(folder.documents()));
    }

    /** A desk's own folder goes with the data directory, as in a restore: where an order was written it may have lain elsewhere. */
    private DeskSource here(DeskSource source, DeskName name) throws Problem {
        boolean isOwn = isMade(name.text()) && source instanceof DeskSource.Tree tree
                && tree.path().endsWith(home.root().relativize(folder(name).documents()));
        return isOwn ? own(folder(name)) : source;
    }

    /** Whether a desk of that name has been read; false for what is no name. */
    public boolean has(String name) {
        return DeskName.isName(name) && Files.exists(folder(new DeskName(name)).catalogue());
    }

    /** A desk that has been read before. Where its catalogue cannot say what it reads, the pages that it keeps are read again. */
    public Desk open(String name) throws Problem {
        DeskFolder folder = folder(DeskName.of(name));
        return Desk.open(folder, sourceOf(folder), ingest, clock);
    }

    private DeskSource sourceOf(DeskFolder folder) throws Problem {
        String name = folder.name();
        String root = rootOf(folder);
        if (root == null && !Files.exists(folder.catalogue())) {
            throw missing(name);
        }
        if (isMade(name)) {
            return own(folder);
        }
        if (root == null && !Files.exists(folder.pages().resolve(Pages.LIST))) {
            throw new Problem(Problem.Kind.NOT_FOUND, ("the catalogue of desk %s is damaged and cannot say what the desk reads; "
                    + "name it again: longhand desk add SOURCE --desk %s").formatted(name, name));
        }
        return root == null ? new DeskSource.Kept() : DeskSource.parse(root);
    }

    /**
     * Makes a desk of files that are handed to it: it reads what lies in its own folder {@link #documents}.
     *
     * @throws Problem BUSY if there is a desk of that name
     */
    public void make(String name) throws Problem {
        DeskFolder folder = folder(DeskName.of(name));
        if (Files.exists(folder.path(), LinkOption.NOFOLLOW_LINKS)) {
            throw new Problem(Problem.Kind.BUSY, "there is a desk %s already; choose another name, or remove it first"
                    .formatted(name));
        }
        disk.createFolders(folder.documents());
    }

    /** As above, of a desk that may take no more than {@code diskBytesMax}. */
    public void make(String name, long diskBytesMax) throws Problem {
        make(name);
        disk.publish(folder(DeskName.of(name)).quota(), out -> out.write(Long.toString(diskBytesMax)
                .getBytes(StandardCharsets.US_ASCII)));
    }

    /** What a desk may take of the disk, where that was said when it was made. */
    public OptionalLong diskBytesMax(String name) throws Problem {
        Path file = folder(DeskName.of(name)).quota();
        try {
            return OptionalLong.of(Long.parseLong(Files.readString(file, StandardCharsets.US_ASCII)));
        } catch (NoSuchFileException e) {
            return OptionalLong.empty();
        } catch (NumberFormatException e) {
            throw new Problem(Problem.Kind.MALFORMED, file + " holds no number of bytes; write one into it, or remove it", e);
        } catch (IOException e) {
            throw Disk.problem("reading", file, e);
        }
    }

    /** What a desk takes of the disk; 0 where there is none. */
    public long diskBytes(String name) throws Problem {
        return bytesIn(folder(DeskName.of(name)).path());
    }

    /** What all models together remember of a desk takes of the disk. */
    public long memoryBytes(String name) throws Problem {
        return bytesIn(folder(DeskName.of(name)).memory());
    }

    private static long bytesIn(Path folder) throws Problem {
        try {
            return bytesOf(folder);
        } catch (IOException e) {
            throw Disk.problem("reading", folder, e);
        }
    }

    /** Whether a desk was made for files that are handed to it; false for what is no name. */
    public boolean isMade(String name) {
        return DeskName.isName(name) && Files.isDirectory(folder(new DeskName(name)).documents(), LinkOption.NOFOLLOW_LINKS);
    }

    /** Where the files lie that were handed to a desk. */
    public Path documents(String name) throws Problem {
        return folder(DeskName.of(name)).documents();
    }

    /** A desk that was made or has been read. */
    public Desk openAny(String name) throws Problem {
        return isMade(name) ? forSource(new DeskSource.Tree(documents(name)), name) : open(name);
    }

    /** What a desk reads that was made or has been read, as {@link #openAny} would. */
    public DeskSource source(String name) throws Problem {
        return isMade(name) ? own(folder(DeskName.of(name))) : sourceOf(folder(DeskName.of(name)));
    }

    /** Names of all desks that were made or have been read, in order. */
    public List<String> names() throws Problem {
        if (!Files.isDirectory(home.desks())) {
            return List.of();
        }
        try (Stream<Path> folders = Files.list(home.desks())) {
            return folders.map(f -> f.getFileName().toString()).filter(n -> has(n) || isMade(n)).sorted().toList();
        } catch (IOException e) {
            throw Disk.problem("listing", home.desks(), e);
        }
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
                    find(name).ifPresent(infos::add);
                }
            }
        } catch (IOException e) {
            throw Disk.problem("listing", home.desks(), e);
        }
        return infos;
    }

    /** A desk that has been read; empty if there is none, or it is removed meanwhile. */
    public Optional<DeskInfo> find(String name) throws Problem {
        try {
            return Optional.of(show(name));
        } catch (Problem e) {
            if (e.kind() == Problem.Kind.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    public DeskInfo show(String name) throws Problem {
        DeskFolder folder = folder(DeskName.of(name));
        if (!Files.exists(folder.catalogue())) {
            throw missing(name);
        }
        return info(folder);
    }

    /** What is there twice in a desk, and what other people or machines wrote; nothing for one that is damaged. */
    public Findings findings(String name) throws Problem {
        DeskFolder folder = folder(DeskName.of(name));
        try {
            Catalogue catalogue = CatalogueFile.read(folder.catalogue(), limits);
            if (catalogue == null) {
                throw missing(name);
            }
            return catalogue.findings();
        } catch (CatalogueFile.Unusable e) {
            return new Findings(List.of());
        } catch (IOException e) {
            throw Disk.problem("reading", folder.catalogue(), e);
        }
    }

    /** All that was fetched into a desk, by address and time. */
    public List<DeskPage> pages(String name) throws Problem {
        Pages pages = Pages.read(folder(DeskName.of(name)).pages());
        SortedMap<String, Pages.Page> current = pages.current();
        return pages.all().stream().map(p -> new DeskPage(p.address(), p.fetchedAt(), p.hash().hex(),
                p.equals(current.get(p.address())))).sorted(Comparator.comparing(DeskPage::address)).toList();
    }

    /** Removes what was read and what was handed in; documents that lie elsewhere are not touched. */
    public void remove(String name) throws Problem {
        remove(name, () -> {});
    }

    /** What is done before a desk goes, when it is known that it can. */
    @FunctionalInterface
    public interface Before {
        void run() throws Problem;
    }

    /**
     * As above.
     *
     * @param before is run while nobody reads the desk, just before it is removed; if it fails the desk stays
     * @throws Problem BUSY if the desk is being read; then nothing was done
     */
    public void remove(String name, Before before) throws Problem {
        DeskFolder folder = folder(DeskName.of(name));
        if (!Files.isDirectory(folder.path(), LinkOption.NOFOLLOW_LINKS)) {
            throw missing(name);
        }
        try (DeskLock lock = DeskLock.take(folder.lock(), name)) {
            before.run();
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
                DeskSource source = isMade(folder.name()) ? own(folder) : DeskSource.parse(catalogue.root());
                return new DeskInfo(folder.name(), source.shown(), catalogue.commit(),
                        Pages.read(folder.pages()).current().size(), catalogue.documents(), catalogue.passages(), bytes,
                        Instant.ofEpochMilli(catalogue.readAtMs()), catalogue.allSkips(), "");
            } catch (CatalogueFile.Unusable e) {
                return damaged(folder, bytes, e.getMessage());
            } catch (Problem e) {
                if (e.kind() != Problem.Kind.MALFORMED) {
                    throw e;
                }
                return damaged(folder, bytes, e.getMessage());
            }
        } catch (IOException e) {
            throw Disk.problem("reading", folder.path(), e);
        }
    }

    private static DeskInfo damaged(DeskFolder folder, long bytes, String trouble) throws Problem, IOException {
        return new DeskInfo(folder.name(), "", "", pagesOf(folder.pages()), 0, 0, bytes, Instant.EPOCH, List.of(), trouble);
    }

    /** How many addresses answered; where the list cannot say, how many answers are there. */
    private static int pagesOf(Path pages) throws Problem, IOException {
        try {
            return Pages.read(pages).current().size();
        } catch (Problem e) {
            if (e.kind() != Problem.Kind.MALFORMED) {
                throw e;
            }
        }
        try (Stream<Path> files = Files.list(pages)) {
            return (int) files.filter(f -> Pages.NAME.matcher(f.getFileName().toString()).matches()).count();
        }
    }

    /** Of all files; what goes away meanwhile, as while a desk is read, is not counted. */
    static long bytesOf(Path folder) throws IOException {
        Sizes sizes = new Sizes();
        Files.walkFileTree(folder, sizes);
        return sizes.bytes;
    }

    private static final class Sizes extends SimpleFileVisitor<Path> {
        private long bytes;

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            bytes += attributes.isRegularFile() ? attributes.size() : 0;
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException why) throws IOException {
            if (why instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
            }
            throw why;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path folder, IOException why) throws IOException {
            return why == null ? FileVisitResult.CONTINUE : visitFileFailed(folder, why);
        }
    }
}
