package dev.longhand.model;

import dev.longhand.base.Problem;

/**
 * What one family of decoders chooses where families differ: of which {@link SubLayers} its layers are made.
 *
 * <p>An implementation reads like its paper and is all that a new architecture needs, with a line in {@link Models}.
 */
interface Architecture {
    /** Layer {@code i} with its weights. Called once for each layer, in order. */
    Layer layer(int i) throws Problem;

    /** Factor on embeddings. */
    default float embeddingScale() {
        return 1;
    }
}
