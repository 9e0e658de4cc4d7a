package dev.longhand.lm;

import java.util.List;

/**
 * A token and how probable the model held it, before penalties, constraints and temperature.
 *
 * @param token   its id; -1 where an upstream does not tell
 * @param bytes   of its text; none for a control token. A character may be split between tokens
 * @param logprob natural logarithm of its probability; not a number where it is not known
 * @param top     the most probable tokens in its place, most probable first, as many as were asked for; theirs are empty
 */
public record TokenLogprob(int token, byte[] bytes, float logprob, List<TokenLogprob> top) {
    public TokenLogprob {
        top = List.copyOf(top);
    }
}
