package dev.longhand.ingest;

/**
 * Something about a set of documents that a person may want to change: what is there twice, what other people or machines wrote.
 * Findings change nothing: documents stay unless a rule of the walk skipped them.
 *
 * @param path   of the document or the folder, as in {@link Document#path}
 * @param detail one sentence part for people
 * @param of     the document that this one repeats; "" for other kinds
 */
public record Finding(Kind kind, String path, String detail, String of) {
    /** What was found; {@link #label} is what people see. */
    public enum Kind {
        /** The same bytes as another document. */
        DUPLICATE("duplicate"),
        /** Most of its text is in another document. */
        NEAR_DUPLICATE("near-duplicate"),
        /** A folder with other people's files. */
        VENDORED("vendored"),
        /** Machine-made: a folder by its name, a file by its mark or its form. */
        GENERATED("generated"),
        LOCK_FILE("lock file");

        private final String label;

        Kind(String label) {
            this.label = label;
        }

        public String label() {
            return label;
        }
    }

    /** {@code "lib/a.c: duplicate of src/a.c (the same bytes)"}. */
    @Override
    public String toString() {
        return path + ": " + kind.label() + (of.isEmpty() ? "" : " of " + of) + (detail.isEmpty() ? "" : " (" + detail + ")");
    }
}
