package dev.longhand.bench;

import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KvSummaries;
import dev.longhand.memory.BlockScores;
import dev.longhand.memory.Budgets;
import dev.longhand.memory.Lookup;
import dev.longhand.memory.LookupSpec;
import dev.longhand.memory.Turner;
import java.util.BitSet;

/** A way to choose blocks, the good ones and those that show how good: what {@code bench lookup} compares. */
enum LookupMode {
    /** By the true share of attention, which costs as much as attending to everything. */
    ORACLE,
    /** By 4-bit keys in every head. */
    BIT4,
    /** By 4-bit keys in sensitive heads, by mean keys in the others. */
    HEADS,
    /** By 2-bit keys in every head, in plain Java: to compare with. */
    BIT2,
    /** By mean keys in every head. */
    MEAN,
    /** By chance. */
    RANDOM,
    /** Nothing but the window. */
    WINDOW;

    /** @param sensitive heads for {@link #HEADS} */
    Lookup lookup(Kernels kernels, KvSummaries all, BitSet sensitive, LookupSpec spec, Turner.OfLayers turners, int rowsMax) {
        KvSummaries used = all.using(this == HEADS ? sensitive : this == MEAN ? new BitSet() : all.planes());
        Budgets budgets = Budgets.of(this == WINDOW ? 0 : spec.blocks());
        return new Lookup(kernels, used, spec, turners, rowsMax, budgets, switch (this) {
            case ORACLE -> (c, out) -> kernels.masses(c.q(), c.turned(), c.seen(), c.rows(), c.records().get(), all.shape(),
                    c.attention(), out);
            case BIT4, HEADS, MEAN -> null;
            case BIT2 -> new Bit2Scores(all.shape());
            case RANDOM -> LookupMode::chance;
            case WINDOW -> (c, out) -> { };
        });
    }

    private static void chance(BlockScores.Candidates c, Floats out) {
        int heads = out.rows() / c.rows();
        for (int r = 0; r < c.rows(); r++) {
            for (int h = 0; h < out.rows() / Math.max(1, c.rows()); h++) {
                for (int b = 0; b < c.seen()[r]; b++) {
                    long x = (c.attention().layer() * 31L + h) * 1_000_003L + c.seen()[r] * 7919L + b;
                    x = (x ^ x >>> 31) * 0x9E3779B97F4A7C15L;
                    x = (x ^ x >>> 29) * 0xBF58476D1CE4E5B9L;
                    if (r * heads + h < out.rows()) {
                        out.set(r * heads + h, b, (x >>> 40) / 0x1p24f);
                    }
                }
            }
        }
    }
}
