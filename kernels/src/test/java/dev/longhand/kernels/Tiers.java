package dev.longhand.kernels;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Every tier that works on this machine and in this JVM, for the contract suites; the system property {@code longhand.test.tier}
 * names a single one.
 */
final class Tiers {
    private Tiers() {}

    static Stream<Ops> all() {
        String only = System.getProperty("longhand.test.tier");
        return Arrays.stream(Tier.values())
                .filter(tier -> only == null || tier.name().equals(only.toUpperCase(Locale.ROOT)))
                .flatMap(tier -> KernelsFactory.variants(tier).stream());
    }
}
