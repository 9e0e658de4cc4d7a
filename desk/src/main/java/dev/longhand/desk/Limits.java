package dev.longhand.desk;

import dev.longhand.base.Check;

/**
 * What a desk takes at most.
 *
 * @param catalogueBytesMax largest catalogue file that is read
 * @param questionCharsMax  characters of a question
 * @param questionTermsMax  different words of a question that are searched for
 * @param candidatesMax     passages a search returns
 * @param citationLinesMax  lines of one citation
 * @param quoteCharsMax     characters of one quote
 * @param passagesAtOnce    passages that are read before they are made durable: what a power cut costs at most
 */
public record Limits(
        long catalogueBytesMax, int questionCharsMax, int questionTermsMax, int candidatesMax, int citationLinesMax,
                int quoteCharsMax, int passagesAtOnce) {
    public static final Limits DEFAULT = new Limits(512L << 20, 8_000, 256, 64, 30, 4_000, 4_096);

    public Limits {
        Check.argument(catalogueBytesMax > 0 && catalogueBytesMax <= 1L << 30, "catalogueBytesMax is %d; it must lie in 1..1 GiB",
                catalogueBytesMax);
        Check.argument(questionCharsMax > 0 && questionCharsMax <= 1 << 20, "questionCharsMax is %d; it must lie in 1..1 Mi",
                questionCharsMax);
        Check.argument(questionTermsMax > 0 && questionTermsMax <= 1024, "questionTermsMax is %d; it must lie in 1..1024",
                questionTermsMax);
        Check.argument(candidatesMax > 0 && candidatesMax <= 1024, "candidatesMax is %d; it must lie in 1..1024", candidatesMax);
        Check.argument(citationLinesMax > 0 && citationLinesMax <= 30, "citationLinesMax is %d; it must lie in 1..30",
                citationLinesMax);
        Check.argument(quoteCharsMax > 0, "quoteCharsMax is %d; it must be positive", quoteCharsMax);
        Check.argument(passagesAtOnce > 0, "passagesAtOnce is %d; it must be positive", passagesAtOnce);
    }
}
