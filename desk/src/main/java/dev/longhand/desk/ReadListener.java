package dev.longhand.desk;

/** Told of a desk's reading, on the thread that reads. */
public interface ReadListener {
    ReadListener SILENT = new ReadListener() {};

    /** A document was read and indexed; {@code count} of this refresh. */
    default void document(String path, int count) {}

    /** One line for people: something was rebuilt, or a document holds what a reader would not see. */
    default void note(String line) {}

    /** Asked before each file; true ends the reading and leaves the desk as it was. */
    default boolean isCancelled() {
        return false;
    }
}
