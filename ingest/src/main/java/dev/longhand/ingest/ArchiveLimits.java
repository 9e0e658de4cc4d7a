package dev.longhand.ingest;

import dev.longhand.base.Check;

/**
 * What reading one archive, with the archives in it, may cost at most. An archive that goes over is left at that point, with a
 * {@link Skip}; what was read of it before stays.
 *
 * @param entriesMax        entries looked at, folders included
 * @param depthMax          archives inside each other; 1 reads none that lies in another
 * @param bytesMax          bytes that are unpacked, whether they are read or passed over
 * @param ratioMax          unpacked bytes for each byte of the outermost archive, beyond the first {@link #RATIO_FREE_BYTES}
 * @param innerArchiveBytesMax size of an archive inside another; it is held in memory while it is read
 * @param headerBytesMax    bytes of the headers of one entry of a TAR, and of the whole directory of a ZIP 16 times as many
 */
public record ArchiveLimits(
        int entriesMax, int depthMax, long bytesMax, int ratioMax, int innerArchiveBytesMax, int headerBytesMax) {
    public static final ArchiveLimits DEFAULT = new ArchiveLimits(100_000, 2, 2L << 30, 100, 64 << 20, 1 << 20);

    /** A small archive of much repeated text is no bomb. */
    static final long RATIO_FREE_BYTES = 4L << 20;

    public ArchiveLimits {
        Check.argument(entriesMax > 0 && entriesMax <= 1_000_000, "entriesMax is %d; it must lie in 1..1,000,000", entriesMax);
        Check.argument(depthMax > 0 && depthMax <= 4, "depthMax is %d; it must lie in 1..4", depthMax);
        Check.argument(bytesMax > 0, "bytesMax is %d; it must be positive", bytesMax);
        Check.argument(ratioMax > 0 && ratioMax <= 10_000, "ratioMax is %d; it must lie in 1..10,000", ratioMax);
        Check.argument(innerArchiveBytesMax > 0 && innerArchiveBytesMax <= 256 << 20,
                "innerArchiveBytesMax is %d; it must lie in 1..256 MiB", innerArchiveBytesMax);
        Check.argument(headerBytesMax >= 1 << 12 && headerBytesMax <= 4 << 20,
                "headerBytesMax is %d; it must lie in 4 KiB..4 MiB", headerBytesMax);
    }
}
