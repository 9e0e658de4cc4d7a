package dev.longhand.text;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Python's dict: insertion order; 1, 1.0 and True are one key, the first one written is shown. Keys come in the normal form that
 * {@link JinjaOps#key} gives, so equal Python keys are equal Java objects. Charges nothing: the caller asks the meter.
 */
final class JinjaDict {
    record Entry(Object key, Object value) {}

    private final Map<Object, Entry> entries = new LinkedHashMap<>();

    int size() {
        return entries.size();
    }

    Collection<Entry> entries() {
        return entries.values();
    }

    Map<Object, Entry> byNormalKey() {
        return entries;
    }

    Optional<Object> get(Object normalKey) {
        return Optional.ofNullable(entries.get(normalKey)).map(Entry::value);
    }

    boolean has(Object normalKey) {
        return entries.containsKey(normalKey);
    }

    void put(Object normalKey, Object key, Object value) {
        Entry old = entries.get(normalKey);
        entries.put(normalKey, new Entry(old == null ? key : old.key(), value));
    }

    /** A string is its own normal form. */
    void put(String key, Object value) {
        put(key, key, value);
    }

    void putAll(JinjaDict other) {
        new LinkedHashMap<>(other.entries).forEach((normal, entry) -> put(normal, entry.key(), entry.value()));
    }

    Optional<Object> remove(Object normalKey) {
        return Optional.ofNullable(entries.remove(normalKey)).map(Entry::value);
    }
}
