package dev.longhand.ingest;

import java.io.IOException;
import java.io.InputStream;

/**
 * The bytes of one file, wherever they lie: in a folder, an archive, a repository or behind an address. Opened once.
 *
 * @param bytes      length as its source declares it, a hint that may lie; -1 where it declares none
 * @param modifiedMs modification time, milliseconds since 1970; 0 where there is none
 */
record Content(long bytes, long modifiedMs, Opener opener) {
    /** Opens the bytes, from the first on. */
    @FunctionalInterface
    interface Opener {
        InputStream open() throws IOException, Refused;
    }
}
