package dev.longhand.text;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** Expressions for the numbers of a range, as automata over their digits: exact, and as long as the digits of the bounds. */
final class JsonNumbers {
    private static final Expr DIGIT = Expr.chars(CodePoints.DIGITS);
    /** Digits that a double keeps; more could be rounded over a bound by whoever reads the number. */
    private static final int DOUBLE_DIGITS = 15;

    private JsonNumbers() {}

    /** A range; a bound that is null is none. */
    record Range(BigDecimal low, boolean isLowOpen, BigDecimal high, boolean isHighOpen) {
        static final Range ALL = new Range(null, false, null, false);

        Range and(Range other) {
            boolean keepsLow = other.low == null || low != null
                    && (low.compareTo(other.low) > 0 || low.compareTo(other.low) == 0 && isLowOpen);
            boolean keepsHigh = other.high == null || high != null
                    && (high.compareTo(other.high) < 0 || high.compareTo(other.high) == 0 && isHighOpen);
            return new Range(keepsLow ? low : other.low, keepsLow ? isLowOpen : other.isLowOpen,
                    keepsHigh ? high : other.high, keepsHigh ? isHighOpen : other.isHighOpen);
        }

        boolean contains(BigDecimal value) {
            int toLow = low == null ? 1 : value.compareTo(low);
            int toHigh = high == null ? -1 : value.compareTo(high);
            return (toLow > 0 || toLow == 0 && !isLowOpen) && (toHigh < 0 || toHigh == 0 && !isHighOpen);
        }

        boolean isEmpty() {
            return low != null && high != null && (low.compareTo(high) > 0
                    || low.compareTo(high) == 0 && (isLowOpen || isHighOpen));
        }

        boolean isDisjoint(Range other) {
            return and(other).isEmpty();
        }

        private BigInteger greatest() {
            return BigInteger.TEN.pow(JsonText.INTEGER_DIGITS_MAX);
        }

        /** The least integer; without a bound one of as many digits as numbers have, or a digit more than the other bound. */
        BigInteger first() {
            if (low != null) {
                BigInteger floor = low.setScale(0, java.math.RoundingMode.FLOOR).toBigInteger();
                boolean isFloor = !isLowOpen && low.compareTo(new BigDecimal(floor)) == 0;
                return isFloor ? floor : floor.add(BigInteger.ONE);
            }
            BigInteger least = greatest().negate().add(BigInteger.ONE);
            return high == null ? least : least.min(high.toBigInteger().abs().negate().multiply(BigInteger.TEN));
        }

        BigInteger last() {
            if (high == null && low == null) {
                return greatest().subtract(BigInteger.ONE);
            }
            if (high == null) {
                return greatest().subtract(BigInteger.ONE).max(low.toBigInteger().abs().multiply(BigInteger.TEN));
            }
            return new Range(high.negate(), isHighOpen, null, false).first().negate();
        }
    }

    // ---- integers

    static Expr integers(Range range) {
        return integers(range.first(), range.last());
    }

    /** Integers of {@code [low, high]}. */
    static Expr integers(BigInteger low, BigInteger high) {
        if (low.compareTo(high) > 0) {
            return Expr.NOTHING;
        }
        if (low.signum() >= 0) {
            return naturals(low, high);
        }
        Expr negative = Expr.seq(Expr.text("-"), naturals(high.negate().max(BigInteger.ONE), low.negate()));
        return high.signum() < 0 ? negative : Expr.alt(negative, naturals(BigInteger.ZERO, high));
    }

    private static Expr naturals(BigInteger low, BigInteger high) {
        List<Expr> ways = new ArrayList<>();
        int from = low.toString().length();
        int to = high.toString().length();
        for (int digits = from; digits <= to; digits++) {
            String first = digits == from ? low.toString() : "1" + "0".repeat(digits - 1);
            String last = digits == to ? high.toString() : "9".repeat(digits);
            if (first.compareTo(last) <= 0) {
                ways.add(fixed(first, last, digits));
            }
        }
        return Expr.alt(ways);
    }

    /** Strings of {@code length} digits from {@code low} to {@code high}; null is no bound on that side. */
    private static Expr fixed(String low, String high, int length) {
        boolean isLowFree = low == null || low.chars().allMatch(c -> c == '0');
        boolean isHighFree = high == null || high.chars().allMatch(c -> c == '9');
        if (isLowFree && isHighFree) {
            return Expr.repeat(DIGIT, length, length);
        }
        int from = low == null ? '0' : low.charAt(0);
        int to = high == null ? '9' : high.charAt(0);
        String lowRest = low == null ? null : low.substring(1);
        String highRest = high == null ? null : high.substring(1);
        if (from == to) {
            return Expr.seq(digit(from, to), fixed(lowRest, highRest, length - 1));
        }
        List<Expr> ways = new ArrayList<>();
        ways.add(Expr.seq(digit(from, from), fixed(lowRest, null, length - 1)));
        if (from + 1 < to) {
            ways.add(Expr.seq(digit(from + 1, to - 1), Expr.repeat(DIGIT, length - 1, length - 1)));
        }
        ways.add(Expr.seq(digit(to, to), fixed(null, highRest, length - 1)));
        return Expr.alt(ways);
    }

