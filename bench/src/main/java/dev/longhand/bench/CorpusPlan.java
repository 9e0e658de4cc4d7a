package dev.longhand.bench;

import dev.longhand.base.Check;

/**
 * Which documents of each source a corpus takes.
 *
 * @param charsMin       of a document; shorter ones are passed over
 * @param charsMax       of a document; longer ones are passed over
 * @param sourceCharsMax of all documents of one source: taking ends before the one that would pass it
 * @param isSmallOnly    only packages of the small corpus
 */
public record CorpusPlan(int charsMin, int charsMax, int sourceCharsMax, boolean isSmallOnly) {
    /** For tasks of up to 16k tokens: about 30k tokens of each of the 52 sources. */
    public static final CorpusPlan SMALL = new CorpusPlan(400, 40_000, 120_000, true);
    /** The desk of a million tokens. */
    public static final CorpusPlan LARGE = new CorpusPlan(400, 40_000, 76_000, false);
    /** For routing among thousands of documents: as much text as there is, within reason. */
    public static final CorpusPlan WIDE = new CorpusPlan(400, 40_000, 240_000, false);

    public CorpusPlan {
        Check.argument(0 < charsMin && charsMin <= charsMax && charsMax <= sourceCharsMax && charsMax <= 1 << 20,
                "charsMin %d, charsMax %d and sourceCharsMax %d must rise, documents up to 1 Mi", charsMin, charsMax,
                sourceCharsMax);
    }
}
