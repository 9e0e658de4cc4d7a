package dev.longhand.catalog;

import java.nio.file.Path;

/**
 * A download that was interrupted and that the next pull of the same model continues.
 *
 * @param name what was fetched
 * @param file the bytes so far
 * @param doneBytes how many
 * @param totalBytes of the whole, or -1 where the server did not say
 */
public record PartialDownload(String name, Path file, long doneBytes, long totalBytes) {}
