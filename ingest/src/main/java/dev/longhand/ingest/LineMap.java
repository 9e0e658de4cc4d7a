package dev.longhand.ingest;

import dev.longhand.base.Check;

/**
 * Where each line of a document's reading text stands in its citable text. All lines count from 1. Immutable.
 *
 * <p>Identity for text, Markdown and code. For HTML each reading line has a range of source lines. For PDF the lines are the
 * same and each has a page.
 */
public final class LineMap {
    private static final LineMap IDENTITY = new LineMap(null, null, null);

    private final int[] firsts;
    private final int[] lasts;
    private final int[] pages;

    private LineMap(int[] firsts, int[] lasts, int[] pages) {
        this.firsts = firsts;
        this.lasts = lasts;
        this.pages = pages;
    }

    static LineMap identity() {
        return IDENTITY;
    }

    /** Element i of each array belongs to reading line i + 1. */
    static LineMap ranges(int[] firsts, int[] lasts) {
        Check.argument(firsts.length == lasts.length, "%d first lines but %d last lines", firsts.length, lasts.length);
        return new LineMap(firsts.clone(), lasts.clone(), null);
    }

    static LineMap pages(int[] pages) {
        return new LineMap(null, null, pages.clone());
    }

    public int sourceFirst(int readingLine) {
        return firsts == null ? readingLine : firsts[readingLine - 1];
    }

    public int sourceLast(int readingLine) {
        return lasts == null ? readingLine : lasts[readingLine - 1];
    }

    /** The page of a line, from 1; 0 where there are no pages. */
    public int page(int readingLine) {
        return pages == null ? 0 : pages[readingLine - 1];
    }

    boolean hasPages() {
        return pages != null;
    }

    boolean isIdentity() {
        return firsts == null;
    }
}
