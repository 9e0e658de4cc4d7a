package dev.longhand.bench;

import dev.longhand.base.Sha256;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Seeded choices: the same seed makes the same ones anywhere. Used by one thread. */
final class Chance {
    private final RandomGenerator random;

    Chance(long seed) {
        random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    /** A seed from words. */
    static long seed(Object... words) {
        StringBuilder text = new StringBuilder();
        for (Object each : words) {
            text.append(each).append('/');
        }
        return Long.parseUnsignedLong(Sha256.of(text.toString()).hex().substring(0, 16), 16);
    }

    /** In {@code [low, high)}; {@code low} if that is empty. */
    int between(int low, int high) {
        return low >= high ? low : random.nextInt(low, high);
    }

    double share() {
        return random.nextDouble();
    }

    boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    <T> T oneOf(List<T> values) {
        return values.get(random.nextInt(values.size()));
    }

    <T> List<T> shuffled(List<T> values) {
        List<T> shuffled = new ArrayList<>(values);
        for (int i = shuffled.size() - 1; i > 0; i--) {
            int other = random.nextInt(i + 1);
            T held = shuffled.get(i);
            shuffled.set(i, shuffled.get(other));
            shuffled.set(other, held);
        }
        return shuffled;
    }
}
