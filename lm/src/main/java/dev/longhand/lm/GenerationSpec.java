package dev.longhand.lm;

import dev.longhand.base.Check;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How to answer.
 *
 * @param tokensMax          tokens to answer at most, reasoning included, {@code >= 1}
 * @param sampling           how the next token is chosen
 * @param stops              texts that end the answer when they appear; not part of it. At most 16, none empty
 * @param deadline           time from the call to the end of the answer, waiting included; what was answered by then is the answer
 * @param logprobs           how many most probable tokens to report beside each answered one, 0 to 20; empty reports nothing
 * @param constraint         the form that the answer must have; reasoning before it is free
 * @param reasoningTokensMax tokens of reasoning after which it is ended by force; {@link Integer#MAX_VALUE} for no limit
 * @param resumed            the first tokens of the answer, from a call that was cut off; the answer goes on behind them with
 *                           the tokens that it would have had, and holds them and their text. They count in {@code tokensMax},
 *                           are read like the prompt, and are not answered tokens of the usage. The sink gets only the new tokens,
 *                           and of the text what was not yet certain without them. Tokens with which the answer ended are answered
 *                           at once and cost nothing; tokens behind its end, against its constraint, past the limit of reasoning or
 *                           outside the vocabulary are the caller's mistake
 * @param logitBias          added to the logits of these token ids before anything else is done with them, also without
 *                           temperature; each in [-100, 100], at most {@value #BIASES_MAX}. Log-probabilities that are reported
 *                           are those without it. An id outside the vocabulary is refused
 */
public record GenerationSpec(
        int tokensMax,
        Sampling sampling,
        List<String> stops,
        Optional<Duration> deadline,
        OptionalInt logprobs,
        Optional<Constraint> constraint,
        int reasoningTokensMax,
        List<Integer> resumed,
        Map<Integer, Float> logitBias) {
    public static final int STOPS_MAX = 16;
    public static final int LOGPROBS_MAX = 20;
    public static final int BIASES_MAX = 300;
    public static final float BIAS_MAX = 100;

    public GenerationSpec {
        Check.argument(tokensMax >= 1, "tokensMax is %d; it must be at least 1", tokensMax);
        Check.argument(stops.size() <= STOPS_MAX, "%d stop texts; at most %d", stops.size(), STOPS_MAX);
        Check.argument(stops.stream().noneMatch(String::isEmpty), "a stop text must not be empty");
        Check.argument(deadline.isEmpty() || deadline.get().isPositive(), "the deadline is %s; it must be positive",
                deadline.orElse(null));
        Check.argument(logprobs.orElse(0) >= 0 && logprobs.orElse(0) <= LOGPROBS_MAX, "logprobs is %d; it must lie in [0, %d]",
                logprobs.orElse(0), LOGPROBS_MAX);
        Check.argument(reasoningTokensMax >= 0, "reasoningTokensMax is %d; it must not be negative", reasoningTokensMax);
        Check.argument(resumed.size() <= tokensMax, "%d tokens are there already; tokensMax is %d and must not be less",
                resumed.size(), tokensMax);
        Check.argument(logitBias.size() <= BIASES_MAX, "%d logit biases; at most %d", logitBias.size(), BIASES_MAX);
        logitBias.forEach((id, bias) -> Check.argument(Math.abs(bias) <= BIAS_MAX,
                "the logit bias of token %d is %s; it must lie in [-%.0f, %.0f]", id, bias, BIAS_MAX, BIAS_MAX));
        stops = List.copyOf(stops);
        resumed = List.copyOf(resumed);
        logitBias = Map.copyOf(logitBias);
    }

    /** Without logit biases. */
    public GenerationSpec(int tokensMax, Sampling sampling, List<String> stops, Optional<Duration> deadline, OptionalInt logprobs,
            Optional<Constraint> constraint, int reasoningTokensMax, List<Integer> resumed) {
        this(tokensMax, sampling, stops, deadline, logprobs, constraint, reasoningTokensMax, resumed, Map.of());
    }

    /** From the start, without deadline, log-probabilities, constraint and limit of reasoning. */
    public GenerationSpec(int tokensMax, Sampling sampling, List<String> stops) {
        this(tokensMax, sampling, stops, Optional.empty(), OptionalInt.empty(), Optional.empty(), Integer.MAX_VALUE, List.of());
    }

    public static GenerationSpec greedy(int tokensMax) {
        return new GenerationSpec(tokensMax, Sampling.GREEDY, List.of());
    }

    public GenerationSpec withSampling(Sampling sampling) {
        return new GenerationSpec(tokensMax, sampling, stops, deadline, logprobs, constraint, reasoningTokensMax, resumed,
                logitBias);
    }

    public GenerationSpec withStops(List<String> stops) {
        return new GenerationSpec(tokensMax, sampling, stops, deadline, logprobs, constraint, reasoningTokensMax, resumed,
                logitBias);
    }

    public GenerationSpec withDeadline(Duration deadline) {
        return new GenerationSpec(tokensMax, sampling, stops, Optional.of(deadline), logprobs, constraint, reasoningTokensMax,
                resumed, logitBias);
    }

    public GenerationSpec withLogprobs(int top) {
        return new GenerationSpec(tokensMax, sampling, stops, deadline, OptionalInt.of(top), constraint, reasoningTokensMax,
                resumed, logitBias);
    }

    public GenerationSpec withConstraint(Constraint constraint) {
        return new GenerationSpec(tokensMax, sampling, stops, deadline, logprobs, Optional.of(constraint), reasoningTokensMax,
                resumed, logitBias);
    }

    public GenerationSpec withReasoningTokensMax(int tokens) {
        return new GenerationSpec(tokensMax, sampling, stops, deadline, logprobs, constraint, tokens, resumed, logitBias);
    }

    public GenerationSpec withResumed(List<Integer> tokens) {
        return new GenerationSpec(tokensMax, sampling, stops, deadline, logprobs, constraint, reasoningTokensMax, tokens,
                logitBias);
    }

    public GenerationSpec withLogitBias(Map<Integer, Float> biases) {
        return new GenerationSpec(tokensMax, sampling, stops, deadline, logprobs, constraint, reasoningTokensMax, resumed, biases);
    }
}
