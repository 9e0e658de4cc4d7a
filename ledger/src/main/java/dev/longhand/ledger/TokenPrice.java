package dev.longhand.ledger;

import dev.longhand.base.Check;

/**
 * What a provider takes for a model's tokens, in millionths of {@code unit} per million tokens: the number that is printed in
 * price lists, times a million.
 *
 * @param fromMicros valid from this ledger time until the model's next price begins
 * @param unit       {@link Unit#EUR} or {@link Unit#USD}
 * @param inMicros   for tokens read
 * @param cachedMicros for tokens whose memory was there
 * @param outMicros  for tokens answered, reasoning included
 */
public record TokenPrice(String model, long fromMicros, Unit unit, long inMicros, long cachedMicros, long outMicros) {
    private static final long MICROS_MAX = 1_000_000_000_000L;
    private static final long TOKENS = 1_000_000;

    public TokenPrice {
        Check.argument(!model.isBlank() && model.length() <= Limits.TEXT_MAX, "a model's name has 1 to %d characters, not \"%s\"",
                Limits.TEXT_MAX, model);
        Check.argument(unit == Unit.EUR || unit == Unit.USD, "a price is in EUR or USD, not in %s", unit);
        Check.argument(fromMicros >= 0, "the time from which it is valid is %d; it must not be negative", fromMicros);
        for (long each : new long[] {inMicros, cachedMicros, outMicros}) {
            Check.argument(each >= 0 && each <= MICROS_MAX, "a price of a million tokens is %d millionths; it must lie in [0, %d]",
                    each, MICROS_MAX);
        }
    }

    /** What so many tokens cost at most, however many of them come from memory. */
    long dearest(long in, long out) {
        return cachedMicros > inMicros ? cost(0, in, out) : cost(in, 0, out);
    }

    /** Rounded up, so that many small requests never cost less than the provider's bill. */
    public long cost(long in, long cached, long out) {
        long micros = Math.addExact(Math.addExact(Math.multiplyExact(in, inMicros), Math.multiplyExact(cached, cachedMicros)),
                Math.multiplyExact(out, outMicros));
        return Math.ceilDiv(micros, TOKENS);
    }
}
