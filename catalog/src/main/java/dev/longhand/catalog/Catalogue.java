package dev.longhand.catalog;

import dev.longhand.base.Check;
import dev.longhand.base.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.toml.TomlMapper;

/**
 * The models known by name, from the resource {@code models.toml}. Knows nothing of what is installed.
 *
 * <p>Invariants: names and aliases are distinct, and exactly one entry is the default. Immutable.
 */
public final class Catalogue {
    private final List<CatalogueEntry> entries;

    Catalogue(List<CatalogueEntry> entries) {
        this.entries = List.copyOf(entries);
        Check.invariant(entries.stream().filter(CatalogueEntry::isDefault).count() == 1, "the catalogue needs exactly one default model");
        List<String> names = entries.stream().flatMap(e -> java.util.stream.Stream.concat(java.util.stream.Stream.of(e.name()), e.aliases().stream()))
                .toList();
        Check.invariant(names.stream().distinct().count() == names.size(), "the catalogue uses a name twice: %s", names);
    }

    /** The catalogue that comes with this version. */
    public static Catalogue builtIn() {
        try (InputStream in = Catalogue.class.getResourceAsStream("models.toml")) {
            Check.invariant(in != null, "the resource models.toml is missing");
            return read(in);
        } catch (IOException e) {
            throw new UncheckedIOException("reading the built-in models.toml", e);
        }
    }

    static Catalogue read(InputStream in) {
        try {
            List<CatalogueEntry> entries = new ArrayList<>();
            for (JsonNode each : new TomlMapper().readTree(in).path("model")) {
                entries.add(entry(each));
            }
            return new Catalogue(entries);
        } catch (JacksonException e) {
            throw new IllegalStateException("models.toml is not readable: " + e.getOriginalMessage(), e);
        }
    }

    public List<CatalogueEntry> entries() {
        return entries;
    }

    /** The model used where none is named. */
    public CatalogueEntry defaultEntry() {
        return entries.stream().filter(CatalogueEntry::isDefault).findFirst().orElseThrow();
    }

    /** By name or alias, in lower case. */
    public Optional<CatalogueEntry> find(String name) {
        return entries.stream().filter(e -> e.isCalled(name)).findFirst();
    }

    private static CatalogueEntry entry(JsonNode node) {
        List<String> aliases = new ArrayList<>();
        node.path("aliases").forEach(a -> aliases.add(a.asString()));
        List<Source> sources = new ArrayList<>();
        node.path("sources").forEach(s -> sources.add(source(s)));
        String name = required(node, "name");
        Check.invariant(!sources.isEmpty(), "the model %s has no source", name);
        return new CatalogueEntry(name, aliases, required(node, "title"), required(node, "architecture"), required(node, "quantisation"),
                required(node, "licence"), node.path("sizeBytes").asLong(), optional(node, "sha256").map(Sha256::new), sources,
                node.path("default").asBoolean(false));
    }

    private static Source source(JsonNode node) {
        if (node.has("path")) {
            return new Source.Local(required(node, "path"));
        }
        if (node.has("hub")) {
            return new Source.Hub(required(node, "hub"), optional(node, "revision").orElse("main"), optional(node, "file"), optional(node, "quant"));
        }
        List<String> requirements = new ArrayList<>();
        node.path("pypi").forEach(r -> requirements.add(r.asString()));
        Check.invariant(!requirements.isEmpty() && requirements.stream().allMatch(References::isRequirement),
                "a source is a path, a hub or pypi requirements with versions, not %s", node);
        return new Source.Wheels(requirements);
    }

    private static String required(JsonNode node, String key) {
        return optional(node, key).orElseThrow(() -> new IllegalStateException("models.toml: " + key + " is missing in " + node));
    }

    private static Optional<String> optional(JsonNode node, String key) {
        return node.path(key).isString() ? Optional.of(node.path(key).stringValue()) : Optional.empty();
    }
}
