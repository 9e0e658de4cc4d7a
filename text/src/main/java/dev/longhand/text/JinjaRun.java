package dev.longhand.text;

import dev.longhand.base.Clock;
import dev.longhand.text.JinjaValues.Callable;
import dev.longhand.text.JinjaValues.Members;
import dev.longhand.text.JinjaValues.Namespace;
import dev.longhand.text.JinjaValues.Tuple;
import dev.longhand.text.JinjaValues.Undefined;
import dev.longhand.text.JinjaValues.View;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Optional;

/** What one rendering shares between interpreter, filters, tests and methods. Also: what {@code a.b} and {@code a[b]} mean. */
final class JinjaRun {
    private final JinjaMeter meter;
    private final JinjaPrinter printer;
    private final JinjaOps ops;
    private final JinjaArithmetic arithmetic;
    private final JinjaMethods methods;
    private final Clock clock;
    private final ZoneId zone;

    JinjaRun(JinjaLimits limits, Clock clock, ZoneId zone) {
        this.meter = new JinjaMeter(limits);
        this.printer = new JinjaPrinter(meter);
        this.ops = new JinjaOps(meter, printer);
        this.arithmetic = new JinjaArithmetic(ops);
        this.methods = new JinjaMethods(this);
        this.clock = clock;
        this.zone = zone;
    }

    JinjaMeter meter() {
        return meter;
    }

    JinjaPrinter printer() {
        return printer;
    }

    JinjaOps ops() {
        return ops;
    }

    JinjaArithmetic arithmetic() {
        return arithmetic;
    }

    ZonedDateTime now() {
        return clock.now().atZone(zone);
    }

    /** {@code object.name}: a method or member, else the dict element of that name, else undefined. */
    Object attribute(Object object, String name) {
        meter.step();
        failIfUndefined(object);
        Optional<Object> member = member(object, name);
        if (member.isEmpty() && object instanceof JinjaDict dict) {
            member = dict.get(name);
        }
        return member.orElseGet(() -> missing(object, name));
    }

    /** {@code object[index]}: an element, else for a string the method or member of that name, else undefined. */
    Object item(Object object, Object index) {
        meter.step();
        failIfUndefined(object);
        Object found = element(object, index);
        if (found == null && index instanceof String name) {
            found = member(object, name).orElse(null);
        }
        return found == null ? missing(object, index) : found;
    }

    /** null if there is none. */
    private Object element(Object object, Object index) {
        if (object instanceof JinjaDict dict) {
            boolean canBeKey = !(index instanceof List<?> || index instanceof JinjaDict);
            return canBeKey ? dict.get(ops.key(index)).orElse(null) : null;
        }
        boolean isSequence = object instanceof String || object instanceof List<?> || object instanceof Tuple
                || object instanceof View view && view.kind() == View.Kind.RANGE;
        return isSequence && JinjaOps.isInteger(index)
                ? arithmetic.element(object, JinjaOps.integer(index, "an index")) : null;
    }

    /** Only methods and members, not elements. */
    Optional<Object> member(Object object, String name) {
        return switch (object) {
            case Namespace namespace -> namespace.members().get(name);
            case Members members -> members.member(name);
            case Callable callable when name.equals("name") -> Optional.of(callable.name());
            default -> methods.find(object, name).map(m -> m);
        };
    }

    private static void failIfUndefined(Object object) {
        if (object instanceof Undefined u) {
            throw JinjaOps.undefined(u);
        }
    }

    private Undefined missing(Object object, Object key) {
        String shown = key instanceof String s && s.length() <= 100 ? "'" + s + "'" : key instanceof Long l ? l.toString()
                : "of type " + JinjaValues.typeName(key);
        return new Undefined("a value of type " + JinjaValues.typeName(object) + " has no element or attribute " + shown);
    }

    Object call(Object function, JinjaValues.Arguments arguments) {
        if (function instanceof JinjaInterpreter.RecursiveLoop loop) {
            return call(new Callable("loop", loop.again()), arguments);
        }
        if (!(function instanceof Callable callable)) {
            throw JinjaOps.type("expected something to call", function);
        }
        meter.enter();
        meter.step();
        Object result = callable.body().call(arguments);
        meter.leave();
        return result;
    }
}
