package dev.longhand.store;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;

/** Knows which file systems keep SQLite's promises: those whose locks, shared memory and syncs are this machine's own. */
final class FileSystems {
    private static final Set<String> NETWORK = Set.of("nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "9p", "afs", "ceph",
            "coda", "gfs2", "glusterfs", "lustre", "beegfs", "gpfs", "ncpfs", "ocfs2", "orangefs", "webdav", "davfs", "afpfs");
    /** User-space file systems say so and their kind, as in {@code fuse.sshfs}; the local ones are these. */
    private static final Set<String> FUSE_LOCAL = Set.of("fuseblk", "fuse.ext2", "fuse.ntfs-3g", "fuse.fuse-overlayfs");

    private FileSystems() {}

    /** Refuses a folder that lies on another machine's disk. */
    static void refuseNetwork(Path folder) throws Problem {
        try {
            refuseNetwork(folder, Files.getFileStore(folder).type());
        } catch (IOException e) {
            throw Disk.problem("looking at", folder, e);
        }
    }

    static void refuseNetwork(Path folder, String type) throws Problem {
        String name = type.toLowerCase(Locale.ROOT);
        if (NETWORK.contains(name) || name.startsWith("fuse") && !FUSE_LOCAL.contains(name)) {
            String why = "the database cannot lie in %s: it is on a network file system (%s), where locks and syncs cannot be "
                    + "trusted; set LONGHAND_HOME to a folder on a local disk, or the setting store to a PostgreSQL server";
            throw new Problem(Problem.Kind.UNSUPPORTED, why.formatted(folder, type));
        }
    }
}
