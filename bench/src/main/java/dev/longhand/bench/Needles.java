package dev.longhand.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * Sentences with keys and numbers that stand in no real text, and the questions about them.
 *
 * @param held   in the piece with the answer, in this order
 * @param beside anywhere in the context
 * @param prompt what asks
 * @param answer pieces of the expected text; every second one, from the first value on, is scored
 */
record Needles(List<String> held, List<String> beside, String prompt, List<Part> answer) {
    private static final List<String> COLOURS = List.of("amber", "scarlet", "silver", "violet", "copper", "emerald", "ivory",
            "indigo", "golden", "crimson", "turquoise", "charcoal");
    private static final List<String> THINGS = List.of("lantern", "harbour", "violin", "compass", "orchard", "glacier", "kettle",
            "pelican", "saddle", "windmill", "anchor", "meadow");
    private static final int KEYS = 4;
    private static final int VALUES = 3;
    private static final int CHAIN = 4;

    /** A stretch of the expected text. */
    record Part(String text, boolean isScored) {}

    static Needles of(TaskKind kind, Chance chance) {
        List<String> keys = keys(chance);
        return switch (kind) {
            case MULTI_VALUE -> multiValue(keys.getFirst(), chance);
            case VARIABLE -> variable(chance);
            default -> keyed(kind, keys, chance);
        };
    }

    private static Needles keyed(TaskKind kind, List<String> keys, Chance chance) {
        List<String> held = new ArrayList<>();
        List<String> beside = new ArrayList<>();
        List<String> values = new ArrayList<>();
        int asked = kind == TaskKind.MULTI_QUERY ? 2 : 1;
        for (int i = 0; i < (kind == TaskKind.NEEDLE ? 1 : KEYS); i++) {
            values.add(value(chance));
            (i < asked ? held : beside).add("The access code of the %s is %s.\n".formatted(keys.get(i), values.get(i)));
        }
        List<Part> answer = new ArrayList<>(List.of(new Part(" " + values.getFirst(), true)));
        if (asked > 1) {
            answer.add(new Part(". The access code of the %s is".formatted(keys.get(1)), false));
            answer.add(new Part(" " + values.get(1), true));
        }
        return new Needles(held, beside, "\n\nThe access code of the %s is".formatted(keys.getFirst()), answer);
    }

    private static Needles multiValue(String key, Chance chance) {
        List<String> held = new ArrayList<>();
        List<Part> answer = new ArrayList<>();
        for (int i = 0; i < VALUES; i++) {
            String value = value(chance);
            held.add("One access code of the %s is %s.\n".formatted(key, value));
            if (i > 0) {
                answer.add(new Part(i == VALUES - 1 ? " and" : ",", false));
            }
            answer.add(new Part(" " + value, true));
        }
        return new Needles(held, List.of(), "\n\nThe access codes of the %s, in the order of the text, are".formatted(key), answer);
    }

    private static Needles variable(Chance chance) {
        List<String> names = chance.shuffled(THINGS);
        String value = value(chance);
        List<String> held = new ArrayList<>();
        held.add("Let %s = %s.\n".formatted(name(names.getFirst()), value));
        for (int i = 1; i < CHAIN; i++) {
            held.add("Let %s = %s.\n".formatted(name(names.get(i)), name(names.get(i - 1))));
        }
        String beside = "Let %s = %s.\n".formatted(name(names.get(CHAIN)), value(chance));
        return new Needles(held, List.of(beside), "\n\nThe value of %s is".formatted(name(names.get(CHAIN - 1))),
                List.of(new Part(" " + value, true)));
    }

    private static String name(String thing) {
        return "VAR_" + thing.toUpperCase(java.util.Locale.ROOT);
    }

    private static List<String> keys(Chance chance) {
        List<String> colours = chance.shuffled(COLOURS);
        List<String> things = chance.shuffled(THINGS);
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < KEYS; i++) {
            keys.add(colours.get(i) + " " + things.get(i));
        }
        return keys;
    }

    /** All keys there are, in a fixed order. */
    static List<String> allKeys() {
        return COLOURS.stream().flatMap(colour -> THINGS.stream().map(thing -> colour + " " + thing)).toList();
    }

    static String value(Chance chance) {
        return String.valueOf(chance.between(100_000, 1_000_000));
    }

    String expected() {
        StringBuilder text = new StringBuilder();
        answer.forEach(p -> text.append(p.text()));
        return text.toString();
    }

    List<LookupTask.Span> scored(TokenCount tokens) {
        List<LookupTask.Span> spans = new ArrayList<>();
        String text = "";
        for (Part each : answer) {
            int from = text.isEmpty() ? 0 : tokens.of(text);
            text += each.text();
            if (each.isScored()) {
                spans.add(new LookupTask.Span(from, tokens.of(text)));
            }
        }
        return spans;
    }
}
