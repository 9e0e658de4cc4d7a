package dev.longhand.desk;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.ingest.DeskMap;
import dev.longhand.ingest.Document;
import dev.longhand.ingest.Findings;
import dev.longhand.ingest.Ingest;
import dev.longhand.ingest.Passage;
import dev.longhand.ingest.SplitPlan;
import dev.longhand.ingest.Splitter;
import dev.longhand.ingest.Summary;
import dev.longhand.ingest.UrlRules;
import dev.longhand.lm.Message;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A named set of documents that has been read and can be asked.
 *
 * <p>Knows its catalogue and its index and keeps them in step: either both are of one generation, or the desk is read again and
 * a line says so. Does not know models. Several processes may ask one desk; one at a time reads it ({@link DeskLock}). An object
 * of this class is used by one thread at a time.
 */
public final class Desk implements AutoCloseable {
    private static final int REFRESH_ATTEMPTS_MAX = 3;
    private static final int MAP_CHARS_MIN = 200;
    private static final int MAP_NAMES_MAX = 12;

    private final DeskFolder folder;
    private final DeskSource source;
    private final Ingest ingest;
    private final Clock clock;
    private final List<String> pendingNotes = new ArrayList<>();
    private Catalogue catalogue;
    private PassageIndex.Reader reader;

    private Desk(DeskFolder folder, DeskSource source, Ingest ingest, Clock clock) {
        this.folder = folder;
        this.source = source;
        this.ingest = ingest;
        this.clock = clock;
    }

    /** Opens what is there. A desk that is damaged opens empty and is read again by {@link #refresh}. */
    static Desk open(DeskFolder folder, DeskSource source, Ingest ingest, Clock clock) throws Problem {
        Desk desk = new Desk(folder, source, ingest, clock);
        desk.load();
        return desk;
    }

    static String settings() {
        return "catalogue " + CatalogueFile.VERSION + ", index " + PassageIndex.VERSION + ", passages " + Splitter.VERSION + ", "
                + SplitPlan.DEFAULT;
    }

    public String name() {
        return folder.name();
    }

    public DeskSource source() {
        return source;
    }

    /** Where what was read lies: a folder, a file, a repository; the desk's own folder where it holds fetched pages only. */
    public Path root() {
        return switch (source) {
            case DeskSource.Tree tree -> tree.path();
            case DeskSource.Revision revision -> revision.repository();
            case DeskSource.Kept kept -> folder.pages();
        };
    }

    /** The commit that was read, as 40 hex digits; "" for what is no repository. */
    public String commit() {
        return catalogue.commit();
    }

    /** What is there twice and what other people or machines wrote. */
    public Findings findings() {
        return catalogue.findings();
    }

    public int documents() {
        return catalogue.documents();
    }

    public long passages() {
        return catalogue.passages();
    }

    public Limits limits() {
        return folder.limits();
    }

    /** The router of choice today. */
    public Router router() {
        return new Bm25(this, PassageIndex.Weights.DEFAULT);
    }

    /** All passages, in the order of reading. */
    List<Passage> allPassages() throws Problem {
        return passages() == 0 ? List.of() : search(PassageIndex.Reader::all);
    }

    /** The passages of one document, in its order. */
    List<Passage> passagesOf(String path) throws Problem {
        return passages() == 0 ? List.of() : search(reader -> reader.of(path));
    }

    /** Paths of all documents, in order. */
    List<String> paths() {
        return catalogue.entries().values().stream().filter(e -> e.skip() == null).map(Catalogue.Entry::path).toList();
    }

    /** Whether a document was written into the desk itself, see {@link #write}. */
    public static boolean isScratch(String path) {
        return path.startsWith(Scratch.PREFIX);
    }

    /** Whether a document is kept in the desk itself: written into it, or fetched; its path then stands for itself. */
    public static boolean isKept(String path) {
        return isScratch(path) || Pages.isPage(path);
    }

    /** The file of a document: of a page the one that is kept; of a revision the one in the working folder, which may differ. */
    public Path fileOf(String path) {
        if (Pages.isPage(path)) {
            return Pages.file(folder.pages(), hashOf(path));
        }
        return isScratch(path) ? folder.scratch().resolve(Scratch.name(path))
                : Files.isRegularFile(root()) ? root() : root().resolve(path);
    }

