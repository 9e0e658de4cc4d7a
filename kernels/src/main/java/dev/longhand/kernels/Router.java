package dev.longhand.kernels;

import dev.longhand.base.Check;

/**
 * How a mixture of experts turns a token's router logits into chosen experts and their weights.
 *
 * <p>The {@code used} experts with the greatest logits are chosen, the lower index among equals. {@code softmaxBeforeTopK}: a
 * weight is the softmax over all experts (Qwen 3, OLMoE), else over the chosen ones (Mixtral). {@code renormalise}: the chosen
 * weights are divided by their sum. All are multiplied by {@code scale}.
 */
public record Router(int experts, int used, boolean softmaxBeforeTopK, boolean renormalise, float scale) {
    /** Most experts of a layer. */
    public static final int EXPERTS_MAX = 4096;
    /** Most experts that one token uses. */
    public static final int USED_MAX = 64;

    public Router {
        Check.argument(experts >= 1 && experts <= EXPERTS_MAX, "%d experts; 1 to %d are possible", experts, EXPERTS_MAX);
        int most = Math.min(experts, USED_MAX);
        Check.argument(used >= 1 && used <= most, "%d of %d experts used; 1 to %d are possible", used, experts, most);
        Check.argument(Float.isFinite(scale), "a scale of %s of the experts' weights", scale);
    }
}
