package dev.longhand.catalog;

import dev.longhand.base.Check;
import java.time.Duration;

/**
 * What a download may cost. Every wait and every size here ends.
 *
 * @param firstAnswer a source that has not begun to answer in this time is skipped
 * @param stall a transfer that brings no byte in this time is broken off and resumed
 * @param backoffFirst the wait before the first retry; it doubles up to {@code backoffMax}
 * @param backoffMax the longest wait between two tries, also where the server asks for more
 * @param fruitlessTriesMax tries in a row that brought no new byte, after which the source is given up
 * @param triesMax tries in all
 * @param modelBytesMax the largest model file accepted
 * @param listingBytesMax the largest file listing accepted from a server
 */
public record Limits(Duration firstAnswer, Duration stall, Duration backoffFirst, Duration backoffMax,
        int fruitlessTriesMax, int triesMax, long modelBytesMax, int listingBytesMax) {
    /** Redirects followed for one request. */
    static final int REDIRECTS_MAX = 5;

    /** Pages of a repository's listing read. */
    static final int LISTING_PAGES_MAX = 10;

    /** Bytes that must stay free on the disk beside a download. */
    static final long FREE_BYTES_MIN = 64L << 20;

    /** Rows of the installed models' file. */
    static final int INSTALLED_MAX = 10_000;

    /** Silence of pip after which it is ended; pip has shorter timeouts of its own. */
    static final Duration PIP_SILENCE = Duration.ofMinutes(10);

    public Limits {
        Check.argument(!firstAnswer.isNegative() && !firstAnswer.isZero(), "firstAnswer is %s; it must be above 0", firstAnswer);
        Check.argument(!stall.isNegative() && !stall.isZero(), "stall is %s; it must be above 0", stall);
        Check.argument(backoffMax.compareTo(backoffFirst) >= 0, "backoffMax %s is below backoffFirst %s", backoffMax, backoffFirst);
        Check.argument(fruitlessTriesMax >= 1 && triesMax >= fruitlessTriesMax,
                "fruitlessTriesMax is %d and triesMax %d; 1 <= the first <= the second", fruitlessTriesMax, triesMax);
        Check.argument(modelBytesMax > 0 && listingBytesMax > 0, "sizes must be above 0");
    }

    public static Limits standard() {
        return new Limits(Duration.ofSeconds(5), Duration.ofSeconds(30), Duration.ofSeconds(1), Duration.ofSeconds(60),
                5, 100, 1L << 40, 16 << 20);
    }
}
