package dev.longhand.text;

import dev.longhand.text.JinjaValues.Tuple;
import dev.longhand.text.JinjaValues.Undefined;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** Python's operators on numbers, strings, lists and tuples. Integers have 64 bits; more is an error, never a wrong value. */
final class JinjaArithmetic {
    private final JinjaOps ops;
    private final JinjaMeter meter;
    private final JinjaFormat format;

    JinjaArithmetic(JinjaOps ops) {
        this.ops = ops;
        this.meter = ops.meter();
        this.format = new JinjaFormat(ops);
    }

    Object binary(String operator, Object left, Object right) {
        try {
            if (operator.equals("%") && left instanceof String pattern) {
                return format.percent(pattern, right);
            }
            if (JinjaOps.isNumber(left) && JinjaOps.isNumber(right)) {
                return JinjaOps.isFraction(left) || JinjaOps.isFraction(right)
                        ? (Object) floats(operator, JinjaOps.number(left, "a number"), JinjaOps.number(right, "a number"))
                        : integers(operator, JinjaOps.integer(left, "a number"), JinjaOps.integer(right, "a number"));
            }
        } catch (ArithmeticException e) {
            throw JinjaFailure.error("integers have 64 bits here; " + operator + " leaves them");
        }
        return switch (operator) {
            case "+" -> add(left, right);
            case "*" -> JinjaOps.isInteger(left) ? repeat(right, left) : repeat(left, right);
            default -> throw unsupported(operator, left, right);
        };
    }

    private static JinjaFailure unsupported(String operator, Object left, Object right) {
        return left instanceof Undefined u ? JinjaOps.undefined(u) : right instanceof Undefined u ? JinjaOps.undefined(u)
                : JinjaFailure.error("the operator " + operator + " does not take the types " + JinjaValues.typeName(left)
                        + " and " + JinjaValues.typeName(right));
    }

    private static JinjaFailure byZero() {
        return JinjaFailure.error("division by zero");
    }

    private static Object integers(String operator, long a, long b) {
        return switch (operator) {
            case "+" -> Math.addExact(a, b);
            case "-" -> Math.subtractExact(a, b);
            case "*" -> Math.multiplyExact(a, b);
            case "/" -> floats("/", a, b);
            case "//" -> {
                if (b == 0) {
                    throw byZero();
                }
                yield b == -1 ? Math.negateExact(a) : Math.floorDiv(a, b);
            }
            case "%" -> {
                if (b == 0) {
                    throw byZero();
                }
                yield Math.floorMod(a, b);
            }
            default -> b < 0 ? floats("**", a, b) : power(a, b);
        };
    }

    private static Object power(long base, long exponent) {
        long result = 1;
        long factor = base;
        for (long left = exponent; left > 0; left >>= 1) {
            if ((left & 1) == 1) {
                result = Math.multiplyExact(result, factor);
            }
            if (left > 1) {
                factor = Math.multiplyExact(factor, factor);
            }
        }
        return result;
    }

    private static Object floats(String operator, double a, double b) {
        boolean divides = operator.equals("/") || operator.equals("//") || operator.equals("%");
        if (divides && b == 0) {
            throw byZero();
        }
        return switch (operator) {
            case "+" -> a + b;
            case "-" -> a - b;
            case "*" -> a * b;
            case "/" -> a / b;
            case "//" -> Math.floor((a - floorMod(a, b)) / b + 0.5);
            case "%" -> floorMod(a, b);
            default -> floatPower(a, b);
        };
    }

    private static double floorMod(double a, double b) {
        double remainder = a % b;
        if (remainder == 0) {
            return Math.copySign(0.0, b);
        }
        return remainder < 0 != b < 0 ? remainder + b : remainder;
    }

    private static double floatPower(double a, double b) {
        if (a == 0 && b < 0) {
            throw byZero();
        }
        double power = Math.pow(a, b);
        if (Double.isNaN(power) && !Double.isNaN(a) && !Double.isNaN(b)) {
            throw JinjaFailure.error("a negative number to a broken power is not a number here");
        }
        if (Double.isInfinite(power) && !Double.isInfinite(a) && !Double.isInfinite(b)) {
            throw JinjaFailure.error("the power is too large for a float");
        }
        return power;
    }

    private Object add(Object left, Object right) {
        if (left instanceof String a && right instanceof String b) {
            meter.chars((long) a.length() + b.length());
            return a + b;
        }
        if (left instanceof List<?> a && right instanceof List<?> b) {
            return joined(a, b);
        }
        if (left instanceof Tuple a && right instanceof Tuple b) {
            return new Tuple(joined(a.items(), b.items()));
        }
        throw unsupported("+", left, right);
    }

