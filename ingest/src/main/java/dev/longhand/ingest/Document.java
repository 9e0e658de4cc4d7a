package dev.longhand.ingest;

import dev.longhand.base.Sha256;
import java.util.List;

/**
 * One file's text, and how it maps back to the file.
 *
 * <p>There are two texts. {@link #source} is what is cited: its lines are the file's own lines and its characters the file's own
 * characters after decoding, so a quote from it can be checked against the file. {@link #reading} is what is read and searched.
 * They are the same object for text, Markdown, code and PDF; for HTML the reading text is extracted (headings as {@code #},
 * {@code pre} as fences) and {@link #map} says from which source lines each of its lines came.
 *
 * <p>Decision for PDF: a PDF has no lines of its own, so the citable lines are those of the extracted text, counted from 1 through
 * the whole document, and {@link LineMap#page} gives the page of each. The same bytes give the same lines as long as the
 * extractor's version stays; a quote is checked by {@link Ingest#read}, which extracts again.
 *
 * @param language lower-case name for code and data ("java", "python", "json"), else ""
 * @param flags one per kind of finding, at most
 */
public record Document(
        SourceFile file, Kind kind, String language, Text source, Text reading, LineMap map, List<Flag> flags) {
    public Document {
        flags = List.copyOf(flags);
    }

    public String path() {
        return file.path();
    }

    public Sha256 contentHash() {
        return file.contentHash();
    }
}
