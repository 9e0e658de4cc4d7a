package dev.longhand.ingest;

import static dev.longhand.ingest.Skip.Reason.BAD_NAME;
import static dev.longhand.ingest.Skip.Reason.GIT_FOLDER;
import static dev.longhand.ingest.Skip.Reason.IGNORED;
import static dev.longhand.ingest.Skip.Reason.PATH_TOO_LONG;
import static dev.longhand.ingest.Skip.Reason.SPECIAL_FILE;
import static dev.longhand.ingest.Skip.Reason.SYMLINK;
import static dev.longhand.ingest.Skip.Reason.TOO_DEEP;
import static dev.longhand.ingest.Skip.Reason.UNREADABLE;
import static dev.longhand.ingest.Skip.Reason.VENDORED;

import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One walk over one tree, depth first, in name order. Recursion is bounded by {@link Limits#depthMax}. Not thread-safe. */
final class Walk {
    private static final int IGNORE_FILE_BYTES_MAX = 1 << 20;
    private static final Path GITIGNORE = Path.of(".gitignore");

    private final Intake intake;
    private final Limits limits;
    private final ArchiveWalk archives;
    /** Path of the root inside its repository: "" or ending with a slash. */
    private String prefix = "";

    Walk(Intake intake) {
        this.intake = intake;
        this.limits = intake.limits();
        this.archives = new ArchiveWalk(intake);
    }

    void folder(Path real, Folder root) throws Problem, IOException {
        IgnoreRules outer = outerRules(real);
        walk(root, "", 0, outer);
    }

    void single(Folder folder, Names.Name name) throws Problem {
        if (!name.fault().isEmpty()) {
            skip(name.text(), BAD_NAME, name.fault());
            return;
        }
        boolean isUnchanged;
        try {
            isUnchanged = intake.isUnchanged(statOf(name.text(), folder.attributes(name.path())));
        } catch (IOException e) {
            isUnchanged = false; // reading it says what is wrong
        }
        if (!isUnchanged) {
            file(folder, name, name.text());
        }
    }

    /** The rules of the repository around the root, from its top down to the root's parent. */
    private IgnoreRules outerRules(Path real) throws Problem, IOException {
        Path top = real;
        while (top != null && !Files.exists(top.resolve(".git"), LinkOption.NOFOLLOW_LINKS)) {
            top = top.getParent();
        }
        IgnoreRules rules = IgnoreRules.none();
        if (top == null || top.equals(real)) {
            return rules;
        }
        List<Names.Name> steps = new ArrayList<>();
        top.relativize(real).forEach(step -> steps.add(Names.of(step)));
        Path at = top;
        for (Names.Name step : steps) {
            try (Folder folder = Folder.open(at)) {
                rules = rulesOf(folder, prefix, rules);
            }
            at = at.resolve(step.path());
            prefix = prefix + step.text() + "/";
        }
        return rules;
    }

    private void walk(Folder folder, String path, int depth, IgnoreRules outer) throws Problem {
        List<Names.Name> names;
        try {
            names = folder.names(intake.entriesLeft());
        } catch (IOException e) {
            skip(path.isEmpty() ? "." : path, UNREADABLE, reason(e));
            return;
        }
        if (names.size() > intake.entriesLeft()) {
            // Only some of the names are known, and which ones is up to the file system: reading them would not be repeatable.
            intake.stop(path.isEmpty() ? "." : path, "with this folder more than " + Units.count(limits.entriesMax())
                    + " names, the limit; the walk stopped before it and read nothing after it");
            return;
        }
        IgnoreRules rules = rulesOf(folder, prefix + (path.isEmpty() ? "" : path + "/"), outer);
        for (Names.Name name : names) {
            String inner = path.isEmpty() ? name.text() : path + "/" + name.text();
            if (intake.isStopped() || intake.isOverAll(inner)) {
                return;
            }
            intake.countEntry();
            try {
                entry(folder, name, inner, depth, rules);
            } catch (Refused e) {
                intake.report(e.skip(inner));
            } catch (IOException e) {
                skip(inner, UNREADABLE, reason(e));
            }
        }
    }

    private void entry(Folder folder, Names.Name name, String path, int depth, IgnoreRules rules)
            throws IOException, Refused, Problem {
        if (!name.fault().isEmpty()) {
            throw new Refused(BAD_NAME, "the name " + name.fault());
        }
        if (path.length() > limits.pathCharsMax()) {
            throw new Refused(PATH_TOO_LONG, "%,d characters; the limit is %,d".formatted(path.length(), limits.pathCharsMax()));
        }
        if (ArchiveWalk.isInside(name.text())) {
            throw new Refused(BAD_NAME, "the name ends as the insides of archives do");
        }
        if (name.text().equals(".git")) {
            throw new Refused(GIT_FOLDER, "");
        }
        BasicFileAttributes attributes = folder.attributes(name.path());
        IgnoreRules.Verdict verdict = rules.verdict(prefix + path, attributes.isDirectory());
        if (verdict.isIgnored()) {
            throw new Refused(IGNORED, verdict.because());
        }
        if (attributes.isSymbolicLink()) {
            throw new Refused(SYMLINK, "not followed");
        }
        if (attributes.isDirectory()) {
            inner(folder, name, path, depth, rules);
        } else if (attributes.isRegularFile()) {
            if (!intake.isUnchanged(statOf(path, attributes))) {
                file(folder, name, path);
            }
        } else {
            throw new Refused(SPECIAL_FILE, "a pipe, socket or device; not opened");
        }
    }

    private static FileStat statOf(String path, BasicFileAttributes attributes) {
        Object key = attributes.fileKey();
        return new FileStat(path, attributes.size(), attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS), key == null ? ""
                : key.toString());
    }

    private void inner(Folder folder, Names.Name name, String path, int depth, IgnoreRules rules)
            throws IOException, Refused, Problem {
        if (depth + 1 > limits.depthMax()) {
            throw new Refused(TOO_DEEP, "a folder at depth %d; the limit is %d".formatted(depth + 1, limits.depthMax()));
        }
        if (Kinds.isVendored(name.text())) {
            throw new Refused(VENDORED, "a folder of other people's or machine-made files");
        }
        try (Folder inner = folder.folder(name.path())) {
            walk(inner, path, depth + 1, rules);
        }
    }

    private void file(Folder folder, Names.Name name, String path) throws Problem {
        try {
            if (ArchiveWalk.isArchive(name.text())) {
                archives.walk(folder, name, path);
            } else {
                intake.report(intake.take(name.text(), path, Extractor.content(folder, name)));
            }
        } catch (Refused e) {
            intake.report(e.skip(path));
        } catch (IOException e) {
            skip(path, UNREADABLE, reason(e));
        }
    }

    private IgnoreRules rulesOf(Folder folder, String base, IgnoreRules outer) throws Problem {
        IgnoreRules rules = outer;
        try (Folder git = folder.folder(Path.of(".git")); Folder info = git.folder(Path.of("info"))) {
            rules = rulesOf(info, Path.of("exclude"), base, base + ".git/info/exclude", rules);
        } catch (IOException e) {
            // No repository here, or one whose .git is a file or a link: these are not followed.
            rules = outer;
        }
        return rulesOf(folder, GITIGNORE, base, base + ".gitignore", rules);
    }

    private IgnoreRules rulesOf(Folder folder, Path name, String base, String origin, IgnoreRules outer) throws Problem {
        byte[] content;
        try {
            BasicFileAttributes attributes = folder.attributes(name);
            if (!attributes.isRegularFile()) {
                return outer;
            }
            content = new byte[(int) Math.min(IGNORE_FILE_BYTES_MAX + 1L, attributes.size())];
            try (SeekableByteChannel channel = folder.file(name)) {
                ByteBuffer buffer = ByteBuffer.wrap(content);
                while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
                    // The channel moves the buffer on.
                }
                content = Arrays.copyOf(content, buffer.position());
            }
        } catch (NoSuchFileException e) {
            return outer;
        } catch (IOException e) {
            skip(origin, UNREADABLE, "its rules are not applied: " + reason(e));
            return outer;
        }
        if (content.length > IGNORE_FILE_BYTES_MAX) {
            skip(origin, Skip.Reason.TOO_LARGE, "its rules are not applied; the limit is " + Units.bytes(IGNORE_FILE_BYTES_MAX));
            return outer;
        }
        return outer.and(base, origin, content);
    }

    private void skip(String path, Skip.Reason reason, String detail) throws Problem {
        intake.report(new Skip(path, reason, detail));
    }

    /** What went wrong, without the path, which the skip names already. */
    static String reason(IOException e) {
        return switch (e) {
            case EOFException cut -> "it ends in the middle";
            case NoSuchFileException gone -> "it vanished while the folder was read";
            case AccessDeniedException denied -> "permission denied";
            case FileSystemException f when f.getReason() != null -> f.getReason();
            default -> String.valueOf(e.getMessage());
        };
    }
}
