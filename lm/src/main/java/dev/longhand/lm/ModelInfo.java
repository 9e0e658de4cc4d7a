package dev.longhand.lm;

/**
 * What a model is.
 *
 * @param name          as the user would type it
 * @param architecture  {@code "llama"}, {@code "gemma3"}
 * @param contextTokens tokens a sequence may hold at most
 * @param fingerprint   SHA-256 of the weights' file, or of what identifies a remote model
 * @param hasChat       whether the model brings a chat template; a base model does not
 */
public record ModelInfo(String name, String architecture, int contextTokens, String fingerprint, boolean hasChat) {}
