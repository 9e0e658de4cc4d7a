package dev.longhand.ingest;

/**
 * Something in a document that has a name and a place: a heading, a class, a function.
 *
 * @param depth     how many symbols it lies in; for headings their level less one
 * @param lineFirst first citable line, from 1, with the comments above that belong to it
 * @param lineLast  last citable line, inclusive
 * @param byteFirst first byte of its lines in the document, as in {@link Passage}
 * @param byteEnd   byte after the last
 */
public record Symbol(Kind kind, String name, int depth, int lineFirst, int lineLast, long byteFirst, long byteEnd) {
    /** What it is. */
    public enum Kind {
        HEADING,
        /** A class, interface, struct, enum, trait, type alias. */
        TYPE,
        /** A function, method, constructor. */
        FUNCTION,
        /** A module, namespace, package or block of implementations. */
        MODULE,
        /** A definition whose kind is not known. */
        DEFINITION
    }
}
