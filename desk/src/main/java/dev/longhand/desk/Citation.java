package dev.longhand.desk;

import dev.longhand.ingest.Passage;

/**
 * A source of an answer that can be checked.
 *
 * @param passage    the passage of the context it is from
 * @param path       relative to the desk's root
 * @param lineFirst  first line cited, from 1
 * @param lineLast   last line cited, inclusive; at most 30 lines
 * @param quoteFirst first line quoted; the quote lies inside the cited lines
 * @param quoteLast  last line quoted
 * @param quote      those lines, verbatim from the file at the moment of asking; "" unless {@code state} is VERIFIED
 */
public record Citation(
        Passage passage, String path, int lineFirst, int lineLast, int quoteFirst, int quoteLast, String quote, State state) {
    public enum State {
        /** The words stand in the file, at these lines, now. */
        VERIFIED,
        /** The file is another one than was read; nothing is quoted. */
        CHANGED,
        /** The file cannot be read any more; nothing is quoted. */
        GONE
    }

    /** {@code docs/KERNELS.md:12-16}. */
    public String place() {
        return path + ":" + lineFirst + "-" + lineLast;
    }
}
