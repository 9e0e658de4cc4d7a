package dev.longhand.upkeep;

import dev.longhand.base.Sha256;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What a backup holds and what it does not: {@code docs/formats/backup.md}. Immutable.
 *
 * @param at       when the backup was begun
 * @param longhand version of the program that made it
 * @param books    what became of the database
 * @param desks    by name
 * @param models   every row of the home's list
 * @param files    every file but the manifest's own two, by path
 * @param leftOut  what a person might expect to be in it
 */
public record Manifest(Instant at, String longhand, Books books, List<Desk> desks, List<Model> models, List<Entry> files,
        List<LeftOut> leftOut) {
    public static final int VERSION = 2;
    /** The oldest that is still read: its desks have no files that were handed to them. */
    static final int VERSION_MIN = 1;
    static final String FILE = "manifest.json";
    static final String DIGEST_FILE = "manifest.sha256";

    static final String DATABASE = "longhand.db";
    static final String CONFIG = "config.toml";
    static final String MODELS = "models";
    static final String MODELS_LIST = "models/models.toml";
    static final String DESKS = "desks";

    /** What became of the database. */
    public enum Books {
        /** It is in the backup. */
        INCLUDED,
        /** There was none. */
        NONE,
        /** There is one, and it is not in the backup. */
        LEFT_OUT
    }

    /**
     * A desk.
     *
     * @param root       what was read; "" if nothing was, or it cannot be said
     * @param generation of the catalogue; 0 if only the files that were handed to the desk are in the backup
     * @param isMade     whether files are handed to it: it has a folder for them, if an empty one
     */
    public record Desk(String name, String root, long generation, int documents, long passages, boolean isMade) {
        String path(String file) {
            return DESKS + "/" + name + "/" + file;
        }

        boolean isRead() {
            return generation > 0;
        }
    }

    /** @param isIncluded whether the weights are in the backup */
    public record Model(String name, Sha256 digest, long bytes, boolean isIncluded) {}

    /** @param path relative to the backup, with slashes */
    public record Entry(String path, long bytes, Sha256 digest) {}

    public record LeftOut(String what, String why) {}

    public Manifest {
        desks = List.copyOf(desks);
        models = List.copyOf(models);
        files = List.copyOf(files);
        leftOut = List.copyOf(leftOut);
    }

    public long bytes() {
        return files.stream().mapToLong(Entry::bytes).sum();
    }

    Optional<Entry> file(String path) {
        return files.stream().filter(f -> f.path().equals(path)).findFirst();
    }
}