    /** Reads a document as it is now; of a repository as it is in the commit that was read. */
    Document read(String path) throws Problem {
        if (isScratch(path)) {
            return ingest.read(folder.scratch(), Scratch.name(path));
        }
        if (Pages.isPage(path)) {
            return Pages.read(folder.pages()).document(ingest, folder.pages(), path)
                    .orElseThrow(() -> new Problem(Problem.Kind.NOT_FOUND, path + " is no page of desk " + name()));
        }
        return source instanceof DeskSource.Revision revision
                ? ingest.readGit(revision.repository(), commit().isEmpty() ? revision.revision() : commit(), path)
                : ingest.read(root(), path);
    }

    /**
     * What came of fetching.
     *
     * @param added     addresses that the desk did not have
     * @param changed   addresses that answered otherwise than before
     * @param unchanged addresses that answered as before
     * @param failures  a line for each address that did not answer; what the desk has of it stays
     */
    public record FetchReport(int added, int changed, int unchanged, List<String> failures) {
        public FetchReport {
            failures = List.copyOf(failures);
        }
    }

    /**
     * Fetches pages and keeps them in the desk; found after the next {@link #refresh}. The only method that uses the network. What
     * came before it is stopped or fails is kept.
     *
     * @param rules by the address that is fetched
     * @throws Problem BUSY if another process changes the desk just now
     */
    public FetchReport fetch(List<URI> addresses, Function<URI, UrlRules> rules, ReadListener listener) throws Problem {
        if (Files.isDirectory(folder.path())) {
            DeskLock.take(folder.lock(), name()).close(); // who waits for pages should not hear only then that they cannot be kept
        }
        List<Pages.Page> fetched = new ArrayList<>();
        List<String> failures = new ArrayList<>();
        Optional<Problem> stopped = Optional.empty();
        for (int i = 0; i < addresses.size() && stopped.isEmpty(); i++) {
            stopped = fetch(addresses.get(i), rules, listener, fetched, failures);
        }
        int[] counts = list(fetched);
        if (stopped.isPresent()) {
            throw stopped.get();
        }
        return new FetchReport(counts[0], counts[1], fetched.size() - counts[0] - counts[1], failures);
    }

    /** Why fetching ends here, if it does. */
    private Optional<Problem> fetch(URI address, Function<URI, UrlRules> rules, ReadListener listener, List<Pages.Page> fetched,
            List<String> failures) {
        if (listener.isCancelled()) {
            return Optional.of(new Problem(Problem.Kind.CANCELLED, "fetching was stopped before %s; %s".formatted(address,
                    fetched.isEmpty() ? "nothing was changed" : fetched.size() == 1 ? "1 page before it is kept"
                            : "%,d pages before it are kept".formatted(fetched.size()))));
        }
        listener.document(address.toASCIIString(), fetched.size() + failures.size() + 1);
        try {
            fetched.add(Pages.keep(folder.disk(), folder.pages(), ingest.fetch(address, rules.apply(address)), clock.now()));
        } catch (Problem e) {
            if (e.kind() != Problem.Kind.UNAVAILABLE) {
                return Optional.of(e);
            }
            failures.add(e.getMessage());
        }
        return Optional.empty();
    }

    private int[] list(List<Pages.Page> fetched) throws Problem {
        if (fetched.isEmpty()) {
            return new int[2];
        }
        try (DeskLock lock = DeskLock.take(folder.lock(), name())) {
            return Pages.list(folder.disk(), folder.pages(), fetched);
        }
    }

    /** Addresses of the pages that the desk keeps. */
    public List<URI> addresses() throws Problem {
        return Pages.read(folder.pages()).current().keySet().stream().map(URI::create).toList();
    }

    /**
     * Writes a text into the desk, in place of one of the same name; durable when it returns, found after the next {@link
     * #refresh}.
     *
     * @param name letters, digits, dots, hyphens and underscores; {@code .md} is added where there is no dot
     * @return the document's path in the desk
     */
    public String write(String name, String text) throws Problem {
        return Scratch.write(folder.disk(), folder.scratch(), name, text);
    }

    /** Keeps a conversation as a document of the desk, see {@link #write}. */
    public String keep(String name, List<Message> conversation) throws Problem {
        return write(name, Scratch.text(conversation));
    }

    /** Removes a text that was written into the desk; the next {@link #refresh} forgets it. */
    public void erase(String path) throws Problem {
        Scratch.erase(folder.scratch(), path);
    }

