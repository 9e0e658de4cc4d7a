package dev.longhand.engine;

import dev.longhand.lm.TokenLogprob;
import dev.longhand.text.Tokenizer;
import java.util.List;

/** Log-probabilities with the bytes of their tokens. Thread-safe. */
record TokenTexts(Tokenizer tokenizer) {
    TokenLogprob logprob(int id, float logprob, List<TokenLogprob> top) {
        return new TokenLogprob(id, tokenizer.bytes(id), logprob, top);
    }
}
