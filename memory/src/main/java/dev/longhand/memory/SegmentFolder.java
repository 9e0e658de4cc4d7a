package dev.longhand.memory;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Failpoints;
import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The segments of one desk: a folder of immutable files, each named by what it holds.
 *
 * <p>A segment is there whole or not at all. One that is damaged, renamed, of another model or another version is as good as none:
 * its document is read again and the new file takes the old one's place. Nothing here is the only copy of anything but work.
 *
 * <p>Knows files; does not know documents. Limit: {@link SegmentLimits#deskBytesMax}, looked at before anything is written. Several
 * processes may read, and write too: equal names mean equal memory; two that write at once may pass the limit by what one of them
 * writes. Thread-safe.
 */
public final class SegmentFolder {
    /** A temporary file that was not written to for so long belongs to nobody. */
    static final Duration TEMP_AGE_MAX = Duration.ofHours(1);

    /** What is there of a document. */
    public sealed interface Found {
        /** The segment; the caller closes it. */
        record Hit(Segment segment) implements Found {}

        /** Nothing. */
        record Absent() implements Found {}

        /** A file that cannot be used, and why; the document must be read again. */
        record Unusable(String why) implements Found {}
    }

    /** What is wrong with a file. */
    public record Finding(Path file, String what) {
        @Override
        public String toString() {
            return file + ": " + what;
        }
    }

    /**
     * What a walk over segments came to.
     *
     * @param segments that were good, removed or copied
     * @param bytes    of these
     * @param findings files that were left out, and why
     */
    public record Report(int segments, long bytes, List<Finding> findings) {}

    /** Segments that are published before all files are counted again: others may write too. */
    private static final int PUBLISHED_MAX = 64;

    private final Path folder;
    private final Disk disk;
    private final Clock clock;
    private final SegmentLimits limits;
    private long counted = -1; // guarded by this object; bytes of all files, at most what others wrote too few; -1 before counting
    private int publishedSinceCount; // guarded by this object

    private SegmentFolder(Path folder, Disk disk, Clock clock, SegmentLimits limits) {
        this.folder = folder;
        this.disk = disk;
        this.clock = clock;
        this.limits = limits;
    }

    /** A folder, which need not exist yet. Sweeps temporary files that are too old to be in use. */
    public static SegmentFolder open(Path folder, Disk disk, Clock clock, SegmentLimits limits) throws Problem {
        SegmentFolder opened = new SegmentFolder(folder, disk, clock, limits);
        opened.sweep(false);
        return opened;
    }

    /** A folder to look at only: nothing is swept. */
    public static SegmentFolder look(Path folder, Clock clock, SegmentLimits limits) {
        return new SegmentFolder(folder, Disk.REAL, clock, limits);
    }

    public Path path() {
        return folder;
    }

    /**
     * Removes temporary files that a killed process left. Returns how many.
     *
     * @param isAlone whether the caller knows that nobody else writes here, so that all of them are left over
     */
    public int sweep(boolean isAlone) throws Problem {
        int swept = 0;
        for (Path each : files(".*.tmp")) {
            if (isAlone || isOld(each)) {
                delete(each);
                swept++;
            }
        }
        return swept;
    }

    private boolean isOld(Path temp) throws Problem {
        try {
            return Files.getLastModifiedTime(temp).toInstant().isBefore(clock.now().minus(TEMP_AGE_MAX));
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            throw Disk.problem("looking at", temp, e);
        }
    }

    private List<Path> files(String pattern) throws Problem {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(folder, pattern)) {
            all.forEach(found::add);
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw Disk.problem("listing", folder, e);
        } catch (java.nio.file.DirectoryIteratorException e) {
            throw Disk.problem("listing", folder, e.getCause());
        }
        found.sort(null);
        return found;
    }

    private static boolean delete(Path file) throws Problem {
        try {
            return Files.deleteIfExists(file);
        } catch (IOException e) {
            throw Disk.problem("removing", file, e);
        }
    }

    private Path file(SegmentId id) {
        return folder.resolve(id.fileName());
    }

    // ---------------------------------------------------------------- one segment

    /** The segment {@code id}, if it is there, whole, and of {@code fingerprint}. */
    public Found find(SegmentId id, Fingerprint fingerprint) {
        Segment segment;
        try {
            segment = Segment.open(file(id), limits);
        } catch (Problem e) {
            return e.kind() == Problem.Kind.NOT_FOUND ? new Found.Absent() : new Found.Unusable(e.getMessage());
        }
        Optional<String> foreign = foreign(segment, id, fingerprint);
        if (foreign.isPresent()) {
            segment.close();
            return new Found.Unusable("segment %s cannot be used: %s".formatted(file(id), foreign.get()));
        }
        return new Found.Hit(segment);
    }

    private static Optional<String> foreign(Segment segment, SegmentId id, Fingerprint fingerprint) {
        if (!segment.id().equals(id)) {
            return Optional.of("it holds " + segment.id() + "; the file was renamed");
        }
        return fingerprint.difference(segment.fingerprint()).map(what -> "it belongs to another model or another setting: " + what);
    }

    /** Whether a file of that name is there; nothing is said about what it holds. */
    public boolean isThere(SegmentId id) {
        return Files.exists(file(id));
    }

    /**
     * Writes a segment, in place of one of the same name. Durable when it returns; on a problem the old one, if any, stands. {@code
     * LIMIT} if it would not fit into what a desk may have.
     */
    public SegmentId publish(SegmentContent content) throws Problem {
        SegmentId id = content.id();
        String refusal = SegmentLayout.refusal(content.shape(), limits);
        if (refusal != null) {
            throw new Problem(Problem.Kind.LIMIT, "a segment cannot be written to %s: %s".formatted(folder, refusal));
        }
        publish(id, content.fileBytes(), out -> SegmentWriter.write(content, out));
        return id;
    }

    private synchronized void publish(SegmentId id, long bytesNeeded, Disk.Body body) throws Problem {
        long freed = bytesOf(file(id));
        long used = used(bytesNeeded);
        if (bytesNeeded > freed && used - freed + bytesNeeded > limits.deskBytesMax()) { // what makes room may always be written
            throw new Problem(Problem.Kind.LIMIT, ("%s is full: its attention memory has %s, %s more are needed, the limit is %s; "
                    + "remove what is not wanted with `longhand desk compact`, read less, or raise the limit").formatted(folder,
                            Units.bytes(used), Units.bytes(bytesNeeded - freed), Units.bytes(limits.deskBytesMax())));
        }
        disk.publish(file(id), out -> {
            body.writeTo(out);
            Failpoints.reach("memory.before-publish");
        });
        counted = used - freed + bytesNeeded;
        Failpoints.reach("memory.after-publish");
    }

    /** Bytes of all files. Counting looks at each: while half of the limit is free, what was counted and written since will do. */
    private long used(long bytesNeeded) throws Problem {
        if (counted < 0 || ++publishedSinceCount >= PUBLISHED_MAX || counted + bytesNeeded > limits.deskBytesMax() / 2) {
            publishedSinceCount = 0;
            counted = bytes();
        }
        return counted;
    }

    /** Forgets a segment; whoever has it open reads on. False if it was not there. */
    public boolean remove(SegmentId id) throws Problem {
        return delete(file(id));
    }

    // ---------------------------------------------------------------- all segments

    /** All that are there by name, in order. */
    public List<SegmentId> list() throws Problem {
        return files("*" + SegmentId.SUFFIX).stream().flatMap(each -> SegmentId.ofFile(each).stream()).toList();
    }

    /** Bytes of all files that take room from the desk, temporary ones included. */
    public long bytes() throws Problem {
        long bytes = 0;
        for (Path each : files("*")) {
            bytes += bytesOf(each);
        }
        return bytes;
    }

    private static long bytesOf(Path file) throws Problem {
        try {
            return Files.size(file);
        } catch (NoSuchFileException e) {
            return 0;
        } catch (IOException e) {
            throw Disk.problem("looking at", file, e);
        }
    }

    /**
     * Reads every byte of every segment; changes nothing. A sound segment of another model is no finding, one of another version
     * is: it cannot be read.
     */
    public Report verify() throws Problem {
        int good = 0;
        long bytes = 0;
        List<Finding> findings = new ArrayList<>();
        for (Path each : files("*" + SegmentId.SUFFIX)) {
            try (Segment segment = named(each)) {
                List<String> wrong = segment.check();
                wrong.forEach(what -> findings.add(new Finding(each, what)));
                good += wrong.isEmpty() ? 1 : 0;
                bytes += wrong.isEmpty() ? segment.fileBytes() : 0;
            } catch (Problem e) {
                if (e.kind() != Problem.Kind.NOT_FOUND) {
                    findings.add(new Finding(each, e.getMessage()));
                }
            }
        }
        return new Report(good, bytes, findings);
    }

    /** A file whose content is what its name says. */
    private Segment named(Path file) throws Problem {
        Segment segment = Segment.open(file, limits);
        if (!SegmentId.ofFile(file).equals(Optional.of(segment.id()))) {
            segment.close();
            throw new Problem(Problem.Kind.MALFORMED, "segment %s cannot be used: it holds %s; the file was renamed".formatted(file,
                    segment.id()));
        }
        return segment;
    }

    /** Removes all segments in {@code folder} but those of these {@code ids}, in hex; how many it were. */
    public static int keepOnly(Path folder, Set<String> ids, Clock clock) throws Problem {
        return open(folder, Disk.REAL, clock, SegmentLimits.DEFAULT).compact(SegmentId.all(ids)).segments();
    }

    /** Removes segments that are not in {@code wanted}, and old temporary files. Findings are what cannot be removed. */
    public Report compact(Set<SegmentId> wanted) throws Problem {
        sweep(false);
        int removed = 0;
        long bytes = 0;
        List<Finding> findings = new ArrayList<>();
        for (Path each : files("*" + SegmentId.SUFFIX)) {
            Optional<SegmentId> id = SegmentId.ofFile(each);
            if (id.isEmpty() || !wanted.contains(id.get())) {
                try {
                    long size = bytesOf(each);
                    removed += delete(each) ? 1 : 0;
                    bytes += size;
                } catch (Problem e) {
                    findings.add(new Finding(each, e.getMessage()));
                }
            }
        }
        return new Report(removed, bytes, findings);
    }

    /**
     * What archiving came to.
     *
     * @param segments  that were archived now
     * @param before    bytes that these had
     * @param after     bytes that they have
     * @param archived  segments that had been archived already
     * @param findings  files that were left as they are, and why
     */
    public record Archived(int segments, long before, long after, int archived, List<Finding> findings) {}

    /** Told of segments that have been looked at. */
    @FunctionalInterface
    public interface Progress {
        void done(int segments, int of);
    }

    /**
     * Archives all segments, one by one, each in place of the full one, which stands until the archived one is durable: what is
     * stopped goes on with the next call. A damaged one is left with a finding; who has one open reads on in the full one. Answers
     * may change a little; nothing leads back but reading the document again.
     */
    public Archived archive(Progress progress) throws Problem {
        int archived = 0;
        int already = 0;
        long before = 0;
        long after = 0;
        List<Finding> findings = new ArrayList<>();
        List<Path> all = files("*" + SegmentId.SUFFIX);
        for (int i = 0; i < all.size(); i++) {
            try (Segment segment = named(all.get(i))) {
                if (segment.shape().isArchived()) {
                    already++;
                } else {
                    long bytes = archive(segment);
                    archived++;
                    before += segment.fileBytes();
                    after += bytes;
                }
            } catch (UnreadableMemory e) {
                findings.add(new Finding(all.get(i), e.getMessage()));
            } catch (Problem e) {
                if (e.kind() == Problem.Kind.LIMIT || e.kind() == Problem.Kind.DISK || e.kind() == Problem.Kind.CANCELLED) {
                    throw e;
                }
                findings.add(new Finding(all.get(i), e.getMessage()));
            }
            progress.done(i + 1, all.size());
        }
        return new Archived(archived, before, after, already, findings);
    }

    /** Bytes that it has now. */
    private long archive(Segment segment) throws Problem {
        if (!segment.shape().kv().isSealing()) {
            throw new Problem(Problem.Kind.UNSUPPORTED, "its records are of %s and are not archived".formatted(
                    segment.shape().kv().type()));
        }
        List<String> wrong = segment.check();
        if (!wrong.isEmpty()) {
            throw new Problem(Problem.Kind.MALFORMED, wrong.getFirst());
        }
        try (Arena arena = Arena.ofConfined()) {
            SegmentContent content = segment.archived(arena);
            publish(segment.id(), content.fileBytes(), out -> SegmentWriter.write(content, out));
            return content.fileBytes();
        }
    }

    /** Copies all good segments to another folder. Each byte is checked on the way; a damaged file is left out with a finding. */
    public Report exportTo(Path target) throws Problem {
        SegmentFolder other = new SegmentFolder(target, disk, clock, limits.withDeskBytesMax(Long.MAX_VALUE));
        return copy(this, other, Optional.empty());
    }

    /**
     * Copies the segments of {@code fingerprint} from another folder that are not here yet. Damaged and foreign files are left out,
     * each with a finding; {@code LIMIT} where the desk has no room for the next.
     */
    public Report importFrom(Path source, Fingerprint fingerprint) throws Problem {
        if (!Files.isDirectory(source)) {
            throw new Problem(Problem.Kind.NOT_FOUND, "there is no folder %s to import segments from".formatted(source));
        }
        return copy(new SegmentFolder(source, disk, clock, limits), this, Optional.of(fingerprint));
    }

    private static Report copy(SegmentFolder from, SegmentFolder to, Optional<Fingerprint> fingerprint) throws Problem {
        int copied = 0;
        long bytes = 0;
        List<Finding> findings = new ArrayList<>();
        for (Path each : from.files("*" + SegmentId.SUFFIX)) {
            try (Segment segment = from.named(each)) {
                Optional<String> refusal = fingerprint.flatMap(own -> foreign(segment, segment.id(), own));
                if (refusal.isEmpty()) {
                    refusal = segment.check().stream().findFirst();
                }
                if (refusal.isPresent()) {
                    findings.add(new Finding(each, refusal.get()));
                } else if (!to.isWhole(segment)) {
                    to.publish(segment.id(), segment.fileBytes(), segment::copyTo);
                    copied++;
                    bytes += segment.fileBytes();
                }
            } catch (Problem e) {
                if (e.kind() == Problem.Kind.LIMIT || e.kind() == Problem.Kind.DISK) {
                    throw e;
                }
                findings.add(new Finding(each, e.getMessage()));
            }
        }
        return new Report(copied, bytes, findings);
    }

    /** Whether the same segment is here already, without damage, and not archived where the wanted one is full. */
    private boolean isWhole(Segment wanted) {
        if (find(wanted.id(), wanted.fingerprint()) instanceof Found.Hit(Segment here)) {
            try (here) {
                boolean isAsGood = here.fullBytes() == wanted.fullBytes()
                        && (!here.shape().isArchived() || wanted.shape().isArchived());
                return isAsGood && here.check().isEmpty();
            }
        }
        return false;
    }
}
