package dev.longhand.upkeep;

import dev.longhand.base.Disk;
import dev.longhand.base.Failpoints;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * A folder that appears whole or not at all: filled under another name beside its place, forced, renamed. What a killed process
 * left under such a name is removed by the next one.
 */
final class NewFolder implements AutoCloseable {
    private static final String PREFIX = ".longhand-backup-";
    private static final String SUFFIX = ".partial";

    private final Path target;
    private final Site.Machine machine;
    private final OwnerFolder partial;
    private final boolean isParentNew;
    private boolean isPublished;

    private NewFolder(Path target, Site.Machine machine, OwnerFolder partial, boolean isParentNew) {
        this.target = target;
        this.machine = machine;
        this.partial = partial;
        this.isParentNew = isParentNew;
    }

    static NewFolder begin(Path target, Site.Machine machine) throws Problem {
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            throw new Problem(Problem.Kind.USAGE, target
                    + " is there already; a backup is written to a folder that does not exist, so that none is lost; name one");
        }
        Path parent = target.getParent();
        boolean isParentNew = !Files.isDirectory(parent);
        NewFolder begun = null;
        try {
            Files.createDirectories(parent);
            sweep(parent);
            machine.steps().before("make " + target.getFileName());
            OwnerFolder partial = OwnerFolder.take(parent.resolve(PREFIX + target.getFileName() + SUFFIX));
            if (partial == null) {
                throw new Problem(Problem.Kind.BUSY, "another process is writing the backup " + target + "; wait for it");
            }
            begun = new NewFolder(target, machine, partial, isParentNew);
            return begun;
        } catch (IOException e) {
            throw Disk.problem("making", target, e);
        } finally {
            if (begun == null && isParentNew) {
                deleteIfEmpty(parent);
            }
        }
    }

    /** Folders that a backup into {@code parent} has begun, under way or left. */
    static boolean isPartial(Path folder) {
        String name = folder.getFileName().toString();
        return name.startsWith(PREFIX) && name.endsWith(SUFFIX);
    }

    private static void sweep(Path parent) throws IOException {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(parent, NewFolder::isPartial)) {
            for (Path each : folders) {
                OwnerFolder left = OwnerFolder.take(each);
                if (left != null) {
                    Tree.delete(each);
                    left.close();
                }
            }
        }
    }

    Path folder() {
        return partial.folder();
    }

    void publish() throws Problem {
        try {
            machine.steps().before("force " + target.getFileName());
            Tree.force(folder());
            machine.steps().before("rename " + target.getFileName());
            if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
                throw new Problem(Problem.Kind.BUSY, target + " was made by somebody else meanwhile; nothing was written to it");
            }
            Failpoints.reach("upkeep.before-rename");
            machine.disk().rename(folder(), target);
            Failpoints.reach("upkeep.renamed");
            isPublished = true;
            finish();
        } catch (IOException e) {
            throw Disk.problem("writing", target, e);
        }
    }

    /** The lock was held until now, so that nobody took the folder for one that was left. A backup with its file is a good one. */
    private void finish() {
        try {
            machine.steps().before("finish " + target.getFileName());
            OwnerFolder.removeLockFile(target);
        } catch (IOException e) {
            // Verify knows the file.
        }
    }

    @Override
    public void close() {
        if (!isPublished) {
            Tree.deleteQuietly(folder());
            if (isParentNew) {
                deleteIfEmpty(target.getParent());
            }
        }
        partial.close();
    }

    private static void deleteIfEmpty(Path folder) {
        try {
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            // Somebody else uses it by now.
        }
    }
}
