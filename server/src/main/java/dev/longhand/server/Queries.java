package dev.longhand.server;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.Optional;

/** Fields of a query, by name and type; what is wrong is refused as {@link Fields} does. Stateless. */
final class Queries {
    private Queries() {}

    static int integer(Call call, String name, int min, int max, int otherwise) throws Refusal {
        Optional<String> text = call.query(name);
        if (text.isEmpty()) {
            return otherwise;
        }
        boolean isNumber = text.get().matches("[0-9]{1,9}");
        int value = isNumber ? Integer.parseInt(text.get()) : -1;
        if (value < min || value > max) {
            throw wrong(name, text.get(), "a whole number from %d to %d".formatted(min, max));
        }
        return value;
    }

    /** A UTC day such as {@code 2026-11-27}. */
    static Optional<LocalDate> day(Call call, String name) throws Refusal {
        Optional<String> text = call.query(name);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            LocalDate day = LocalDate.parse(text.get());
            if (day.getYear() >= 1970 && day.getYear() <= 9999) {
                return Optional.of(day);
            }
        } catch (DateTimeException e) {
            // Said below, with the years that are out of range.
        }
        throw wrong(name, text.get(), "a day from 1970 to 9999, as in 2026-11-27");
    }

    static Refusal wrong(String name, String text, String rule) {
        return Refusal.field(name, "%s is \"%s\"; it must be %s".formatted(name, DeskNames.cut(text).replaceAll("\\p{Cntrl}", "?"),
                rule));
    }
}
