package dev.longhand.ingest;

import dev.longhand.base.Sha256;

/**
 * A file that was read whole, once: everything said of it holds for the same bytes.
 *
 * @param path relative to the root, with {@code /}; the file's name if the root is a file
 * @param bytes length
 * @param modifiedMs modification time, milliseconds since 1970; a hint, never proof of sameness
 * @param contentHash of the file's bytes
 */
public record SourceFile(String path, long bytes, long modifiedMs, Sha256 contentHash) {}