    private List<Object> joined(List<?> a, List<?> b) {
        meter.elements((long) a.size() + b.size());
        List<Object> all = new ArrayList<>(a.size() + b.size());
        all.addAll(a);
        all.addAll(b);
        return all;
    }

    private Object repeat(Object value, Object count) {
        if (!JinjaOps.isInteger(count)) {
            throw unsupported("*", value, count);
        }
        long times = Math.clamp(JinjaOps.integer(count, "a count"), 0, Integer.MAX_VALUE);
        return switch (value) {
            case String s -> {
                meter.chars(s.length() * times);
                yield s.repeat(s.isEmpty() ? 0 : (int) times);
            }
            case List<?> list -> repeated(list, times);
            case Tuple tuple -> new Tuple(repeated(tuple.items(), times));
            default -> throw unsupported("*", value, count);
        };
    }

    private List<Object> repeated(List<?> list, long times) {
        meter.elements(list.size() * times);
        List<Object> all = new ArrayList<>((int) (list.size() * times));
        for (long i = 0; i < times && !list.isEmpty(); i++) {
            all.addAll(list);
        }
        return all;
    }

    Object negate(Object value) {
        if (value instanceof Double d) {
            return -d;
        }
        if (value instanceof BigInteger i) {
            return i.negate();
        }
        if (value instanceof BigDecimal d) {
            return d.negate();
        }
        long integer = JinjaOps.integer(value, "what is negated");
        if (integer == Long.MIN_VALUE) {
            throw JinjaFailure.error("integers have 64 bits here; - leaves them");
        }
        return -integer;
    }

    Object plus(Object value) {
        boolean stays = JinjaOps.isFraction(value) || value instanceof BigInteger;
        return stays ? value : (Object) JinjaOps.integer(value, "what follows a plus sign");
    }

    /** Element {@code index} of a sequence, counted from the end if negative; null if there is none. */
    Object element(Object sequence, long index) {
        if (sequence instanceof String s) {
            meter.look(s.length());
            int length = JinjaText.length(s);
            long at = index < 0 ? index + length : index;
            if (at < 0 || at >= length) {
                return null;
            }
            return Character.toString(s.codePointAt(s.offsetByCodePoints(0, (int) at)));
        }
        List<?> items = items(sequence);
        long at = index < 0 ? index + items.size() : index;
        return at < 0 || at >= items.size() ? null : items.get((int) at);
    }

    private static List<?> items(Object sequence) {
        return switch (sequence) {
            case List<?> list -> list;
            case Tuple tuple -> tuple.items();
            case JinjaValues.View view -> view.items();
            default -> throw JinjaOps.type("expected a sequence", sequence);
        };
    }

    /** Python's {@code sequence[start:stop:step]}; a bound that is none stands for the end on its side. */
    Object slice(Object sequence, Object start, Object stop, Object step) {
        long by = step == JinjaValues.NONE ? 1 : JinjaOps.integer(step, "the step of a slice");
        if (by == 0) {
            throw JinjaFailure.error("the step of a slice must not be 0");
        }
        long size = ops.length(sequence);
        long from = bound(start, by > 0 ? 0 : size - 1, size, by);
        long to = bound(stop, by > 0 ? size : -1, size, by);
        if (sequence instanceof String s && by == 1) {
            return substring(s, from, to);
        }
        List<Object> source = new ArrayList<>(sequence instanceof String s ? ops.iterate(s) : items(sequence));
        meter.elements(source.size());
        List<Object> picked = new ArrayList<>();
        for (long i = from; by > 0 ? i < to : i > to; i += by) {
            picked.add(source.get((int) i));
            if (by > size || by < -size) {
                break;
            }
        }
        return switch (sequence) {
            case String s -> String.join("", picked.stream().map(String.class::cast).toList());
            case Tuple tuple -> new Tuple(picked);
            case JinjaValues.View view -> new JinjaValues.View(view.kind(), picked);
            default -> picked;
        };
    }

    private static long bound(Object given, long absent, long size, long step) {
        if (given == JinjaValues.NONE) {
            return absent;
        }
        long at = JinjaOps.integer(given, "a bound of a slice");
        at = at < 0 ? Math.max(at + size, -1 - size) : at;
        return step > 0 ? Math.clamp(at, 0, size) : Math.clamp(at, -1, size - 1);
    }

    private String substring(String s, long from, long to) {
        if (from >= to) {
            return "";
        }
        meter.chars(s.length());
        int begin = s.offsetByCodePoints(0, (int) from);
        return s.substring(begin, s.offsetByCodePoints(begin, (int) (to - from)));
    }
}
