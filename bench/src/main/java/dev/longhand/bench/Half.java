package dev.longhand.bench;

import dev.longhand.base.Sha256;

/** Which sources settings may be tuned on and which ones they are then measured on. Decided by the source's name, for ever. */
public enum Half {
    /** For choosing settings and calibrating heads. */
    TUNING,
    /** For reported figures; nothing is chosen on it. */
    TEST;

    /** TEST if the first byte of the name's SHA-256 is even. */
    public static Half of(String source) {
        return Integer.parseInt(Sha256.of(source).hex().substring(0, 2), 16) % 2 == 0 ? TEST : TUNING;
    }
}
