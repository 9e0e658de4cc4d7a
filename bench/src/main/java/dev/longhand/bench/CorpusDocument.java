package dev.longhand.bench;

import dev.longhand.base.Sha256;

/**
 * One text of a corpus, as it is in its package.
 *
 * @param source the package
 * @param path   inside the archive; safe as the path of a file below a folder
 */
public record CorpusDocument(String source, String path, String text) {
    Sha256 digest() {
        return Sha256.of(text);
    }

    /** Unique in a corpus. */
    public String name() {
        return source + "/" + path;
    }
}
