package dev.longhand.ledger;

/**
 * What it saved that a model's prompt tokens were in memory already.
 *
 * <p>Of a provider's model it is what its price list says: cached tokens times the price of read tokens less that of cached ones.
 * Of a model that runs here it is an estimate: cached tokens times what a read token cost in the same period, see
 * {@link ReadCost}.
 *
 * @param amount in {@code unit}; negative where a provider's cached tokens are dearer
 */
public record Saving(String model, Unit unit, long cachedTokens, long amount, boolean isEstimated) {}
