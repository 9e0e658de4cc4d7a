package dev.longhand.ingest;

import dev.longhand.base.Check;

/**
 * What reading a folder may cost at most. Every limit that is hit is reported as a {@link Skip}.
 *
 * @param fileBytesMax largest text file that is read; larger ones are not even opened beyond their first block
 * @param pdfBytesMax largest PDF that is handed to the child process
 * @param totalBytesMax bytes read in all; the walk stops there
 * @param filesMax files read in all; the walk stops there
 * @param entriesMax names looked at in all, ignored ones included; the walk stops there
 * @param depthMax folders inside folders; deeper ones are skipped
 * @param pathCharsMax characters of a path relative to the root
 * @param pdf limits of the child process that reads PDFs
 * @param archive limits of each archive that is read as a folder
 */
public record Limits(
        long fileBytesMax,
        long pdfBytesMax,
        long totalBytesMax,
        int filesMax,
        int entriesMax,
        int depthMax,
        int pathCharsMax,
        PdfLimits pdf,
        ArchiveLimits archive) {
    public static final Limits DEFAULT = new Limits(
            8L << 20, 64L << 20, 4L << 30, 100_000, 1_000_000, 64, 1_000, PdfLimits.DEFAULT, ArchiveLimits.DEFAULT);

    public Limits {
        Check.argument(fileBytesMax > 0 && fileBytesMax <= 256L << 20, "fileBytesMax is %d; it must lie in 1..256 MiB",
                fileBytesMax);
        Check.argument(pdfBytesMax > 0 && pdfBytesMax <= 512L << 20, "pdfBytesMax is %d; it must lie in 1..512 MiB", pdfBytesMax);
        Check.argument(totalBytesMax > 0, "totalBytesMax is %d; it must be positive", totalBytesMax);
        Check.argument(filesMax > 0 && filesMax <= 10_000_000, "filesMax is %d; it must lie in 1..10,000,000", filesMax);
        Check.argument(entriesMax >= filesMax, "entriesMax is %d; it must be at least filesMax, %d", entriesMax, filesMax);
        Check.argument(depthMax > 0 && depthMax <= 256, "depthMax is %d; it must lie in 1..256", depthMax);
        Check.argument(pathCharsMax > 0 && pathCharsMax <= 4096, "pathCharsMax is %d; it must lie in 1..4096", pathCharsMax);
    }

    Limits withFiles(int filesMax) {
        return new Limits(fileBytesMax, pdfBytesMax, totalBytesMax, filesMax, entriesMax, depthMax, pathCharsMax, pdf,
                archive);
    }

    Limits withTotalBytes(long totalBytesMax) {
        return new Limits(fileBytesMax, pdfBytesMax, totalBytesMax, filesMax, entriesMax, depthMax, pathCharsMax, pdf,
                archive);
    }

    Limits withEntries(int entriesMax) {
        return new Limits(fileBytesMax, pdfBytesMax, totalBytesMax, Math.min(filesMax, entriesMax), entriesMax, depthMax,
                pathCharsMax, pdf, archive);
    }

    Limits withPdf(PdfLimits pdf) {
        return new Limits(fileBytesMax, pdfBytesMax, totalBytesMax, filesMax, entriesMax, depthMax, pathCharsMax, pdf,
                archive);
    }

    Limits withArchive(ArchiveLimits archive) {
        return new Limits(fileBytesMax, pdfBytesMax, totalBytesMax, filesMax, entriesMax, depthMax, pathCharsMax, pdf,
                archive);
    }
}
