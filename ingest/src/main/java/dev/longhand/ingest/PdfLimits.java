package dev.longhand.ingest;

import dev.longhand.base.Check;

/**
 * What reading one PDF may cost at most.
 *
 * @param heapMb heap of the child process
 * @param wallMs time from handing the PDF over to its text; the child is killed then
 * @param cpuMs processor time of the child for one PDF; the child is killed then
 * @param pagesMax pages read; a longer PDF is skipped
 * @param textCharsMax characters of text; a PDF with more is skipped
 * @param filesPerChild PDFs that one child reads before it is replaced
 */
public record PdfLimits(int heapMb, long wallMs, long cpuMs, int pagesMax, int textCharsMax, int filesPerChild) {
    public static final PdfLimits DEFAULT = new PdfLimits(384, 60_000, 60_000, 5_000, 16 << 20, 200);

    public PdfLimits {
        Check.argument(heapMb >= 32 && heapMb <= 4096, "heapMb is %d; it must lie in 32..4096", heapMb);
        Check.argument(wallMs > 0 && wallMs <= 3_600_000, "wallMs is %d; it must lie in 1..3,600,000", wallMs);
        Check.argument(cpuMs > 0, "cpuMs is %d; it must be positive", cpuMs);
        Check.argument(pagesMax > 0, "pagesMax is %d; it must be positive", pagesMax);
        Check.argument(textCharsMax > 0 && textCharsMax <= 256 << 20, "textCharsMax is %d; it must lie in 1..256 Mi", textCharsMax);
        Check.argument(filesPerChild > 0, "filesPerChild is %d; it must be positive", filesPerChild);
    }
}
