package dev.longhand.ingest;

import dev.longhand.base.Check;
import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;

/**
 * Reads a folder, a repository or a single file into documents. Everything under the root is hostile input.
 *
 * <p>Knows files and their formats; does not know models, desks or indexes. Each file is opened once, without following links, read
 * whole, hashed, and extracted from those very bytes. The order is that of sorted paths and does not depend on the platform.
 * Nothing is dropped in silence: what is not a document is a {@link Skip}.
 *
 * <p>PDFs are read by a child process that is started at the first one and ends with the call. Thread-safe: calls share nothing.
 */
public final class Ingest {
    private final Limits limits;
    private final Clock clock;

    public Ingest(Limits limits, Clock clock) {
        this.limits = limits;
        this.clock = clock;
    }

    public static Ingest standard() {
        return new Ingest(Limits.DEFAULT, Clock.SYSTEM);
    }

    /**
     * Reads everything under the root. A root that is a link is followed: the user named it. An interrupt of the calling thread
     * ends the walk.
     *
     * @throws Problem NOT_FOUND, UNSUPPORTED (the root is neither folder nor file), DISK (the root cannot be read), CANCELLED, and
     *     whatever the listener throws
     */
    public Summary walk(Path root, Listener listener) throws Problem {
        try (PdfReader pdf = new PdfReader(limits.pdf(), clock)) {
            Path real = root.toRealPath();
            BasicFileAttributes attributes = Files.readAttributes(real, BasicFileAttributes.class);
            Check.argument(listener != null, "listener is null");
            Intake intake = new Intake(limits, new Extractor(limits, pdf), listener);
            if (attributes.isDirectory()) {
                try (Folder folder = Folder.open(real)) {
                    new Walk(intake).folder(real, folder);
                    return intake.summary();
                }
            }
            if (!attributes.isRegularFile()) {
                throw new Problem(Problem.Kind.UNSUPPORTED, root + " is neither a folder nor a regular file; name one of these");
            }
            try (Folder folder = Folder.open(real.getParent())) {
                new Walk(intake).single(folder, Names.of(real.getFileName()));
                return intake.summary();
            }
        } catch (IOException e) {
            throw problem(root, e);
        }
    }

    /**
     * Reads one document again, to check a quote against the file as it is now.
     *
     * @param path as in {@link Document#path}
     * @throws Problem NOT_FOUND if it is gone, UNSUPPORTED if it would be skipped now
     */
    public Document read(Path root, String path) throws Problem {
        try (PdfReader pdf = new PdfReader(limits.pdf(), clock)) {
            Path real = root.toRealPath();
            boolean single = Files.isRegularFile(real);
            Extractor extractor = new Extractor(limits, pdf);
            try (Folder folder = Folder.open(single ? real.getParent() : real)) {
                return read(folder, path, path, extractor);
            }
        } catch (IOException e) {
            throw problem(root.resolve(path), e);
        } catch (Refused e) {
            throw new Problem(Problem.Kind.UNSUPPORTED, e.skip(path) + " in " + root);
        }
    }

    /**
     * Reads the documents of one revision of a git repository, out of its objects: nothing is fetched, written or run.
     *
     * <p>{@link FileStat#fileKey} is {@code git:} and the blob's id there, and its time is 0: the same key is the same content, and
     * a file whose stat the listener calls unchanged is not loaded. {@link SourceFile#modifiedMs} is the commit's time.
     *
     * @param root     the top of a working folder, or a bare repository
     * @param revision a branch, a tag, a commit
     * @throws Problem NOT_FOUND (no repository there, no such revision), MALFORMED (it cannot be read), DISK, CANCELLED, and
     *     whatever the listener throws
     */
    public Summary walkGit(Path root, String revision, Listener listener) throws Problem {
        Check.argument(listener != null, "listener is null");
        try (PdfReader pdf = new PdfReader(limits.pdf(), clock); GitTree tree = GitTree.open(root, revision, limits)) {
            Intake intake = new Intake(limits, new Extractor(limits, pdf), listener);
            tree.walk(intake);
            return intake.summary();
        } catch (IOException e) {
            throw problem(root, e);
        }
    }

