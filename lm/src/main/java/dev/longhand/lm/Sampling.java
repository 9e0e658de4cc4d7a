package dev.longhand.lm;

import dev.longhand.base.Check;

/**
 * How the next token is chosen from the logits. Steps in this order: repeat penalty, top-k, top-p, min-p, temperature, draw.
 *
 * @param temperature   0 chooses the most probable token
 * @param topK          keep the k most probable; 0 keeps all
 * @param topP          keep the fewest tokens whose probabilities sum to p; 1 keeps all
 * @param minP          keep tokens at least this fraction as probable as the first; 0 keeps all
 * @param repeatPenalty divides positive and multiplies negative logits of recent tokens; 1 is off
 * @param repeatWindow  how many of the last tokens count as recent
 * @param seed          key of the counter-based generator: the same seed gives the same text on one tier
 */
public record Sampling(
        float temperature, int topK, float topP, float minP, float repeatPenalty, int repeatWindow, long seed) {
    public static final Sampling GREEDY = new Sampling(0, 0, 1, 0, 1, 64, 0);

    public Sampling {
        Check.argument(temperature >= 0 && temperature <= 100, "temperature is %s; it must lie in [0, 100]", temperature);
        Check.argument(topK >= 0, "top-k is %d; it must not be negative", topK);
        Check.argument(topP > 0 && topP <= 1, "top-p is %s; it must lie in (0, 1]", topP);
        Check.argument(minP >= 0 && minP <= 1, "min-p is %s; it must lie in [0, 1]", minP);
        Check.argument(repeatPenalty > 0 && repeatPenalty <= 10, "repeat penalty is %s; it must lie in (0, 10]", repeatPenalty);
        Check.argument(repeatWindow >= 0 && repeatWindow <= 4096, "repeat window is %d; it must lie in [0, 4096]", repeatWindow);
    }

    public Sampling withSeed(long seed) {
        return new Sampling(temperature, topK, topP, minP, repeatPenalty, repeatWindow, seed);
    }
}
