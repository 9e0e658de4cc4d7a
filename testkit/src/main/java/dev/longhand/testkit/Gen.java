package dev.longhand.testkit;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Seeded generators for property tests. Every failure must print {@link #seed}; the same seed makes the same values anywhere. */
public final class Gen {
    private final long seed;
    private final RandomGenerator random;

    public Gen(long seed) {
        this.seed = seed;
        this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    public long seed() {
        return seed;
    }

    /** In {@code [low, high)}. */
    public int between(int low, int high) {
        return random.nextInt(low, high);
    }

    public long bits() {
        return random.nextLong();
    }

    public boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    public float gaussian() {
        return (float) random.nextGaussian();
    }

    public float[] gaussians(int n) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = gaussian();
        }
        return values;
    }

    public byte[] bytes(int n) {
        byte[] bytes = new byte[n];
        random.nextBytes(bytes);
        return bytes;
    }

    @SafeVarargs
    public final <T> T oneOf(T... values) {
        return values[random.nextInt(values.length)];
    }
}