    /**
     * Reads one document of a revision again.
     *
     * @throws Problem NOT_FOUND, UNSUPPORTED if it would be skipped, and as {@link #walkGit}
     */
    public Document readGit(Path root, String revision, String path) throws Problem {
        try (PdfReader pdf = new PdfReader(limits.pdf(), clock); GitTree tree = GitTree.open(root, revision, limits)) {
            return tree.read(new Extractor(limits, pdf), path);
        } catch (IOException e) {
            throw problem(root.resolve(path), e);
        } catch (Refused e) {
            throw new Problem(Problem.Kind.UNSUPPORTED, e.skip(path) + " in " + root + " at " + revision);
        }
    }

    /**
     * The commit that a revision names now, as 40 hex digits.
     *
     * @throws Problem as {@link #walkGit}
     */
    public String gitCommit(Path root, String revision) throws Problem {
        try (GitTree tree = GitTree.open(root, revision, limits)) {
            return tree.revision();
        } catch (IOException e) {
            throw problem(root, e);
        }
    }

    /**
     * Fetches documents from addresses; a document's path is its address. What the rules do not allow, what does not answer and
     * what is neither HTML, PDF nor text is a {@link Skip}. This is the only method that uses the network.
     *
     * @throws Problem CANCELLED, and whatever the listener throws
     */
    public Summary fetch(List<URI> addresses, UrlRules rules, Listener listener) throws Problem {
        Check.argument(listener != null, "listener is null");
        try (PdfReader pdf = new PdfReader(limits.pdf(), clock)) {
            Intake intake = new Intake(limits, new Extractor(limits, pdf), listener);
            new UrlSource(rules, clock).fetch(addresses, intake);
            return intake.summary();
        }
    }

    /**
     * Fetches one address, to be kept: its bytes are those from which a document is read later, as of a file of that name.
     *
     * @throws Problem UNAVAILABLE, with why, for what {@link #fetch} would skip
     */
    public Fetched fetch(URI address, UrlRules rules) throws Problem {
        String path = Names.visible(address.toASCIIString());
        try {
            UrlSource.checkLength(path, limits);
            return new UrlSource(rules, clock).fetch(address);
        } catch (Refused e) {
            throw new Problem(Problem.Kind.UNAVAILABLE, path + " was not fetched: " + e.getMessage());
        }
    }

    /** Whether that looks like a git repository without working files, which can be read at a revision only. */
    public static boolean isBareRepository(Path folder) {
        return Files.isRegularFile(folder.resolve("HEAD")) && Files.isDirectory(folder.resolve("objects"))
                && Files.isDirectory(folder.resolve("refs"));
    }

    /** Whether that looks like a git repository: a working folder's top, or one without working files. */
    public static boolean isRepository(Path folder) {
        return Files.exists(folder.resolve(".git")) || isBareRepository(folder);
    }

    private static Document read(Folder folder, String path, String rest, Extractor extractor)
            throws IOException, Refused, Problem {
        int slash = rest.indexOf('/');
        String element = slash < 0 ? rest : rest.substring(0, slash);
        Check.argument(!element.isEmpty() && !element.equals(".") && !element.equals(".."),
                "path is \"%s\"; it must be relative", path);
        if (slash < 0) {
            Content content = Extractor.content(folder, Names.of(Names.path(element)));
            return extractor.read(element, path, content, file -> false);
        }
        if (ArchiveWalk.isInside(element)) {
            String archive = element.substring(0, element.length() - 1);
            String outer = path.substring(0, path.length() - rest.length()) + archive;
            return ArchiveWalk.read(extractor, path, archives -> archives.walk(folder, Names.of(Names.path(archive)), outer));
        }
        try (Folder inner = folder.folder(Names.path(element))) {
            return read(inner, path, rest.substring(slash + 1), extractor);
        }
    }

    private static Problem problem(Path root, IOException e) {
        return e instanceof NoSuchFileException
                ? new Problem(Problem.Kind.NOT_FOUND, root + " does not exist")
                : new Problem(Problem.Kind.DISK, "reading " + root + " failed: " + Walk.reason(e), e);
    }
}