    /** What the desk holds as a tree with sizes and headings, for people and for a model's window; at most so many characters. */
    public String map(int charsMax) throws Problem {
        Map<String, List<Passage>> byPath = new TreeMap<>();
        allPassages().forEach(p -> byPath.computeIfAbsent(p.path(), k -> new ArrayList<>()).add(p));
        List<DeskMap.File> files = new ArrayList<>();
        byPath.forEach((path, passages) -> files.add(new DeskMap.File(path,
                passages.stream().mapToInt(Passage::lineLast).max().orElse(0), passages.stream().mapToInt(Passage::tokens).sum(),
                names(passages))));
        return DeskMap.of(files, Math.max(MAP_CHARS_MIN, charsMax));
    }

    /** Headings and symbols, outer ones first. */
    private static List<String> names(List<Passage> passages) {
        Map<Integer, Set<String>> byDepth = new TreeMap<>();
        for (Passage each : passages) {
            String[] title = each.title().isEmpty() ? new String[0] : each.title().split(" > ");
            for (int depth = 0; depth < title.length; depth++) {
                byDepth.computeIfAbsent(depth, k -> new LinkedHashSet<>()).add(title[depth]);
            }
        }
        return byDepth.values().stream().flatMap(Set::stream).distinct().limit(MAP_NAMES_MAX).toList();
    }

    /** Where attention memory of the documents lies. */
    public Path memoryFolder() {
        return folder.memory();
    }

    /** Something that is done to a desk's attention memory. */
    @FunctionalInterface
    public interface MemoryWork {
        void run() throws Problem;
    }

    /** Does something while nobody else writes attention memory of this desk; false, and nothing is done, if somebody does. */
    public boolean ifMemoryIsIdle(MemoryWork work) throws Problem {
        Optional<MemoryLock> alone = MemoryLock.alone(folder.memoryLock());
        if (alone.isEmpty()) {
            return false;
        }
        try (MemoryLock lock = alone.get()) {
            work.run();
            return true;
        }
    }

    /** Does something that writes attention memory of this desk, beside others that do. */
    public void writeMemory(MemoryWork work) throws Problem {
        Optional<MemoryLock> shared = shareMemory();
        try {
            work.run();
        } finally {
            shared.ifPresent(MemoryLock::close);
        }
    }

    Optional<MemoryLock> shareMemory() {
        return MemoryLock.share(folder.memoryLock());
    }

    Path segmentsFile() {
        return folder.segments();
    }

    Disk disk() {
        return folder.disk();
    }

    /** Whether nobody removed the desk meanwhile: its catalogue is gone then, whatever was written into its folder since. */
    boolean isThere() {
        return Files.exists(folder.catalogue());
    }

    /** Segments that the desk's documents are known to have, of all models. */
    public Set<String> segments() throws Problem {
        return SegmentMap.read(segmentsFile()).entries().stream().filter(e -> e.document().equals(hashOf(e.path())))
                .map(SegmentMap.Entry::segment).collect(Collectors.toUnmodifiableSet());
    }

    /** SHA-256 of the document as it was read, or null if the desk has none of this path. */
    Sha256 hashOf(String path) {
        Catalogue.Entry entry = catalogue.entries().get(path);
        return entry == null ? null : entry.hash();
    }

    Ingest ingest() {
        return ingest;
    }

    /** Takes what another desk object or process has published since this one was opened. */
    public void reload() throws Problem {
        load();
    }

    /** As {@link #reload}, where something else was published, or the desk was removed: it is empty then. */
    public void catchUp() throws Problem {
        if (isOvertaken()) {
            load();
        }
    }

    /** Reads what changed since the last time. On any problem the desk holds what was published before it. */
    public Refresh refresh(ReadListener listener) throws Problem {
        if (!(source instanceof DeskSource.Kept) && !Files.exists(root())) {
            throw new Problem(Problem.Kind.NOT_FOUND,
                    ("%s is not there, and desk %s was read from it; name another folder, "
                            + "or remove the desk with: longhand desk rm %s")
                            .formatted(root(), name(), name()));
        }
        for (int attempt = 1; ; attempt++) {
            try {
                return refreshOnce(listener);
            } catch (Refresher.Overtaken e) {
                load();
                if (attempt == REFRESH_ATTEMPTS_MAX) {
                    throw e;
                }
            } catch (Refresher.DamagedIndex e) {
                forget(e.getMessage());
                if (attempt == REFRESH_ATTEMPTS_MAX) {
                    throw e;
                }
            }
        }
    }

