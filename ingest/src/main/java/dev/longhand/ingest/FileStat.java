package dev.longhand.ingest;

/**
 * What the file system says of a file before it is opened. The same stat is a hint that the bytes are the same, never proof.
 *
 * @param path          relative to the root, with {@code /}
 * @param modifiedNanos modification time, nanoseconds since 1970
 *                      0 in a revision of a repository
 * @param fileKey       device and inode as the platform prints them; "" where there are none; in a revision of a repository
 *                      {@link #BLOB_KEY} and the blob's id, which is proof that the content is the same
 */
public record FileStat(String path, long bytes, long modifiedNanos, String fileKey) {
    /** With it begins the key of what is in a revision of a repository. */
    public static final String BLOB_KEY = "git:";
}
