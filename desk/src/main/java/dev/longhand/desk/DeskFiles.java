package dev.longhand.desk;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The files of one desk as they lie on the disk, for those who look after them: which belong together, and whether they are
 * sound. Knows no documents and no questions. But for {@link #hold} it changes nothing and takes no lock, so a reading may be
 * under way.
 */
public final class DeskFiles {
    static final String QUOTA = "quota";
    private static final String MEMORY = "memory";
    private static final String SEGMENT_END = ".segment";
    private static final String CATALOGUE = "catalogue";
    private static final String INDEX = "index";
    private static final int ATTEMPTS_MAX = 5;
    private static final int FINDINGS_MAX = 20;

    private final Path folder;
    private final Limits limits;

    /** @param folder {@code desks/<name>}; its last name is the desk's */
    public DeskFiles(Path folder) {
        this.folder = folder;
        this.limits = Limits.DEFAULT;
    }

    /** The folders of desks, by name, those whose first reading was never completed among them; none where there are no desks. */
    public static List<DeskFiles> in(Path desks) throws Problem {
        try (Stream<Path> folders = Files.list(desks)) {
            return folders.filter(f -> Files.isDirectory(f, LinkOption.NOFOLLOW_LINKS))
                    .filter(f -> !f.getFileName().toString().startsWith(".")).sorted().map(DeskFiles::new).toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw Disk.problem("listing", desks, e);
        }
    }

    public String name() {
        return folder.getFileName().toString();
    }

    public Path folder() {
        return folder;
    }

    /** Whether a reading was ever completed. */
    public boolean isRead() {
        return Files.exists(folder.resolve(CATALOGUE));
    }

    /** Whether the folder is there at all: a desk may be removed at any time. */
    public boolean isThere() {
        return Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS);
    }

    /** Whether the desk was made for files that are handed to it, see {@link Desks#make}. */
    public boolean isMade() {
        return Files.isDirectory(folder.resolve(HandedFiles.FOLDER), LinkOption.NOFOLLOW_LINKS);
    }

    /**
     * Files that were handed to a desk that was made for it.
     *
     * @throws Problem LIMIT if there are more than {@code filesMax}
     */
    public HandedFiles.Listing handed(int filesMax) throws Problem {
        return HandedFiles.list(folder.resolve(HandedFiles.FOLDER), filesMax);
    }

    /** The file that says what the desk may take of the disk; there only where that was said. */
    public HandedFiles.One quota() {
        return new HandedFiles.One(QUOTA, folder.resolve(QUOTA));
    }

    /**
     * One file of a generation.
     *
     * @param path relative to the desk's folder, with slashes
     */
    public record Member(String path, long bytes, InputStream in) {}

    /** What a desk was at one moment; the files are open and stay readable whatever becomes of their names. */
    public record Generation(String root, long number, int documents, long passages, List<Member> members)
            implements AutoCloseable {
        public Generation {
            members = List.copyOf(members);
        }

        @Override
        public void close() {
            for (Member each : members) {
                try {
                    each.in().close();
                } catch (IOException e) {
                    // It was only read.
                }
            }
        }
    }

    /** The desk's files cannot be used as they are; the message says why. The next question reads the documents again. */
    public static final class Unusable extends Problem {
        private Unusable(String why) {
            super(Kind.MALFORMED, why);
        }
    }

    /**
     * Opens the published generation: the catalogue and the files of its index commit, and texts that were written into the desk.
     *
     * <p>A reading that is under way does not harm it. Files of a commit never change; they are only unlinked, after a newer
     * catalogue was published. So if all could be opened they are one generation, and if one was gone, a newer one is there.
     */
    public Generation open() throws Problem {
        for (int attempt = 1; ; attempt++) {
            try {
                return tryOpen();
            } catch (PassageIndex.Damaged | CatalogueFile.Unusable | NoSuchFileException e) {
                if (attempt == ATTEMPTS_MAX) {
                    throw new Unusable(e instanceof NoSuchFileException gone ? "there is no " + gone.getFile() : e.getMessage());
                }
            } catch (IOException e) {
                throw Disk.problem("reading", folder, e);
            }
        }
    }

    private Generation tryOpen() throws PassageIndex.Damaged, CatalogueFile.Unusable, IOException {
        byte[] bytes = catalogueBytes();
        Catalogue catalogue = CatalogueFile.parse(bytes);
        List<Member> members = new ArrayList<>();
        members.add(new Member(CATALOGUE, bytes.length, new ByteArrayInputStream(bytes)));
        Generation generation = null;
        try {
            if (catalogue.passages() > 0) {
                for (String each : PassageIndex.filesOf(folder.resolve(INDEX), catalogue.generation())) {
                    Path file = folder.resolve(INDEX).resolve(each);
                    members.add(new Member(INDEX + "/" + each, Files.size(file), Files.newInputStream(file)));
                }
            }
            if (Files.isDirectory(folder.resolve(Scratch.FOLDER))) {
                for (Path file : Scratch.files(folder.resolve(Scratch.FOLDER))) {
                    members.add(new Member(Scratch.FOLDER + "/" + file.getFileName(), Files.size(file),
                            Files.newInputStream(file)));
                }
            }
            addPages(members);
            addMemory(members);
            generation = new Generation(catalogue.root(), catalogue.generation(), catalogue.documents(), catalogue.passages(),
                    members);
            return generation;
        } finally {
            if (generation == null) {
                new Generation("", 0, 0, 0, members).close();
            }
        }
    }

    /** The list first: what it names is there before it, and stays. Of a list that is damaged every page may be wanted. */
    private void addPages(List<Member> members) throws IOException {
        Path pages = folder.resolve(Pages.FOLDER);
        if (!Files.exists(pages.resolve(Pages.LIST))) {
            return;
        }
        byte[] list = Files.readAllBytes(pages.resolve(Pages.LIST));
        members.add(new Member(Pages.FOLDER + "/" + Pages.LIST, list.length, new ByteArrayInputStream(list)));
        Predicate<String> isWanted = Pages.named(pages.resolve(Pages.LIST), list);
        try (Stream<Path> files = Files.list(pages)) {
            for (Path file : files.filter(f -> isWanted.test(f.getFileName().toString())).sorted().toList()) {
                members.add(new Member(Pages.FOLDER + "/" + file.getFileName(), Files.size(file), new LaterStream(file)));
            }
        }
    }

    /** Attention memory: immutable files that stand for themselves. Many, so each is opened when it is read. */
    private void addMemory(List<Member> members) throws IOException {
        if (!Files.isDirectory(memory())) {
            return;
        }
        try (Stream<Path> files = Files.list(memory())) {
            for (Path file : files.filter(f -> f.getFileName().toString().endsWith(SEGMENT_END)).sorted().toList()) {
                members.add(new Member(MEMORY + "/" + file.getFileName(), Files.size(file), new LaterStream(file)));
            }
        }
    }

    /** Where the attention memory of the desk's documents is; not there before a model has read one. */
    public Path memory() {
        return folder.resolve(MEMORY);
    }

    /** A file that is opened at the first byte. */
    private static final class LaterStream extends InputStream {
        private final Path file;
        private InputStream in;

        LaterStream(Path file) {
            this.file = file;
        }

        private InputStream in() throws IOException {
            in = in == null ? Files.newInputStream(file) : in;
            return in;
        }

        @Override
        public int read() throws IOException {
            return in().read();
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            return in().read(bytes, offset, length);
        }

        @Override
        public void close() throws IOException {
            if (in != null) {
                in.close();
            }
        }
    }

    private byte[] catalogueBytes() throws CatalogueFile.Unusable, IOException {
        Path file = folder.resolve(CATALOGUE);
        if (Files.size(file) > limits.catalogueBytesMax()) {
            throw new CatalogueFile.Unusable("the catalogue has %,d bytes; at most %,d are read".formatted(Files.size(file),
                    limits.catalogueBytesMax()));
        }
        return Files.readAllBytes(file);
    }

    /**
     * What a check found.
     *
     * @param root      what was read, or "" where the catalogue cannot say
     * @param generation of the catalogue
     * @param readFindings what is wrong with the catalogue and the index: reading the documents again mends it
     * @param pageFindings what is wrong with pages that were fetched: only fetching them again or a backup mends it
     * @param isForeign    sound, but written by another version: the next question reads the documents again
     */
    public record Checked(String root, long generation, int documents, long passages, List<String> readFindings,
            List<String> pageFindings, boolean isForeign) {
        public Checked {
            readFindings = List.copyOf(readFindings);
            pageFindings = List.copyOf(pageFindings);
        }

        /** All that is wrong; empty where the desk is sound. */
        public List<String> findings() {
            return Stream.concat(readFindings.stream(), pageFindings.stream()).toList();
        }
    }

    /** Reads every byte: the catalogue's checksum, those of the index, each passage's, and whether both know the same passages. */
    public Checked check() throws Problem {
        for (int attempt = 1; ; attempt++) {
            Checked checked = checkOnce();
            // A reading that was completed meanwhile takes away what was being looked at.
            if (checked.findings().isEmpty() || attempt == ATTEMPTS_MAX || publishedGeneration() == checked.generation()) {
                return checked;
            }
        }
    }

    private long publishedGeneration() {
        try {
            return CatalogueFile.parse(catalogueBytes()).generation();
        } catch (CatalogueFile.Unusable | IOException e) {
            return 0;
        }
    }

    private Checked checkOnce() throws Problem {
        Catalogue catalogue = Catalogue.empty("", "", 0);
        List<String> findings = new ArrayList<>();
        try {
            catalogue = CatalogueFile.parse(catalogueBytes());
            if (catalogue.passages() > 0) {
                findings.addAll(differences(catalogue, PassageIndex.checked(folder.resolve(INDEX), catalogue.generation())));
            }
        } catch (PassageIndex.Damaged | CatalogueFile.Unusable e) {
            findings.add(e.getMessage());
        } catch (NoSuchFileException e) {
            findings.add("there is no " + e.getFile());
        } catch (IOException e) {
            throw Disk.problem("reading", folder, e);
        }
        List<String> pages = pageFindings();
        boolean isForeign = findings.isEmpty() && pages.isEmpty() && !catalogue.settings().equals(Desk.settings());
        return new Checked(catalogue.root(), catalogue.generation(), catalogue.documents(), catalogue.passages(), findings, pages,
                isForeign);
    }

    /** What is wrong with the pages that are kept. */
    private List<String> pageFindings() throws Problem {
        try {
            return Pages.read(folder.resolve(Pages.FOLDER)).findings(folder.resolve(Pages.FOLDER), FINDINGS_MAX);
        } catch (Problem e) {
            if (e.kind() != Problem.Kind.MALFORMED) {
                throw e;
            }
            return List.of(e.getMessage());
        }
    }

    private static List<String> differences(Catalogue catalogue, Map<String, Integer> indexed) {
        List<String> differences = new ArrayList<>();
        Map<String, Integer> all = new TreeMap<>(indexed);
        catalogue.entries().forEach((path, entry) -> all.putIfAbsent(path, 0));
        for (Map.Entry<String, Integer> each : all.entrySet()) {
            Catalogue.Entry entry = catalogue.entries().get(each.getKey());
            int listed = entry == null ? 0 : entry.passages();
            if (!Objects.equals(listed, each.getValue()) && differences.size() < FINDINGS_MAX) {
                differences.add("the catalogue lists %d passages of %s, and the index has %d".formatted(listed, each.getKey(),
                        each.getValue()));
            }
        }
        return differences;
    }

    /** Files that a killed process left and that the next reading removes, relative to the desk's folder. */
    public List<String> stale() throws Problem {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).filter(n -> n.startsWith("." + CATALOGUE + ".") && n.endsWith(".tmp"))
                    .sorted(Comparator.naturalOrder()).toList();
        } catch (IOException e) {
            throw Disk.problem("listing", folder, e);
        }
    }

    /** Keeps others from reading the desk until it is closed; refuses if one is at it. */
    public Hold hold() throws Problem {
        DeskLock lock = DeskLock.take(folder.resolve("lock"), name());
        return lock::close;
    }

    /** A desk that nobody else changes. */
    @FunctionalInterface
    public interface Hold extends AutoCloseable {
        @Override
        void close();
    }
}
