package dev.longhand.lm;

/**
 * Texts as vectors.
 *
 * @param vectors {@code (texts, dim)}
 * @param usage   what all of them cost together
 */
public record Embeddings(float[][] vectors, Usage usage) {}
