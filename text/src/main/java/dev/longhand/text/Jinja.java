package dev.longhand.text;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;

/**
 * A compiled chat template in our subset of the Jinja language.
 *
 * <p>Renders what PyPI {@code jinja2} renders as the Python package transformers sets it up: trim_blocks and lstrip_blocks on,
 * no autoescape, {@code tojson} as plain {@code json.dumps}, {@code raise_exception}, {@code strftime_now}, loop controls, and
 * Python's way of writing values. Differences on purpose: integers have 64 bits; templates may change their own copies of lists
 * and dicts ({@code append}, {@code pop}); there is no type for escaped text; {@code include}, {@code extends} and {@code import}
 * are refused; lazy filters are computed at once.
 *
 * <p>A template is a stranger's program. It reaches no Java object: values are those of {@link JinjaValues} and nothing else. It
 * stops at {@link JinjaLimits}. Immutable and thread-safe; each rendering has its own state.
 */
public final class Jinja {
    private final List<JinjaNode.Statement> template;
    private final JinjaLimits limits;
    private final Clock clock;
    private final ZoneId zone;

    private Jinja(List<JinjaNode.Statement> template, JinjaLimits limits, Clock clock, ZoneId zone) {
        this.template = template;
        this.limits = limits;
        this.clock = clock;
        this.zone = zone;
    }

    public static Jinja compile(String source) throws JinjaException {
        return compile(source, JinjaLimits.DEFAULT, Clock.SYSTEM, ZoneId.systemDefault());
    }

    /** @param clock what {@code strftime_now} reads, shown in {@code zone} */
    public static Jinja compile(String source, JinjaLimits limits, Clock clock, ZoneId zone) throws JinjaException {
        try {
            return new Jinja(JinjaParser.parse(source, limits), limits, clock, zone);
        } catch (JinjaFailure failure) {
            throw failure.checked(1);
        }
    }

    /**
     * @param data the template's variables: maps with text keys, iterables, text, numbers, booleans and null; copied
     */
    public String render(Map<String, ?> data) throws JinjaException {
        JinjaInterpreter interpreter = new JinjaInterpreter(new JinjaRun(limits, clock, zone));
        try {
            return interpreter.render(template, data);
        } catch (JinjaFailure failure) {
            throw failure.checked(interpreter.line());
        } catch (StackOverflowError e) {
            throw new JinjaException(Problem.Kind.LIMIT, "evaluation nests deeper than this thread's stack", interpreter.line());
        }
    }
}