    private static Expr digit(int from, int to) {
        return Expr.chars(from, to);
    }

    // ---- decimals

    /** Decimals of a range, without exponents. */
    static Expr decimals(Range range) {
        if (range.low() == null && range.high() == null) {
            return JsonText.NUMBER;
        }
        if (range.isEmpty()) {
            return Expr.NOTHING;
        }
        int fractionDigits = fractionDigits(range);
        BigDecimal zero = BigDecimal.ZERO;
        Expr positive = magnitudes(range.and(new Range(zero, false, null, false)), fractionDigits);
        Range below = range.and(new Range(null, false, zero, true));
        Range mirrored = new Range(below.high().negate(), below.isHighOpen(), below.low() == null ? null : below.low().negate(),
                below.isLowOpen());
        return Expr.alt(positive, Expr.seq(Expr.text("-"), magnitudes(mirrored, fractionDigits)));
    }

    /** As many as a double keeps beside the digits of the bounds, and no fewer than a bound itself has. */
    private static int fractionDigits(Range range) {
        int whole = 1;
        int fraction = 1;
        for (BigDecimal bound : new BigDecimal[] {range.low(), range.high()}) {
            if (bound != null) {
                whole = Math.max(whole, bound.toBigInteger().abs().toString().length());
                fraction = Math.max(fraction, bound.stripTrailingZeros().scale());
            }
        }
        return Math.max(fraction, Math.min(JsonText.FRACTION_DIGITS_MAX, DOUBLE_DIGITS - whole));
    }

    /** Numbers of a range that begins at 0 or above. */
    private static Expr magnitudes(Range range, int fractionDigits) {
        if (range.isEmpty()) {
            return Expr.NOTHING;
        }
        BigInteger low = range.low().toBigInteger();
        BigInteger high = range.high() == null ? range.last() : range.high().toBigInteger();
        Edge from = new Edge(fraction(range.low()), range.isLowOpen());
        Edge to = range.high() == null ? null : new Edge(fraction(range.high()), range.isHighOpen());
        if (low.equals(high)) {
            return Expr.seq(Expr.text(low.toString()), fraction(from, to, fractionDigits));
        }
        return Expr.alt(
                Expr.seq(Expr.text(low.toString()), fraction(from, null, fractionDigits)),
                Expr.seq(integers(low.add(BigInteger.ONE), high.subtract(BigInteger.ONE)), fraction(null, null, fractionDigits)),
                Expr.seq(Expr.text(high.toString()), fraction(null, to, fractionDigits)));
    }

    private static String fraction(BigDecimal value) {
        String text = value.remainder(BigDecimal.ONE).abs().stripTrailingZeros().toPlainString();
        return text.contains(".") ? text.substring(text.indexOf('.') + 1) : "";
    }

    /** What is left of a bound's digits after the point, and whether the bound itself is out. A null edge bounds nothing. */
    private record Edge(String digits, boolean isOpen) {
        int first() {
            return digits.isEmpty() ? '0' : digits.charAt(0);
        }

        Edge rest() {
            return digits.isEmpty() ? this : new Edge(digits.substring(1), isOpen);
        }

        boolean isZeroOut() {
            return !digits.isEmpty() || isOpen; // as a lower edge
        }

        boolean isZeroIn() {
            return !digits.isEmpty() || !isOpen; // as an upper edge
        }
    }

    /** Nothing, or a point and digits. */
    private static Expr fraction(Edge from, Edge to, int digits) {
        Expr with = Expr.seq(Expr.text("."), some(from, to, digits));
        return mayStop(from, to) ? Expr.optional(with) : with;
    }

    private static boolean mayStop(Edge from, Edge to) {
        return (from == null || !from.isZeroOut()) && (to == null || to.isZeroIn());
    }

    /** At least one digit, at most {@code digits}. */
    private static Expr some(Edge from, Edge to, int digits) {
        if (from == null && to == null) {
            return Expr.repeat(DIGIT, 1, digits);
        }
        if (digits == 0) {
            return Expr.NOTHING;
        }
        int low = from == null ? '0' : from.first();
        int high = to == null ? '9' : to.first();
        List<Expr> ways = new ArrayList<>();
        if (low == high) {
            ways.add(then(low, low, from == null ? null : from.rest(), to == null ? null : to.rest(), digits));
        } else if (low < high) {
            ways.add(then(low, low, from == null ? null : from.rest(), null, digits));
            ways.add(then(low + 1, high - 1, null, null, digits));
            ways.add(then(high, high, null, to == null ? null : to.rest(), digits));
        }
        return Expr.alt(ways);
    }

    private static Expr then(int low, int high, Edge from, Edge to, int digits) {
        if (low > high) {
            return Expr.NOTHING;
        }
        Expr more = digits == 1 ? Expr.NOTHING : some(from, to, digits - 1);
        return Expr.seq(digit(low, high), mayStop(from, to) ? Expr.optional(more) : more);
    }
}
