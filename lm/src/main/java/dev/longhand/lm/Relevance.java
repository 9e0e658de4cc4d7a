package dev.longhand.lm;

/**
 * How much documents matter to a question.
 *
 * @param scores one per document, higher is more; comparable within one call only
 */
public record Relevance(double[] scores, Usage usage) {}