    private Refresh refreshOnce(ReadListener listener) throws Problem {
        List<String> before = List.copyOf(pendingNotes);
        before.forEach(listener::note);
        pendingNotes.clear();
        String commit = source instanceof DeskSource.Revision git ? ingest.gitCommit(git.repository(), git.revision()) : "";
        try (Refresher refresher = new Refresher(folder, catalogue, commit, clock.now().toEpochMilli(), listener)) {
            Summary summary = switch (source) {
                case DeskSource.Tree tree -> ingest.walk(tree.path(), refresher);
                case DeskSource.Revision git -> ingest.walkGit(git.repository(), commit, refresher);
                case DeskSource.Kept kept -> new Summary(0, 0, 0, 0, true);
            };
            summary = Pages.read(folder.pages()).walk(ingest, folder.pages(), refresher, summary);
            if (Files.isDirectory(folder.scratch())) {
                Summary scratch = ingest.walk(folder.scratch(), new Scratch.Renaming(refresher));
                summary = summary.complete() ? scratch : summary;
            }
            Catalogue next = refresher.finish(summary);
            if (next.generation() != catalogue.generation() || reader == null) {
                closeReader();
            }
            catalogue = next;
            Refresh report = refresher.report(next);
            List<String> notes = new ArrayList<>(before);
            notes.addAll(report.notes());
            return new Refresh(report.added(), report.changed(), report.unchanged(), report.removed(), report.passages(),
                    report.skips(), notes);
        }
    }

    /** Runs a search on the current index; a broken index is built again once, and the search repeated. */
    <T> T search(Bm25.Search<T> search) throws Problem {
        for (int attempt = 1; ; attempt++) {
            try {
                if (reader == null) {
                    reader = PassageIndex.read(folder.opener(), folder.index(), catalogue.generation());
                }
                return search.in(reader);
            } catch (PassageIndex.Damaged e) {
                closeReader();
                if (attempt > 1 || !Files.isDirectory(folder.path())) {
                    throw new Problem(Problem.Kind.NOT_FOUND,
                            ("the index of desk %s is gone (%s); was the desk removed meanwhile? "
                                    + "Run the command again to read it anew")
                                    .formatted(name(), e.getMessage()), e);
                }
                forget(e.getMessage());
                refresh(ReadListener.SILENT);
            } catch (IOException e) {
                throw Disk.problem("reading the index in", folder.index(), e);
            }
        }
    }

    private void load() throws Problem {
        closeReader();
        for (int attempt = 1; !tryLoad(attempt == REFRESH_ATTEMPTS_MAX); attempt++) {
            closeReader();
        }
    }

    /** False if another process published another generation while this one was opened. */
    private boolean tryLoad(boolean isLast) throws Problem {
        catalogue = Catalogue.empty(source.text(), settings(), 0);
        try {
            Catalogue found = CatalogueFile.read(folder.catalogue(), folder.limits());
            if (found == null) {
                return true;
            }
            catalogue = found.withRoot(source.text()); // a desk's own folder may have been elsewhere when it was read
            if (!found.settings().equals(settings())) {
                forget("it was written by another version");
            } else if (found.passages() > 0) {
                reader = PassageIndex.read(folder.opener(), folder.index(), found.generation());
            }
        } catch (PassageIndex.Damaged e) {
            if (!isLast && isOvertaken()) {
                return false;
            }
            forget(e.getMessage());
        } catch (CatalogueFile.Unusable e) {
            forget(e.getMessage());
        } catch (IOException e) {
            throw Disk.problem("reading", folder.catalogue(), e);
        }
        return true;
    }

    /** Whether something else is published than what this holds: newer, nothing, or the reading of a desk that was made anew. */
    private boolean isOvertaken() throws Problem {
        try {
            Optional<Catalogue> published = folder.published();
            return published.map(Catalogue::generation).orElse(0L) != catalogue.generation()
                    || catalogue.readAtMs() > 0 && published.filter(p -> p.readAtMs() == catalogue.readAtMs()).isEmpty();
        } catch (IOException e) {
            throw Disk.problem("reading", folder.catalogue(), e);
        }
    }

    private void forget(String why) {
        closeReader();
        catalogue = Catalogue.empty(source.text(), settings(), catalogue.generation());
        pendingNotes.add("desk " + name() + " is read again from the start: " + why);
    }

    private void closeReader() {
        if (reader != null) {
            try {
                reader.close();
            } catch (IOException e) {
                // Nothing was written through it.
            }
            reader = null;
        }
    }

    @Override
    public void close() {
        closeReader();
    }
}
