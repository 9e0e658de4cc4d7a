package dev.longhand.ingest;

import static dev.longhand.ingest.Skip.Reason.BAD_NAME;
import static dev.longhand.ingest.Skip.Reason.PATH_TOO_LONG;
import static dev.longhand.ingest.Skip.Reason.SPECIAL_FILE;
import static dev.longhand.ingest.Skip.Reason.SUBMODULE;
import static dev.longhand.ingest.Skip.Reason.SYMLINK;
import static dev.longhand.ingest.Skip.Reason.TOO_DEEP;
import static dev.longhand.ingest.Skip.Reason.TOO_LARGE;
import static dev.longhand.ingest.Skip.Reason.UNREADABLE;
import static dev.longhand.ingest.Skip.Reason.VENDORED;

import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectLoader;
import org.eclipse.jgit.lib.ObjectReader;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.lib.RepositoryCache;
import org.eclipse.jgit.revwalk.RevCommit;
import org.eclipse.jgit.revwalk.RevObject;
import org.eclipse.jgit.revwalk.RevWalk;
import org.eclipse.jgit.storage.file.FileRepositoryBuilder;
import org.eclipse.jgit.treewalk.TreeWalk;
import org.eclipse.jgit.util.FS;

/**
 * The files of one revision of a repository on this disk, read out of its objects. No hook, filter or program runs, nothing is
 * fetched and nothing is written; the working files are not looked at.
 *
 * <p>A blob's id is a hash of its content: it is the {@link FileStat#fileKey} of its file, so what a listener knows by that is not
 * even loaded. Ignore rules do not apply, since what is in a revision was put there. The order is that of Git's trees. Not
 * thread-safe.
 */
final class GitTree implements Closeable {
    private final Repository repository;
    private final ObjectReader reader;
    private final ObjectId revision;
    private final ObjectId tree;
    private final long modifiedMs;

    private GitTree(Repository repository, ObjectReader reader, ObjectId revision, ObjectId tree, long modifiedMs) {
        this.repository = repository;
        this.reader = reader;
        this.revision = revision;
        this.tree = tree;
        this.modifiedMs = modifiedMs;
    }

    /**
     * @param root     a working folder's top, its {@code .git}, or a bare repository
     * @param revision as Git understands it: a branch, a tag, an id, {@code HEAD~2}
     * @throws Problem NOT_FOUND, or MALFORMED for a repository that cannot be read
     */
    static GitTree open(Path root, String revision, Limits limits) throws Problem, IOException {
        GitQuiet.install();
        Repository repository = repository(root);
        try {
            return Unpacking.guarded(() -> at(repository, root, revision, limits));
        } catch (NoSuchRevision e) {
            repository.close();
            throw new Problem(Problem.Kind.NOT_FOUND, "the repository " + root + " has no revision \"" + revision
                    + "\"; name a branch, a tag or a commit");
        } catch (IOException e) {
            repository.close();
            throw new Problem(Problem.Kind.MALFORMED, "the revision \"" + revision + "\" of " + root + " cannot be read: "
                    + e.getMessage(), e);
        }
    }

    private static final class NoSuchRevision extends IOException {}

    private static Repository repository(Path root) throws Problem, IOException {
        Path real = root.toRealPath();
        FileRepositoryBuilder builder = new FileRepositoryBuilder().setMustExist(true).setFS(FS.DETECTED);
        if (Files.exists(real.resolve(Constants.DOT_GIT))) {
            builder.setWorkTree(real.toFile());
        } else if (RepositoryCache.FileKey.isGitRepository(real.toFile(), FS.DETECTED)) {
            builder.setGitDir(real.toFile());
        } else {
            throw new Problem(Problem.Kind.NOT_FOUND, root + " is no git repository; name the top of a working folder, or a bare "
                    + "repository");
        }
        try {
            return Unpacking.guarded(builder::build);
        } catch (IOException e) {
            throw new Problem(Problem.Kind.MALFORMED, "the git repository " + root + " cannot be opened: " + e.getMessage(), e);
        }
    }

    private static GitTree at(Repository repository, Path root, String revision, Limits limits) throws IOException {
        ObjectId id = repository.resolve(revision);
        if (id == null) {
            throw new NoSuchRevision();
        }
        ObjectReader reader = repository.newObjectReader();
        // Larger objects are refused: JGit would unpack them into a file of the repository.
        reader.setStreamFileThreshold((int) Math.max(limits.pdfBytesMax(), limits.archive().innerArchiveBytesMax()) + 1);
        try (RevWalk walk = new RevWalk(reader.newReader())) {
            RevObject object = walk.peel(walk.parseAny(id));
            long modifiedMs = object instanceof RevCommit commit ? commit.getCommitTime() * 1_000L : 0;
            return new GitTree(repository, reader, object.copy(), walk.parseTree(object).copy(), modifiedMs);
        }
    }

    /** The commit's id, or the tree's where the revision is one: 40 hex digits. */
    String revision() {
        return revision.name();
    }

