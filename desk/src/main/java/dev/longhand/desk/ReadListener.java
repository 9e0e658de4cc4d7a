package dev.longhand.desk;

import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import java.util.List;

/** Told of a desk's reading, on the thread that reads. */
public interface ReadListener {
    /**
     * A document that is in the desk for good.
     *
     * @param hash of its bytes, of which there are {@code bytes}
     */
    record Read(String path, Sha256 hash, long bytes, int passages) {}

    ReadListener SILENT = new ReadListener() {};

    /** A document was read and indexed; {@code count} of this refresh. */
    default void document(String path, int count) {}

    /** Reading begins: something differs from what the desk holds. Told once, before anything is changed or locked. */
    default void begins() throws Problem {}

    /** These documents were read and are durable now, whatever happens after. */
    default void published(List<Read> documents) throws Problem {}

    /** The reading has ended well. */
    default void refreshed(Refresh report) {}

    /** One line for people: something was rebuilt, or a document holds what a reader would not see. */
    default void note(String line) {}

    /** Asked before each file; true ends the reading; what was published stays. */
    default boolean isCancelled() {
        return false;
    }
}
