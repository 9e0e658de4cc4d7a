package dev.longhand.bench;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * One measured figure.
 *
 * @param row     what was measured: {@code "smollm2-q4_1/prefill-512"}
 * @param tier    what of Longhand ran: {@code "native avx512-vnni"}
 * @param figure  the number that counts
 * @param unit    of the figure
 * @param target  what it should be, where that is known
 * @param details what the figure was made of, in order
 */
public record Measure(String row, String tier, double figure, String unit, Optional<Target> target, Map<String, Object> details) {
    public Measure {
        details = Collections.unmodifiableMap(new LinkedHashMap<>(details));
    }

    /** With details as {@code name, value, name, value, ...}. */
    static Measure of(String row, String tier, double figure, String unit, Optional<Target> target, Object... details) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < details.length; i += 2) {
            map.put((String) details[i], details[i + 1]);
        }
        return new Measure(row, tier, figure, unit, target, map);
    }

    /** The same of a named subject, whose name stands before the row. */
    Measure of(String subject) {
        return new Measure(subject + "/" + row, tier, figure, unit, target, details);
    }

    /** Empty where there is no target. */
    public Optional<Boolean> isMet() {
        return target.map(t -> t.isMetBy(figure));
    }
}
