package dev.longhand.desk;

import dev.longhand.base.Disk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

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

    Path memoryLock() {
        return path.resolve("memory.lock");
    }

    /** Files that were handed to the desk, see {@link Desks#make}. */
    Path documents() {
        return path.resolve(HandedFiles.FOLDER);
    }

    /** What the desk may take of the disk, see {@link Desks#make}. */
    Path quota() {
        return path.resolve(DeskFiles.QUOTA);
    }

    /** Documents that were written into the desk itself. */
    Path scratch() {
        return path.resolve("scratch");
    }

    /** Pages that were fetched. */
    Path pages() {
        return path.resolve(Pages.FOLDER);
    }

    Path segments() {
        return path.resolve("segments");
    }

    /** The catalogue on disk; empty if there is none that can be used. */
    Optional<Catalogue> published() throws IOException {
        try {
            return Optional.ofNullable(CatalogueFile.read(catalogue(), limits));
        } catch (CatalogueFile.Unusable e) {
            return Optional.empty();
        }
    }

    /** Generation of the catalogue on disk; 0 if there is none that can be used. */
    long publishedGeneration() throws IOException {
        return published().map(Catalogue::generation).orElse(0L);
    }
}
