package dev.longhand.ledger;

import java.util.List;
import java.util.OptionalDouble;

/**
 * What answered questions cost, in one unit: calls of the purpose {@code answer}, with what went beyond their reservations.
 *
 * @param by    whether {@code spans} are days or months
 * @param spans those with an answer, in order of time; never empty
 */
public record Answers(Unit unit, By by, List<Span> spans) {
    /** @param key the day or month */
    public record Span(String key, long count, long amount) {
        /** Rounded to whole units of the amount, halves up; 0 where there is none. */
        public long mean() {
            return count == 0 ? 0 : Math.floorDiv(Math.addExact(amount, count / 2), count);
        }
    }

    public Answers {
        spans = List.copyOf(spans);
    }

    /** All spans together. */
    public Span total() {
        return new Span("", spans.stream().mapToLong(Span::count).sum(), spans.stream().mapToLong(Span::amount).sum());
    }

    /** By what part the mean of the last span is above that of the first: -0.25 is a quarter less. */
    public OptionalDouble change() {
        Span first = spans.getFirst();
        Span last = spans.getLast();
        boolean isKnown = spans.size() > 1 && first.amount() > 0 && first.count() > 0 && last.count() > 0;
        return isKnown ? OptionalDouble.of((double) last.amount() / last.count() * first.count() / first.amount() - 1)
                : OptionalDouble.empty();
    }
}
