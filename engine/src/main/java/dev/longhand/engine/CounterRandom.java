package dev.longhand.engine;

/**
 * A counter-based generator: draw i of seed s is a pure function of (s, i), so a generation can be resumed anywhere.
 *
 * <p>Two rounds of SplitMix64's finaliser (Steele et al. 2014) over the mixed key and counter.
 */
final class CounterRandom {
    private CounterRandom() {}

    /** Uniform in {@code [0, 1)}, 53 bits. */
    static double uniform(long seed, long counter) {
        long z = mix(mix(seed) + 0x9E3779B97F4A7C15L * (counter + 1));
        return (z >>> 11) * 0x1.0p-53;
    }

    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
