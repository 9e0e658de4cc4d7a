package dev.longhand.ingest;

/**
 * A piece of a document that is found, read and cited as a whole.
 *
 * <p>For text, Markdown and code {@code text} is exactly the characters of the file's bytes {@code [byteFirst, byteEnd)}, line ends
 * inside it included as they are in the file. For HTML {@code text} is extracted and the byte range is that of the source lines.
 * For PDF the byte range is that in the UTF-8 form of the extracted text.
 *
 * @param index position in the document, from 0
 * @param title headings or enclosing symbols, outermost first, joined by " > "; may be empty
 * @param lineFirst first citable line, from 1
 * @param lineLast last citable line, inclusive; equal to lineFirst for a piece of one very long line
 * @param byteFirst first byte
 * @param byteEnd byte after the last
 * @param page page of the first line, from 1; 0 where there are no pages
 * @param tokens estimate, see {@link Tokens}
 */
public record Passage(
        String path,
        int index,
        String title,
        int lineFirst,
        int lineLast,
        long byteFirst,
        long byteEnd,
        int page,
        String text,
        int tokens) {}
