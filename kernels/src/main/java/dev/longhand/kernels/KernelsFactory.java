package dev.longhand.kernels;

import dev.longhand.base.Check;
import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Opens kernels on the fastest tier that works here: native, else vector, else scalar.
 *
 * <p>A preference (argument, else system property or environment variable {@code LONGHAND_TIER=scalar|vector|native}) is an order,
 * not a wish: a tier that was asked for and does not work is a {@link Problem}, never silently another one.
 */
public final class KernelsFactory {
    /** Name of the system property and the environment variable that choose a tier. */
    public static final String TIER_SETTING = "LONGHAND_TIER";

    private KernelsFactory() {}

    /** Kernels and how they were chosen. */
    public record Opened(Kernels kernels, TierChoice choice) {}

    /** What a tier is made of, or why it cannot work here. */
    record Candidate(Optional<Ops> ops, String missing) {
        static Candidate of(Ops ops) {
            return new Candidate(Optional.of(ops), "");
        }

        static Candidate missing(String why) {
            return new Candidate(Optional.empty(), why);
        }
    }

    /**
     * Opens kernels with {@code threads} threads.
     *
     * @param preferred the tier to use; null: what {@link #TIER_SETTING} says, else the fastest that works
     * @throws Problem USAGE if the setting names no tier, UNSUPPORTED if the tier asked for does not work here
     */
    public static Opened open(Tier preferred, int threads) throws Problem {
        Check.argument(threads >= 1 && threads <= Team.THREADS_MAX, "%d threads; 1 to %d are possible", threads, Team.THREADS_MAX);
        Tier asked = preferred != null ? preferred : setting();
        return asked != null ? openAsked(asked, threads) : openFastest(threads);
    }

    private static Opened openAsked(Tier asked, int threads) throws Problem {
        Candidate candidate = candidate(asked);
        if (candidate.ops.isEmpty()) {
            throw new Problem(Problem.Kind.UNSUPPORTED, "kernel tier " + name(asked) + " was asked for and does not work here: "
                    + candidate.missing + "; leave " + TIER_SETTING + " unset to use the fastest tier that works");
        }
        return opened(candidate.ops.get(), "asked for", false, threads);
    }

    private static Opened openFastest(int threads) {
        List<String> missing = new ArrayList<>();
        for (Tier tier : List.of(Tier.NATIVE, Tier.VECTOR)) {
            Candidate candidate = candidate(tier);
            if (candidate.ops.isPresent()) {
                String reason = missing.isEmpty() ? "the fastest tier works here" : String.join("; ", missing);
                return opened(candidate.ops.get(), reason, !missing.isEmpty(), threads);
            }
            missing.add("no " + name(tier) + " tier: " + candidate.missing);
        }
        return opened(new ScalarOps(), String.join("; ", missing), true, threads);
    }

    private static Opened opened(Ops ops, String reason, boolean isDegraded, int threads) {
        Warmup warmup = ops.tier() == Tier.VECTOR ? new VectorWarmup(ops, Clock.SYSTEM) : Warmup.NONE;
        return new Opened(new TeamKernels(ops, threads, warmup),
                new TierChoice(ops.tier(), ops.instructionSet(), reason, isDegraded));
    }

    /** Whether a tier works on this machine and in this JVM. */
    public static boolean isAvailable(Tier tier) {
        return candidate(tier).ops.isPresent();
    }

    /** A tier's kernels if it works on this machine and in this JVM. */
    static Candidate candidate(Tier tier) {
        return switch (tier) {
            case SCALAR -> Candidate.of(new ScalarOps());
            case VECTOR -> vectorCandidate();
            case NATIVE -> nativeCandidate();
        };
    }

    /** Every form of a tier that works here, the one that would be chosen first; for the contract suites. */
    static List<Ops> variants(Tier tier) {
        return tier == Tier.NATIVE ? NativeOps.variants() : candidate(tier).ops.stream().toList();
    }

    private static Candidate vectorCandidate() {
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
            return Candidate.missing("java was started without --add-modules=jdk.incubator.vector");
        }
        if (Lanes.BITS == 0) {
            return Candidate.missing("it needs vectors of 256 bit, or " + Lanes.BITS_SETTING + " asks for a width that this CPU lacks");
        }
        return Candidate.of(new VectorOps());
    }

    private static Candidate nativeCandidate() {
        try {
            return Candidate.of(NativeOps.open());
        } catch (NativeLibrary.Unavailable e) {
            return Candidate.missing(e.getMessage());
        }
    }

    /** What the system property, else the environment, asks for; null if nothing. */
    private static Tier setting() throws Problem {
        String property = System.getProperty(TIER_SETTING);
        String value = property != null ? property : System.getenv(TIER_SETTING);
        if (value == null || value.isBlank()) {
            return null;
        }
        for (Tier tier : Tier.values()) {
            if (name(tier).equals(value.strip().toLowerCase(Locale.ROOT))) {
                return tier;
            }
        }
        throw new Problem(Problem.Kind.USAGE, TIER_SETTING + " is \"" + value + "\"; it must be scalar, vector or native, or unset");
    }

    private static String name(Tier tier) {
        return tier.name().toLowerCase(Locale.ROOT);
    }
}
