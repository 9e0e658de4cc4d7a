package dev.longhand.kernels;

import dev.longhand.base.ElementType;

/** Makes a tier's code ready while a model loads, where the tier needs that; results never depend on it. */
interface Warmup extends AutoCloseable {
    /** For tiers whose code is ready at start. */
    Warmup NONE = new Warmup() {
        @Override
        public void packed(ElementType source) {
            // Nothing to make ready.
        }

        @Override
        public void await() {
            // Ready.
        }

        @Override
        public void close() {
            // Nothing runs.
        }
    };

    /** A matrix of this type was packed, so products of it will come. */
    void packed(ElementType source);

    /** Waits until the code is ready, for a bounded time; cheap once it is. */
    void await();

    @Override
    void close();
}
