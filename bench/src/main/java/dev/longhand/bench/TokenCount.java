package dev.longhand.bench;

/** How many tokens a model's tokenizer makes of a text that stands alone, without anything in front. */
@FunctionalInterface
public interface TokenCount {
    int of(String text);
}
