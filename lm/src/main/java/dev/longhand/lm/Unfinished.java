package dev.longhand.lm;

/**
 * What a call that failed had used until then. It rides on what the call throws, as a suppressed exception, so that work without a
 * result is booked too. Calls of a {@link Sequence} need none: {@link Sequence#usage} has it.
 */
public final class Unfinished extends Exception {
    private final transient Usage usage;

    private Unfinished(Usage usage) {
        super("%d tokens were read".formatted(usage.readTokens()), null, false, false);
        this.usage = usage;
    }

    /** {@code failure} says from now on what was used before it. */
    public static void note(Throwable failure, Usage usage) {
        failure.addSuppressed(new Unfinished(usage));
    }

    /** What was used before {@code failure}, as far as it says. */
    public static Usage usage(Throwable failure) {
        Usage sum = Usage.NONE;
        for (Throwable each : failure.getSuppressed()) {
            sum = each instanceof Unfinished unfinished ? sum.plus(unfinished.usage) : sum;
        }
        return sum;
    }
}
