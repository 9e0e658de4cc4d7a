package dev.longhand.desk;

import dev.longhand.base.Check;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.ingest.Document;
import dev.longhand.ingest.Fetched;
import dev.longhand.ingest.FileStat;
import dev.longhand.ingest.Ingest;
import dev.longhand.ingest.Listener;
import dev.longhand.ingest.Skip;
import dev.longhand.ingest.SourceFile;
import dev.longhand.ingest.Summary;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Pages that were fetched into a desk: their bytes as they came, in files of the desk's folder {@code pages} that are named by what
 * they hold, and a list that says which address answered what and when. A page that answers otherwise later is kept beside what it
 * answered before, so that a quote can be checked for as long as the desk is there. A document's path is its address.
 *
 * <p>The list is published whole or not at all. Not thread-safe; whoever changes it holds the desk's lock.
 */
final class Pages {
    static final String FOLDER = "pages";
    static final String LIST = "list";
    private static final List<String> ENDS = List.of("html", "pdf", "txt", "md");
    /** Of a file: what it holds, and how it is read. */
    static final Pattern NAME = Pattern.compile("[0-9a-f]{64}\\.(" + String.join("|", ENDS) + ")");
    private static final String HEAD = "longhand pages 1";
    private static final String END = "sha256 ";
    private static final long BYTES_MAX = 64L << 20;
    /** More than what stands in a list beside its pages. */
    private static final int FRAME_BYTES = 1 << 10;
    private static final int PAGES_MAX = 100_000;
    private static final String DAMAGED = "what was kept of it is damaged; fetch it again";

    private final List<Page> all;

    private Pages(List<Page> all) {
        this.all = all;
    }

    /**
     * What an address answered from a moment on.
     *
     * @param fetchedAt when it first answered this
     * @param hash      of its bytes
     * @param file      in which they are kept
     */
    record Page(String address, Instant fetchedAt, Sha256 hash, String file) {
        Page {
            Check.argument(isPage(address) && address.indexOf('\t') < 0 && address.indexOf('\n') < 0, "\"%s\" is no address",
                    address);
            Check.argument(NAME.matcher(file).matches() && file.startsWith(hash.hex()), "\"%s\" is no file of a page", file);
        }

        /** Whether its bytes are there as they came; false also where they cannot be read. */
        boolean isWhole(Path folder) {
            try {
                return Sha256.ofFile(folder.resolve(file)).equals(hash);
            } catch (IOException e) {
                return false;
            }
        }

        private String line() {
            return String.join("\t", fetchedAt.toString(), hash.hex(), file, address);
        }

        private static Page of(String line) {
            String[] fields = line.split("\t", 4);
            return new Page(fields[3], Instant.parse(fields[0]), new Sha256(fields[1]), fields[2]);
        }
    }

    /** Whether a document's path is the address of a page. */
    static boolean isPage(String path) {
        return path.startsWith("https://") || path.startsWith("http://");
    }

    /** The file in which bytes of that hash are kept; the list where there is none. */
    static Path file(Path folder, Sha256 hash) {
        return ENDS.stream().map(end -> folder.resolve((hash == null ? "" : hash.hex()) + "." + end)).filter(Files::exists)
                .findFirst().orElse(folder.resolve(LIST));
    }

    /** What the list says; nothing where there is none. */
    static Pages read(Path folder) throws Problem {
        Path file = folder.resolve(LIST);
        try {
            if (Files.size(file) > BYTES_MAX) {
                throw damaged(file, "it is longer than any list is");
            }
            return parse(file, Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
            return new Pages(new ArrayList<>());
        } catch (IOException e) {
            throw Disk.problem("reading", file, e);
        }
    }

    private static Pages parse(Path file, byte[] bytes) throws Problem {
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            int end = text.lastIndexOf(END);
            if (end <= 0 || !text.startsWith(HEAD + "\n")
                    || !text.substring(end).equals(END + Sha256.of(text.substring(0, end)).hex() + "\n")) {
                throw damaged(file, "its checksum does not match");
            }
            return new Pages(new ArrayList<>(text.substring(0, end).lines().skip(1).map(Page::of).toList()));
        } catch (CharacterCodingException e) {
            throw damaged(file, "it is no text");
        } catch (IllegalArgumentException | IndexOutOfBoundsException | DateTimeException e) {
            throw damaged(file, e.getMessage());
        }
    }

    /** Which files in the folder of a list are pages that it names; every page where the list cannot say. */
    static Predicate<String> named(Path file, byte[] list) {
        try {
            return parse(file, list).files()::contains;
        } catch (Problem e) {
            return name -> NAME.matcher(name).matches();
        }
    }

    private static Problem damaged(Path file, String why) {
        return new Problem(Problem.Kind.MALFORMED, "the list of pages %s is damaged: %s; restore it from a backup, or remove it "
                .formatted(file, why) + "and fetch the pages again");
    }

    /** @throws Problem LIMIT for a list that {@link #read} would not take */
    private void write(Disk disk, Path folder) throws Problem {
        long bytes = all.stream().mapToLong(page -> page.line().getBytes(StandardCharsets.UTF_8).length + 1L).sum();
        if (bytes > BYTES_MAX - FRAME_BYTES) {
            throw new Problem(Problem.Kind.LIMIT, "the list of a desk's pages would have %,d bytes, and at most %,d are read; make "
                    .formatted(bytes, BYTES_MAX - FRAME_BYTES) + "another desk");
        }
        StringBuilder text = new StringBuilder(HEAD + "\n");
        all.forEach(page -> text.append(page.line()).append('\n'));
        String digest = END + Sha256.of(text.toString()).hex() + "\n";
        disk.publish(folder.resolve(LIST), out -> {
            out.write(text.toString().getBytes(StandardCharsets.UTF_8));
            out.write(digest.getBytes(StandardCharsets.UTF_8));
        });
    }

