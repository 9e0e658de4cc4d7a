package dev.longhand.lm;

import dev.longhand.base.Problem;
import java.util.Optional;

/**
 * Attention memory of documents, in one folder, for one model: read once, attached as often as wanted, also by later processes.
 *
 * <p>Documents are read each alone behind a front that all share. Thread-safe. Closing it forgets what was only {@link #note}d;
 * what
 * sequences have attached stays with them.
 */
public interface DocumentMemory extends AutoCloseable {
    /** Tokens of one document at most; a longer one is read in parts. */
    int tokensMax();

    /** The document of these tokens, if it was read. One that is damaged, or of another model, is not there. */
    Optional<SegmentRef> find(int[] tokens) throws Problem;

    /**
     * What reading came to.
     *
     * @param bytes bytes that it takes on disk
     */
    record Reading(SegmentRef segment, Usage usage, long bytes) {}

    /**
     * Reads a document and keeps it; durable when it returns. What is there already is not read again.
     *
     * @param offsets byte offset of each token in the text it came from, -1 for tokens that came from nowhere
     * @param spec    whose it is and how urgent; its length is not looked at
     */
    Reading read(int[] tokens, int[] offsets, SequenceSpec spec, Sink sink) throws Problem;

    /** Reads a document and keeps it in memory only, until it is forgotten or this is closed. */
    Reading note(int[] tokens, SequenceSpec spec, Sink sink) throws Problem;

    /** Forgets a document that was noted or read; sequences that have it attached keep it. */
    void forget(SegmentRef segment) throws Problem;

    @Override
    void close();
}