    void walk(Intake intake) throws Problem {
        ArchiveWalk archives = new ArchiveWalk(intake);
        try (TreeWalk walk = Unpacking.guarded(() -> new TreeWalk(reader))) {
            Unpacking.guarded(() -> walk.addTree(tree));
            while (Unpacking.guarded(walk::next)) {
                String path = new String(walk.getRawPath(), StandardCharsets.UTF_8);
                if (intake.isOverAll(Names.visible(path))) {
                    return;
                }
                intake.countEntry();
                try {
                    entry(walk, path, intake, archives);
                } catch (Refused e) {
                    intake.report(e.skip(Names.visible(path)));
                } catch (IOException e) {
                    intake.report(new Skip(Names.visible(path), UNREADABLE, Walk.reason(e)));
                }
            }
        } catch (IOException e) {
            Intake.checkCancelled("the rest of the repository");
            intake.report(new Skip(".", UNREADABLE, "a tree of the repository is broken: " + e.getMessage()
                    + "; nothing after this point was read"));
        }
    }

    private void entry(TreeWalk walk, String path, Intake intake, ArchiveWalk archives) throws IOException, Refused, Problem {
        Limits limits = intake.limits();
        String fault = EntryNames.fault(path);
        if (!fault.isEmpty()) {
            throw new Refused(BAD_NAME, "the name " + fault);
        }
        if (path.length() > limits.pathCharsMax()) {
            throw new Refused(PATH_TOO_LONG, "%,d characters; the limit is %,d".formatted(path.length(), limits.pathCharsMax()));
        }
        String name = path.substring(path.lastIndexOf('/') + 1);
        FileMode mode = walk.getFileMode();
        if (mode == FileMode.TREE) {
            if (walk.getDepth() + 1 > limits.depthMax()) {
                throw new Refused(TOO_DEEP, "a folder at depth %d; the limit is %d".formatted(walk.getDepth() + 1,
                        limits.depthMax()));
            }
            if (Kinds.isVendored(name)) {
                throw new Refused(VENDORED, "a folder of other people's or machine-made files");
            }
            Unpacking.guarded(() -> {
                walk.enterSubtree();
                return null;
            });
            return;
        }
        ObjectId blob = blob(mode, walk.getObjectId(0));
        long bytes = Unpacking.guarded(() -> reader.getObjectSize(blob, Constants.OBJ_BLOB));
        if (intake.isUnchanged(new FileStat(path, bytes, 0, FileStat.BLOB_KEY + blob.name()))) {
            return;
        }
        if (ArchiveWalk.isArchive(name)) {
            archives.walk(archive(blob, bytes, limits), name, path);
        } else {
            intake.report(intake.take(name, path, content(blob, bytes, limits)));
        }
    }

    private static ObjectId blob(FileMode mode, ObjectId id) throws Refused {
        if (mode == FileMode.GITLINK) {
            throw new Refused(SUBMODULE, "commit " + id.name() + " of another repository; not fetched");
        }
        if (mode == FileMode.SYMLINK) {
            throw new Refused(SYMLINK, "not followed");
        }
        if (mode != FileMode.REGULAR_FILE && mode != FileMode.EXECUTABLE_FILE) {
            throw new Refused(SPECIAL_FILE, "not a file");
        }
        return id;
    }

    private Content content(ObjectId blob, long bytes, Limits limits) throws Refused {
        // A longer one is no document, text or PDF.
        if (bytes > limits.pdfBytesMax()) {
            throw new Refused(TOO_LARGE, "%s; the limit is %s".formatted(Units.bytes(bytes), Units.bytes(limits.fileBytesMax())));
        }
        return new Content(bytes, modifiedMs, () -> new ByteArrayInputStream(load(blob)));
    }

    private byte[] archive(ObjectId blob, long bytes, Limits limits) throws IOException, Refused {
        int max = limits.archive().innerArchiveBytesMax();
        if (bytes > max) {
            throw new Refused(TOO_LARGE, "an archive of %s in a repository; the limit is %s".formatted(Units.bytes(bytes),
                    Units.bytes(max)));
        }
        return load(blob);
    }

    private byte[] load(ObjectId blob) throws IOException, Refused {
        ObjectLoader loader = Unpacking.guarded(() -> reader.open(blob, Constants.OBJ_BLOB));
        if (loader.isLarge()) {
            throw new Refused(TOO_LARGE, "it is stored as a change to a larger object than is read");
        }
        return Unpacking.guarded(loader::getCachedBytes);
    }

    /** One document of the revision, through archives too. */
    Document read(Extractor extractor, String path) throws IOException, Refused, Problem {
        int inside = 0;
        for (int at = path.indexOf("!/"); at >= 0; at = path.indexOf("!/", at + 1)) {
            if (ArchiveWalk.isInside(path.substring(path.lastIndexOf('/', at) + 1, at + 1))) {
                inside = at;
                break;
            }
        }
        String file = inside > 0 ? path.substring(0, inside) : path;
        ObjectId blob;
        try (TreeWalk walk = Unpacking.guarded(() -> TreeWalk.forPath(reader, file, tree))) {
            if (walk == null) {
                throw new NoSuchFileException(path);
            }
            blob = blob(walk.getFileMode(), walk.getObjectId(0));
        }
        Limits limits = extractor.limits();
        long bytes = Unpacking.guarded(() -> reader.getObjectSize(blob, Constants.OBJ_BLOB));
        String name = file.substring(file.lastIndexOf('/') + 1);
        if (inside > 0) {
            byte[] archive = archive(blob, bytes, limits);
            return ArchiveWalk.read(extractor, path, archives -> archives.walk(archive, name, file));
        }
        return extractor.read(name, path, content(blob, bytes, limits), known -> false);
    }

    @Override
    public void close() {
        reader.close();
        repository.close();
    }
}
