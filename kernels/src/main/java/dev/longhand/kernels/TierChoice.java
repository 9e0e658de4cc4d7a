package dev.longhand.kernels;

/**
 * Which tier was chosen at start, and why; for people and for {@code doctor}.
 *
 * @param tier           the tier in use
 * @param instructionSet as {@link Kernels#instructionSet}
 * @param reason         one line: what was asked for or found, and what is missing for a faster tier
 * @param isDegraded     whether a faster tier than this one should have worked: worth a loud line
 */
public record TierChoice(Tier tier, String instructionSet, String reason, boolean isDegraded) {}
