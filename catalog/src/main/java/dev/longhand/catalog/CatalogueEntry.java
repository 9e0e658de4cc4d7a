package dev.longhand.catalog;

import dev.longhand.base.Sha256;
import java.util.List;
import java.util.Optional;

/**
 * A model that can be pulled by name.
 *
 * @param name what a person types
 * @param aliases other names for the same
 * @param title the name for reading
 * @param architecture as in the model file's {@code general.architecture}
 * @param quantisation the file's mixture of types, for people
 * @param licence whose terms the person accepts by using it
 * @param sizeBytes the file's size; exact where {@code digest} is present, else about
 * @param digest the file's SHA-256; empty means the digest its server states is taken
 * @param sources in the order they are tried
 * @param isDefault the model that is used where none is named
 */
public record CatalogueEntry(String name, List<String> aliases, String title, String architecture, String quantisation,
        String licence, long sizeBytes, Optional<Sha256> digest, List<Source> sources, boolean isDefault) {
    public CatalogueEntry {
        aliases = List.copyOf(aliases);
        sources = List.copyOf(sources);
    }

    boolean isCalled(String asked) {
        return name.equals(asked) || aliases.contains(asked);
    }
}
