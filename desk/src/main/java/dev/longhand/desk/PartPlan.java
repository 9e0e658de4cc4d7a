package dev.longhand.desk;

import dev.longhand.base.Check;

/**
 * How documents are cut into what a model reads as one.
 *
 * @param tokensMax tokens of a part by the model's own tokenizer, its frame included; only a passage that is longer by itself
 *                  makes a
 *                  longer part
 */
public record PartPlan(int tokensMax) {
    public static final PartPlan DEFAULT = new PartPlan(512);

    public PartPlan {
        Check.argument(tokensMax >= 64 && tokensMax <= 1 << 16, "tokensMax is %d; it must lie in 64..65,536", tokensMax);
    }
}
