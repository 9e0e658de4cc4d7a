package dev.longhand.ingest;

import static dev.longhand.ingest.Skip.Reason.ARCHIVE_BROKEN;
import static dev.longhand.ingest.Skip.Reason.ARCHIVE_ENCRYPTED;
import static dev.longhand.ingest.Skip.Reason.ARCHIVE_LIMIT;
import static dev.longhand.ingest.Skip.Reason.BAD_NAME;
import static dev.longhand.ingest.Skip.Reason.BINARY;
import static dev.longhand.ingest.Skip.Reason.EMPTY;
import static dev.longhand.ingest.Skip.Reason.GIT_FOLDER;
import static dev.longhand.ingest.Skip.Reason.PATH_TOO_LONG;
import static dev.longhand.ingest.Skip.Reason.SPECIAL_FILE;
import static dev.longhand.ingest.Skip.Reason.SYMLINK;
import static dev.longhand.ingest.Skip.Reason.TOO_DEEP;
import static dev.longhand.ingest.Skip.Reason.TOO_LARGE;
import static dev.longhand.ingest.Skip.Reason.UNREADABLE;
import static dev.longhand.ingest.Skip.Reason.VENDORED;

import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.commons.compress.utils.SeekableInMemoryByteChannel;

/**
 * Reads an archive as a folder of documents: {@code a.zip} holds {@code a.zip!/inner/path}, also through an archive in it.
 *
 * <p>Nothing is ever written to disk, so no name in an archive can lead anywhere; names that try are skips all the same. Links are
 * recorded and never followed. The second entry of one name is a skip. What is empty or binary is reported once per archive, with
 * its count: a library of compiled classes is one line. The order is that of names for ZIP, of the archive for TAR. Not
 * thread-safe.
 */
final class ArchiveWalk {
    private static final String INSIDE = "!/";

    private final Intake intake;
    private final ArchiveLimits limits;
    /** Paths that are looked for; of archives in archives, those they lie in. */
    private final Predicate<String> wanted;

    ArchiveWalk(Intake intake) {
        this(intake, path -> true);
    }

    private ArchiveWalk(Intake intake, Predicate<String> wanted) {
        this.intake = intake;
        this.limits = intake.limits().archive();
        this.wanted = wanted;
    }

    static boolean isArchive(String name) {
        return Packed.Format.of(name) != null;
    }

    /** Whether a path element names the insides of an archive: {@code "a.zip!"}. */
    static boolean isInside(String element) {
        return element.endsWith("!") && isArchive(element.substring(0, element.length() - 1));
    }

    /** Walks the archive that holds what is looked for. */
    @FunctionalInterface
    interface Start {
        void walk(ArchiveWalk archives) throws IOException, Refused, Problem;
    }

    /**
     * Reads one document out of an archive.
     *
     * @param path of the document, through the archive
     */
    static Document read(Extractor extractor, String path, Start start) throws IOException, Refused, Problem {
        List<Document> found = new ArrayList<>();
        List<Skip> skips = new ArrayList<>();
        Intake intake = new Intake(extractor.limits(), extractor, new Listener() {
            @Override
            public void document(Document document) {
                found.add(document);
            }

            @Override
            public void skip(Skip skip) {
                skips.add(skip);
            }
        });
        Predicate<String> wanted = inner -> path.equals(inner) || path.startsWith(inner + INSIDE);
        start.walk(new ArchiveWalk(intake, wanted));
        if (!found.isEmpty()) {
            return found.getFirst();
        }
        for (Skip skip : skips) {
            if (path.equals(skip.path()) || path.startsWith(skip.path() + "/") || path.startsWith(skip.path() + INSIDE)) {
                throw new Refused(skip.reason(), skip.detail());
            }
        }
        throw new NoSuchFileException(path);
    }

    /** Reads an archive of a folder. */
    void walk(Folder folder, Names.Name name, String path) throws IOException, Refused, Problem {
        Content content = Extractor.content(folder, name);
        if (content.bytes() == 0) {
            throw new Refused(EMPTY, "");
        }
        try (SeekableByteChannel channel = folder.file(name.path())) {
            walk(channel, name.text(), path);
        }
    }

    /** Reads an archive that is held in memory. */
    void walk(byte[] archive, String name, String path) throws IOException, Problem {
        try (SeekableByteChannel channel = new SeekableInMemoryByteChannel(archive)) {
            walk(channel, name, path);
        }
    }

    private void walk(SeekableByteChannel channel, String name, String path) throws IOException, Problem {
        new Inside(new Unpacking(limits, channel.size()), path, 1).walk(channel, name);
    }

    /** One archive, at its depth. */
    private final class Inside {
        private final Unpacking unpacking;
        private final String path;
        private final int depth;
        private final Set<String> seen = new HashSet<>();
        private final Set<String> vendored = new HashSet<>();
        private final Map<Skip.Reason, Count> counts = new EnumMap<>(Skip.Reason.class);

        Inside(Unpacking unpacking, String path, int depth) {
            this.unpacking = unpacking;
            this.path = path;
            this.depth = depth;
        }

        void walk(SeekableByteChannel channel, String name) throws Problem {
            try (Packed packed = Packed.open(Packed.Format.of(name), channel, name, unpacking, limits)) {
                for (Packed.Entry entry; !intake.isStopped() && (entry = packed.next()) != null; ) {
                    unpacking.countEntry();
                    entry(entry);
                    if (!unpacking.over().isEmpty()) {
                        throw new IOException(unpacking.over());
                    }
                }
            } catch (IOException e) {
                Intake.checkCancelled(path);
                boolean isOver = !unpacking.over().isEmpty();
                intake.report(new Skip(path, isOver ? ARCHIVE_LIMIT : ARCHIVE_BROKEN,
                        Names.visible(isOver ? unpacking.over() : Walk.reason(first(e)))
                                + "; nothing after this point of it was read"));
            }
            for (Map.Entry<Skip.Reason, Count> each : counts.entrySet()) {
                intake.report(each.getValue().skip(path, each.getKey()));
            }
        }

