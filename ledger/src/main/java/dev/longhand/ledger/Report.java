package dev.longhand.ledger;

import java.util.List;

/**
 * Where the money went, as the books were at one moment.
 *
 * @param groups  by unit, then by key; amounts of different units are never added
 * @param totals  one per unit, with an empty key: the sum of the groups
 * @param savings one per model and unit with cached tokens
 * @param answers one per unit
 */
public record Report(By by, Filter filter, List<Group> groups, List<Group> totals, List<Saving> savings, List<Answers> answers,
        MachineCost machine) {}
