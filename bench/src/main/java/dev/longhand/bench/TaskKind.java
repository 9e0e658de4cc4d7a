package dev.longhand.bench;

import java.util.List;

/** What a task asks of the memory. */
public enum TaskKind {
    /** Go on with a real document whose beginning is in the context. */
    CONTINUATION,
    /** Copy a line that stands once in the context and is begun in the prompt. */
    QUOTE,
    /** Say the number of the one key sentence that was put into the context. */
    NEEDLE,
    /** The same, among key sentences of other keys. */
    MULTI_KEY,
    /** Say all numbers of one key, in the order of the text. */
    MULTI_VALUE,
    /** Say the numbers of two keys, one after the other; other keys stand beside. */
    MULTI_QUERY,
    /** Say the number that a variable holds through a chain of assignments. */
    VARIABLE;

    /** Those that every cell has a third of each. */
    public static final List<TaskKind> MAIN = List.of(CONTINUATION, QUOTE, NEEDLE);
    /** The other ways to ask for needles. */
    public static final List<TaskKind> NEEDLES = List.of(MULTI_KEY, MULTI_VALUE, MULTI_QUERY, VARIABLE);
}
