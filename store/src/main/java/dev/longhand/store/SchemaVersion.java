package dev.longhand.store;

/**
 * How far the tables of one module are.
 *
 * @param name  the schema's
 * @param found newest script that ran on the database; 0 if none did, or one failed
 * @param known newest script of this program
 */
public record SchemaVersion(String name, int found, int known) {
    /** The next opening brings the tables to the version that is known. */
    public boolean isOlder() {
        return found < known;
    }

    /** This program cannot open the database. */
    public boolean isNewer() {
        return found > known;
    }
}
