package dev.longhand.ingest;

/**
 * Something under the root that was not read, and why.
 *
 * @param path relative to the root, with {@code /}, or an address; bytes and characters that do not belong in a path are escaped
 * @param detail one sentence part for people: the value seen and the rule
 */
public record Skip(String path, Reason reason, String detail) {
    /** Why; {@link #label} is what people see. */
    public enum Reason {
        IGNORED("ignored"),
        GIT_FOLDER("version control data"),
        SYMLINK("symbolic link"),
        SPECIAL_FILE("special file"),
        UNREADABLE("unreadable"),
        BAD_NAME("bad name"),
        PATH_TOO_LONG("path too long"),
        TOO_DEEP("too deep"),
        TOO_LARGE("too large"),
        TOO_MANY("too many files"),
        EMPTY("empty"),
        BINARY("binary"),
        CHARSET("unknown charset"),
        VENDORED("vendored"),
        LOCK_FILE("lock file"),
        MINIFIED("minified"),
        GENERATED("generated"),
        NO_TEXT("no text"),
        PDF_ENCRYPTED("encrypted PDF"),
        PDF_BROKEN("broken PDF"),
        PDF_LIMIT("PDF over its limits"),
        ARCHIVE_ENCRYPTED("encrypted in its archive"),
        ARCHIVE_BROKEN("broken archive"),
        ARCHIVE_LIMIT("archive over its limits"),
        SUBMODULE("submodule"),
        LFS_POINTER("Git LFS pointer"),
        ADDRESS("address not fetched");

        private final String label;

        Reason(String label) {
            this.label = label;
        }

        public String label() {
            return label;
        }
    }

    /** {@code "a/b.js: minified (longest line 81,204 characters)"}. */
    @Override
    public String toString() {
        return path + ": " + reason.label() + (detail.isEmpty() ? "" : " (" + detail + ")");
    }
}
