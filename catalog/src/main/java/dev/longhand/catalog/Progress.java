package dev.longhand.catalog;

/** Who watches a pull. Calls come from the pulling thread, often; an implementation limits what it shows. */
public interface Progress {
    /** Watches nothing. */
    Progress SILENT = new Progress() {};

    /** One whole line for the person: a source skipped, a retry, a wait. */
    default void note(String line) {}

    /**
     * How far a transfer or check is.
     *
     * @param what what is being done, a few words
     * @param doneBytes bytes done
     * @param totalBytes bytes in all, or -1 where unknown
     */
    default void advanced(String what, long doneBytes, long totalBytes) {}

    /** The transfer or check last reported has ended, well or not. */
    default void ended() {}
}
