package dev.longhand.upkeep;

/** Who watches upkeep and may stop it. Called from the working thread, often; an implementation limits what it shows. */
public interface Watcher {
    /** Watches nothing. */
    Watcher SILENT = new Watcher() {};

    /** One whole line for the person: a part that is done, or something to know. */
    default void line(String line) {}

    /**
     * How far a file is.
     *
     * @param what which one, in a few words
     * @param totalBytes in all, or -1 where unknown
     */
    default void advanced(String what, long doneBytes, long totalBytes) {}

    /** Whether the work should end; asked often. */
    default boolean isCancelled() {
        return false;
    }
}