        /** The library wraps some failures in one that names only our own classes. */
        private static IOException first(IOException e) {
            return e.getCause() instanceof IOException cause ? first(cause) : e;
        }

        private void entry(Packed.Entry entry) throws IOException, Problem {
            String text = EntryNames.plain(entry.name());
            String inner = path + INSIDE + Names.visible(text);
            if (entry.isFolder() && EntryNames.fault(text).isEmpty() || intake.isOverAll(inner)) {
                return;
            }
            intake.countEntry();
            try {
                check(entry, text);
                if (wanted.test(inner)) {
                    file(entry, text, inner);
                }
            } catch (Refused e) {
                Count count = counts.get(e.reason());
                report(e.skip(inner), count);
            }
        }

        /** Refuses by name and form alone. */
        private void check(Packed.Entry entry, String text) throws Refused {
            String fault = EntryNames.fault(text);
            if (!fault.isEmpty()) {
                throw new Refused(BAD_NAME, "the name " + fault);
            }
            if (path.length() + text.length() > intake.limits().pathCharsMax()) {
                throw new Refused(PATH_TOO_LONG, "%,d characters; the limit is %,d".formatted(path.length() + text.length(),
                        intake.limits().pathCharsMax()));
            }
            String[] steps = text.split("/");
            if (steps.length > intake.limits().depthMax()) {
                throw new Refused(TOO_DEEP, "a file at depth %d; the limit is %d".formatted(steps.length,
                        intake.limits().depthMax()));
            }
            if (!seen.add(text)) {
                throw new Refused(BAD_NAME, "another entry before it has the same name");
            }
            if (!entry.link().isEmpty()) {
                throw new Refused(SYMLINK, "to %s, not followed".formatted(Names.visible(entry.link())));
            }
            if (!entry.isFile()) {
                throw new Refused(SPECIAL_FILE, "a pipe, device or sparse file; not read");
            }
            if (entry.isEncrypted()) {
                throw new Refused(ARCHIVE_ENCRYPTED, "it needs a password");
            }
        }

        private void file(Packed.Entry entry, String text, String inner) throws IOException, Problem, Refused {
            String[] steps = text.split("/");
            StringBuilder at = new StringBuilder(path).append(INSIDE);
            for (int i = 0; i < steps.length; i++) {
                at.append(i == 0 ? "" : "/").append(steps[i]);
                boolean isGit = steps[i].equals(".git");
                if (isGit || i < steps.length - 1 && Kinds.isVendored(steps[i])) {
                    if (vendored.add(at.toString())) {
                        intake.report(new Skip(at.toString(), isGit ? GIT_FOLDER : VENDORED,
                                isGit ? "" : "a folder of other people's or machine-made files"));
                    }
                    return;
                }
            }
            String name = steps[steps.length - 1];
            if (isArchive(name)) {
                archive(entry, name, inner);
                return;
            }
            Skip skip = intake.take(name, inner, entry.content());
            if (skip != null && unpacking.over().isEmpty()) {
                report(skip, counts.get(skip.reason()));
            }
        }

        private void archive(Packed.Entry entry, String name, String inner) throws IOException, Refused, Problem {
            if (depth >= limits.depthMax()) {
                throw new Refused(ARCHIVE_LIMIT, "an archive at depth %d; the limit is %d".formatted(depth + 1, limits.depthMax()));
            }
            if (entry.content().bytes() > limits.innerArchiveBytesMax()) {
                throw new Refused(TOO_LARGE, "an archive of %s in an archive; the limit is %s".formatted(
                        Units.bytes(entry.content().bytes()), Units.bytes(limits.innerArchiveBytesMax())));
            }
            byte[] bytes;
            try (InputStream in = entry.content().opener().open()) {
                bytes = in.readNBytes(limits.innerArchiveBytesMax() + 1);
            } catch (IOException e) {
                throw new Refused(UNREADABLE, Walk.reason(e));
            }
            if (bytes.length > limits.innerArchiveBytesMax()) {
                throw new Refused(TOO_LARGE, "an archive of more than %s in an archive, the limit".formatted(
                        Units.bytes(limits.innerArchiveBytesMax())));
            }
            if (bytes.length == 0) {
                throw new Refused(EMPTY, "");
            }
            try (SeekableByteChannel channel = new SeekableInMemoryByteChannel(bytes)) {
                new Inside(unpacking, inner, depth + 1).walk(channel, name);
            }
        }

        private void report(Skip skip, Count count) throws Problem {
            if (skip.reason() != BINARY && skip.reason() != EMPTY) {
                intake.report(skip);
            } else if (count == null) {
                counts.put(skip.reason(), new Count(skip));
            } else {
                count.files++;
            }
        }
    }

    /** Files of one archive that are left out for the same plain reason. */
    private static final class Count {
        private final Skip first;
        private int files = 1;

        Count(Skip first) {
            this.first = first;
        }

        Skip skip(String archive, Skip.Reason reason) {
            return files == 1 ? first : new Skip(archive + INSIDE, reason,
                    "%,d files in it, the first is %s".formatted(files, first.path().substring(archive.length() + 2)));
        }
    }
}
