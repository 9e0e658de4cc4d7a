package dev.longhand.upkeep;

import java.io.IOException;

/** Hears of every effect on the disk just before it; a seam for tests, which fail or kill there. */
@FunctionalInterface
interface Steps {
    Steps NONE = step -> {};

    /** @param step a verb and what it is done to, as in {@code "write desks/a/catalogue"} */
    void before(String step) throws IOException;
}
