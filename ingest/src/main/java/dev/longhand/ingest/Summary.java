package dev.longhand.ingest;

/**
 * What a walk came to.
 *
 * @param documents handed to the listener
 * @param known files that the listener already had
 * @param skips reported
 * @param bytesRead bytes of documents and known files
 * @param complete false if a limit on the whole walk stopped it early
 */
public record Summary(int documents, int known, int skips, long bytesRead, boolean complete) {}
