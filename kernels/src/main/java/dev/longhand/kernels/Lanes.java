package dev.longhand.kernels;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * How wide the vector tier's vectors are: a constant of the process, so that the compiler folds it. The widest the machine
 * prefers, at most 512 bit; {@code LONGHAND_VECTOR_BITS=256|512} (system property or environment) overrides.
 */
final class Lanes {
    static final String BITS_SETTING = "LONGHAND_VECTOR_BITS";
    static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

    /** Bits asked for or preferred; 0 if this machine has no vectors of 256 bit or the setting is neither 256 nor 512. */
    static final int BITS = choose();

    /** f32 lanes of a vector: 16 or 8. */
    static final int COUNT = Math.max(BITS, 256) / 32;
    /** Bytes of a vector. */
    static final int BYTES = 4 * COUNT;

    static final VectorSpecies<Float> F = VectorSpecies.of(float.class, VectorShape.forBitSize(32 * COUNT));
    static final VectorSpecies<Integer> I = VectorSpecies.of(int.class, VectorShape.forBitSize(32 * COUNT));
    /** As many shorts as {@link #F} has floats. */
    static final VectorSpecies<Short> S = VectorSpecies.of(short.class, VectorShape.forBitSize(16 * COUNT));
    /** As many bytes as {@link #F} has floats. */
    static final VectorSpecies<Byte> B = VectorSpecies.of(byte.class, VectorShape.forBitSize(8 * COUNT));

    private Lanes() {}

    private static int choose() {
        int preferred = FloatVector.SPECIES_PREFERRED.vectorBitSize();
        String property = System.getProperty(BITS_SETTING);
        String value = property != null ? property : System.getenv(BITS_SETTING);
        if (value == null || value.isBlank()) {
            return preferred >= 512 ? 512 : preferred >= 256 ? 256 : 0;
        }
        return switch (value.strip()) {
            case "512" -> preferred >= 512 ? 512 : 0;
            case "256" -> preferred >= 256 ? 256 : 0;
            default -> 0;
        };
    }
}
