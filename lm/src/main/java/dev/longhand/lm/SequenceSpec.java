package dev.longhand.lm;

import dev.longhand.base.Check;

/** @param tokensMax tokens the sequence must be able to hold; memory for them is set aside when it opens */
public record SequenceSpec(int tokensMax) {
    public SequenceSpec {
        Check.argument(tokensMax > 0, "a sequence of %d tokens", tokensMax);
    }
}
