package dev.longhand.ingest;

/**
 * Something in a document that a reader would not see, or not as it is stored. It is reported, not removed.
 *
 * @param count occurrences in the document
 * @param lineFirst citable line of the first one, from 1
 */
public record Flag(What what, int count, int lineFirst) {
    public enum What {
        /** Zero-width characters: U+200B-200D, U+2060-2064, U+FEFF inside the text, tag characters. */
        ZERO_WIDTH,
        /** Characters that turn the direction of text: U+202A-202E, U+2066-2069, U+200E, U+200F, U+061C. */
        BIDI,
        /** Control characters other than tab and line ends. */
        CONTROL,
        /** HTML elements that a browser would not show; their text is left out of the reading text. */
        HIDDEN_HTML,
        /** HTML comments; left out of the reading text. */
        HTML_COMMENT
    }
}
