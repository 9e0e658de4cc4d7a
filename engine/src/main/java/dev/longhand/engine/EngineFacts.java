package dev.longhand.engine;

import dev.longhand.kernels.TierChoice;
import java.util.Locale;

/**
 * What a model runs on, in words for programs.
 *
 * @param tier           name of the kernel tier
 * @param instructionSet of it
 * @param reason         why that tier was chosen
 * @param isDegraded     whether a faster one should have worked
 * @param threads        of the kernels
 * @param kvType         how keys and values are kept
 */
public record EngineFacts(String tier, String instructionSet, String reason, boolean isDegraded, int threads, String kvType) {
    public static EngineFacts of(LocalModel model) {
        TierChoice choice = model.tierChoice();
        return new EngineFacts(word(choice.tier()), choice.instructionSet(), choice.reason(), choice.isDegraded(), model.threads(),
                word(model.pool().shape().type()));
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
