package dev.longhand.kernels;

import java.util.List;
import java.util.stream.Stream;

/** Every tier that works on this machine and in this JVM, for the contract suites. */
final class Tiers {
    private Tiers() {}

    static Stream<Ops> all() {
        return List.of(Tier.values()).stream().flatMap(tier -> KernelsFactory.variants(tier).stream());
    }
}
