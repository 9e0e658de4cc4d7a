package dev.longhand.ingest;

import dev.longhand.base.Problem;

/** Receives a walk's results in path order, on the walking thread. A problem it throws ends the walk. */
public interface Listener {
    /**
     * Whether this file need not even be opened. Called once per regular file that is not ignored, before {@link #isKnown}. After
     * true, nothing else is called for the file, and it counts as known.
     */
    default boolean isUnchanged(FileStat stat) throws Problem {
        return false;
    }

    /**
     * Whether this content need not be extracted again. Called once per file when its bytes are hashed. After true, neither
     * {@link #document} nor {@link #skip} is called for the file, so a listener may also remember skips by hash.
     */
    default boolean isKnown(SourceFile file) throws Problem {
        return false;
    }

    void document(Document document) throws Problem;

    void skip(Skip skip) throws Problem;
}
