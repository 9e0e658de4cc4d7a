package dev.longhand.catalog;

import dev.longhand.base.Sha256;
import java.nio.file.Path;
import java.time.Instant;

/**
 * A model that is ready to load: its file was read once in full and had this digest.
 *
 * @param name what a person types: a catalogue name, {@code hf.co/...}, {@code pypi:...} or a path
 * @param digest SHA-256 of the file
 * @param file where it lies
 * @param sizeBytes the file's size when its digest was taken
 * @param modifiedMs the file's modification time then, milliseconds since 1970
 * @param isReferenced true for a file of the person's own, used where it lies and never deleted by us
 * @param origin where it came from, for people
 * @param licence the licence the catalogue states, or empty
 * @param installedAt when
 */
public record InstalledModel(String name, Sha256 digest, Path file, long sizeBytes, long modifiedMs, boolean isReferenced,
        String origin, String licence, Instant installedAt) {
    InstalledModel modifiedAt(long ms) {
        return new InstalledModel(name, digest, file, sizeBytes, ms, isReferenced, origin, licence, installedAt);
    }

    /** The same row where its file lies in {@code to} as it lay in {@code from}; a file elsewhere stays there. */
    InstalledModel movedFrom(Path from, Path to) {
        Path moved = file.startsWith(from) ? to.resolve(from.relativize(file)) : file;
        return new InstalledModel(name, digest, moved, sizeBytes, modifiedMs, isReferenced, origin, licence, installedAt);
    }
}
