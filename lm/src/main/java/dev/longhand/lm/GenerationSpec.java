package dev.longhand.lm;

import dev.longhand.base.Check;
import java.util.List;

/**
 * How to answer.
 *
 * @param tokensMax tokens to answer at most, {@code >= 1}
 * @param sampling  how the next token is chosen
 * @param stops     texts that end the answer when they appear; not part of it. At most 16, none empty
 */
public record GenerationSpec(int tokensMax, Sampling sampling, List<String> stops) {
    public GenerationSpec {
        Check.argument(tokensMax >= 1, "tokensMax is %d; it must be at least 1", tokensMax);
        Check.argument(stops.size() <= 16, "%d stop texts; at most 16", stops.size());
        Check.argument(stops.stream().noneMatch(String::isEmpty), "a stop text must not be empty");
        stops = List.copyOf(stops);
    }

    public static GenerationSpec greedy(int tokensMax) {
        return new GenerationSpec(tokensMax, Sampling.GREEDY, List.of());
    }
}