    /** Everything that was fetched, in the order of time. */
    List<Page> all() {
        return List.copyOf(all);
    }

    /** What each address answered last, by address. */
    SortedMap<String, Page> current() {
        SortedMap<String, Page> current = new TreeMap<>();
        all.forEach(page -> current.put(page.address(), page));
        return current;
    }

    /** Files that the list names. */
    Set<String> files() {
        Set<String> files = new LinkedHashSet<>();
        all.forEach(page -> files.add(page.file()));
        return files;
    }

    /** A line for each page that is not kept as it came; at most so many. Reads every byte. */
    List<String> findings(Path folder, int findingsMax) {
        SortedMap<String, Page> current = current();
        return all.stream().filter(page -> !page.isWhole(folder)).limit(findingsMax).map(page -> "%s %s is %s (%s)".formatted(
                page.equals(current.get(page.address())) ? "the page" : "what was answered before by", page.address(),
                Files.exists(folder.resolve(page.file())) ? "damaged" : "gone", page.file())).toList();
    }

    /** Keeps the bytes of a page under their own name, in place of damaged ones; the list does not know them yet. */
    static Page keep(Disk disk, Path folder, Fetched page, Instant at) throws Problem {
        Sha256 hash = Sha256.of(page.bytes());
        Page kept = new Page(page.address().toASCIIString(), at, hash,
                hash.hex() + page.name().substring(page.name().lastIndexOf('.')));
        disk.createFolders(folder);
        if (!kept.isWhole(folder)) {
            disk.publish(folder.resolve(kept.file()), out -> out.write(page.bytes()));
        }
        return kept;
    }

    /** Puts pages on the list; how many of them are new addresses, and how many answered otherwise than before. */
    static int[] list(Disk disk, Path folder, List<Page> fetched) throws Problem {
        Pages pages = read(folder);
        SortedMap<String, Page> current = pages.current();
        int[] counts = new int[2];
        for (Page each : fetched) {
            Page before = current.get(each.address());
            if (before == null || !before.file().equals(each.file())) {
                counts[before == null ? 0 : 1]++;
                pages.all.add(each);
                current.put(each.address(), each);
            }
        }
        if (pages.all.size() > PAGES_MAX) {
            throw new Problem(Problem.Kind.LIMIT, "a desk keeps at most %,d pages; make another desk".formatted(PAGES_MAX));
        }
        if (counts[0] + counts[1] > 0) {
            pages.write(disk, folder);
        }
        return counts;
    }

    /** Reads what each address answered last. */
    Summary walk(Ingest ingest, Path folder, Listener listener, Summary before) throws Problem {
        Summary whole = before;
        for (Page each : current().values()) {
            Renaming renaming = new Renaming(each, folder, listener);
            if (Files.exists(folder.resolve(each.file()))) {
                Summary one = ingest.walk(folder.resolve(each.file()), renaming);
                whole = whole.complete() ? one : whole;
            } else {
                renaming.skip(new Skip(each.file(), Skip.Reason.UNREADABLE, "what was kept of it is gone; fetch it again"));
            }
        }
        return whole;
    }

    /**
     * What an address answered last.
     *
     * @throws Problem MALFORMED where its bytes are not those that came, and as {@link Ingest#read}
     */
    Optional<Document> document(Ingest ingest, Path folder, String address) throws Problem {
        Page page = current().get(address);
        if (page == null) {
            return Optional.empty();
        }
        Document document = ingest.read(folder, page.file());
        if (!document.contentHash().equals(page.hash())) {
            throw new Problem(Problem.Kind.MALFORMED, "%s: %s".formatted(address, DAMAGED));
        }
        return Optional.of(Renaming.renamed(document, address));
    }

    /** Tells of a file under its address, and of one whose bytes are not those that came that it is damaged, whatever they are. */
    private static final class Renaming implements Listener {
        private final Page page;
        private final Path folder;
        private final Listener listener;

        Renaming(Page page, Path folder, Listener listener) {
            this.page = page;
            this.folder = folder;
            this.listener = listener;
        }

        @Override
        public boolean isUnchanged(FileStat stat) throws Problem {
            return listener.isUnchanged(new FileStat(page.address(), stat.bytes(), stat.modifiedNanos(), stat.fileKey()));
        }

        @Override
        public boolean isKnown(SourceFile file) throws Problem {
            return file.contentHash().equals(page.hash()) && listener.isKnown(renamed(file, page.address()));
        }

        private static SourceFile renamed(SourceFile file, String address) {
            return new SourceFile(address, file.bytes(), file.modifiedMs(), file.contentHash());
        }

        private static Document renamed(Document document, String address) {
            return new Document(renamed(document.file(), address), document.kind(), document.language(), document.source(),
                    document.reading(), document.map(), document.flags());
        }

        @Override
        public void document(Document document) throws Problem {
            if (document.contentHash().equals(page.hash())) {
                listener.document(renamed(document, page.address()));
            } else {
                listener.skip(new Skip(page.address(), Skip.Reason.UNREADABLE, DAMAGED));
            }
        }

        @Override
        public void skip(Skip skip) throws Problem {
            boolean isDamaged = Files.exists(folder.resolve(page.file())) && !page.isWhole(folder);
            listener.skip(isDamaged ? new Skip(page.address(), Skip.Reason.UNREADABLE, DAMAGED)
                    : new Skip(page.address(), skip.reason(), skip.detail()));
        }
    }
}
