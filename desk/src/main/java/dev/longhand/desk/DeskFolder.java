package dev.longhand.desk;

import dev.longhand.base.Disk;
import java.io.IOException;
import java.nio.file.Path;

/** Where the files of one desk lie and through which seams they are written. */
record DeskFolder(Path path, String name, Disk disk, PassageIndex.Opener opener, Limits limits) {
    Path catalogue() {
        return path.resolve("catalogue");
    }

    Path index() {
        return path.resolve("index");
    }

    Path lock() {
        return path.resolve("lock");
    }

    Path memory() {
        return path.resolve("memory");
    }

    /** Documents that were written into the desk itself. */
    Path scratch() {
        return path.resolve("scratch");
    }

    Path segments() {
        return path.resolve("segments");
    }

    /** Generation of the catalogue on disk; 0 if there is none that can be used. */
    long publishedGeneration() throws IOException {
        try {
            Catalogue catalogue = CatalogueFile.read(catalogue(), limits);
            return catalogue == null ? 0 : catalogue.generation();
        } catch (CatalogueFile.Unusable e) {
            return 0;
        }
    }
}
