package dev.longhand.model;

import dev.longhand.base.Check;
import dev.longhand.kernels.Floats;

/**
 * Rotary position embedding (Su et al. 2021): pair i of a head turns by {@code position * frequency(i)}.
 *
 * <p>Angles are a pure function of the position: cos and sin of {@code 64a + b} come from those of {@code 64a} and {@code b} by the
 * addition theorem in double precision, so the bits do not depend on how tokens are grouped. Used by one thread at a time.
 */
final class Rope {
    private static final int STEP = 64;

    private final double[] frequencies; // (pairs), radians per position
    private final double[] cosStep; // (STEP, pairs)
    private final double[] sinStep; // (STEP, pairs)
    private final double[] cosBlock; // (pairs), of the block of STEP positions at hand
    private final double[] sinBlock; // (pairs)
    private int block = Integer.MIN_VALUE;

    private Rope(double[] frequencies) {
        this.frequencies = frequencies;
        int pairs = frequencies.length;
        cosStep = new double[STEP * pairs];
        sinStep = new double[STEP * pairs];
        cosBlock = new double[pairs];
        sinBlock = new double[pairs];
        for (int b = 0; b < STEP; b++) {
            for (int i = 0; i < pairs; i++) {
                cosStep[b * pairs + i] = Math.cos(b * frequencies[i]);
                sinStep[b * pairs + i] = Math.sin(b * frequencies[i]);
            }
        }
    }

    /**
     * @param dims    elements of a head that turn, even
     * @param base    theta of the paper
     * @param scale   factor on positions: 1 / the factor of linear scaling
     * @param factors divisors of the frequencies, {@code (1, dims / 2)} (Llama 3's scaling), or null
     */
    static Rope of(int dims, double base, double scale, Floats factors) {
        Check.argument(dims > 0 && dims % 2 == 0, "%d turned elements; they turn in pairs", dims);
        Check.argument(factors == null || factors.cols() == dims / 2, "%s factors for %d pairs", factors, dims / 2);
        double[] frequencies = new double[dims / 2];
        for (int i = 0; i < frequencies.length; i++) {
            double factor = factors == null ? 1 : factors.get(0, i);
            frequencies[i] = Math.pow(base, -2.0 * i / dims) * scale / factor;
        }
        return new Rope(frequencies);
    }

    int pairs() {
        return frequencies.length;
    }

    /**
     * Fills rows {@code [rowFrom, rowFrom + rows)} of {@code angles (rowsMax, 2 * pairs)} with cos and sin of positions
     * {@code position ..}, which may be negative.
     */
    void angles(int position, int rows, int rowFrom, Floats angles) {
        int pairs = pairs();
        for (int t = 0; t < rows; t++) {
            int p = position + t;
            moveTo(Math.floorDiv(p, STEP));
            int at = Math.floorMod(p, STEP) * pairs;
            for (int i = 0; i < pairs; i++) {
                double c = cosStep[at + i];
                double s = sinStep[at + i];
                angles.set(rowFrom + t, i, (float) (cosBlock[i] * c - sinBlock[i] * s));
                angles.set(rowFrom + t, pairs + i, (float) (sinBlock[i] * c + cosBlock[i] * s));
            }
        }
    }

    private void moveTo(int block) {
        if (this.block != block) {
            this.block = block;
            for (int i = 0; i < pairs(); i++) {
                cosBlock[i] = Math.cos((double) block * STEP * frequencies[i]);
                sinBlock[i] = Math.sin((double) block * STEP * frequencies[i]);
            }
        }
    }
}
