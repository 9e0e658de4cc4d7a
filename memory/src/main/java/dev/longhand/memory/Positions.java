package dev.longhand.memory;

/** Where attached documents stand. */
public enum Positions {
    /** One after another, in the order given: the last is next to the live text. */
    TRUE,
    /** Each ends where the live text begins: their order does not matter. */
    PARALLEL
}
