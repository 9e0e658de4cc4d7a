package dev.longhand.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Goal: a hostile template costs little and ends with one exception. Method: templates that try to take time, memory or stack. */
class JinjaLimitsTest {
    private static final JinjaLimits SMALL = new JinjaLimits(1 << 16, 100, 200_000, 300, 1 << 16, 1 << 20, 10_000);

    @ParameterizedTest
    @ValueSource(strings = {
        "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}{% endfor %}{% endfor %}{% endfor %}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% macro f() %}{{ f() ~ f() }}{% endmacro %}{{ f() }}",
        "{{ 'a' * 1000000000 }}",
        "{{ 'a' * 9223372036854775807 }}",
        "{{ [0] * 1000000000 }}",
        "{{ [] * 9223372036854775807 }}{{ range(10001) }}",
        "{{ range(99999999999) }}",
        "{{ range(0, 9223372036854775807, 4611686018427387904)|list * 99999 }}",
        "{% set ns = namespace(x='abcdefgh') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x|tojson }}",
        "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}"
                + "{% endfor %}{{ ns.x == ns.y }}",
        "{% set l = [] %}{% set _ = l.append(l) %}{{ l }}",
        "{% set l = [] %}{% set _ = l.append(l) %}{{ l|tojson }}",
        "{% set l = [] %}{% set m = [] %}{% set _ = l.append(m) %}{% set _ = m.append(l) %}{{ l == m }}",
        "{% set ns = namespace(x=()) %}{% for i in range(9999) %}{% set ns.x = (ns.x,) %}{% endfor %}{{ {ns.x: 1} }}",
        "{% set ns = namespace(x=()) %}{% for i in range(9999) %}{% set ns.x = (ns.x,) %}{% endfor %}{{ ns.x }}",
        "{{ 'x'.center(1000000000) }}",
        "{{ 'x'.zfill(1000000000) }}",
        "{{ 'x'.ljust(9223372036854775807) }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '%.999999999f' % 1 }}",
        "{{ 'a\nb'|indent(1000000000) }}",
        "{{ {'a': 1}|tojson(indent=1000000000) }}",
        "{{ [1]|batch(1000000000, 0)|list }}",
        "{{ 2 ** 9223372036854775807 }}",
        "{{ 9223372036854775807 + 1 }}",
        "{{ 9223372036854775808 }}",
        "{{ -9223372036854775807 - 2 }}",
        "{% set s = 'ab' * 5000 %}{% for i in range(9999) %}{% set x = s.replace('a', s) %}{% endfor %}",
        "{% set s = 'ab' * 5000 %}{% for i in range(9999) %}{% set x = s.split('a') %}{% endfor %}",
        "{% set s = 'ab' * 50000 %}{% for i in range(9999) %}{% set x = s == s ~ 'x' %}{% endfor %}",
        "{% for i in range(9999) %}{{ 'aaaaaaaaaaaaaaaaaaaa' }}{% endfor %}",
        "{% set l = [1] %}{% for x in range(9999) %}{% set _ = l.extend(l) %}{% endfor %}",
        "{% set d = {} %}{% for x in range(9999) %}{% set _ = d.update({x: range(9999)|list}) %}{% endfor %}",
        "{% for x in [[]] recursive %}{{ loop([x]) }}{% endfor %}",
        "{{ range(9999)|map('string')|map('center', 99999)|list }}",
        "{% macro f(n) %}{% call g(n) %}{% endcall %}{% endmacro %}{% macro g(n) %}{{ f(n) }}{{ caller() }}{% endmacro %}{{ f(1) }}",
        "{{ '\\U00110000' }}", "{{ ' ' * 100000 }}{{ (' ' * 100000 ~ 'x').split() * 9999 }}"})
    void stopsTemplatesThatTakeTooMuch(String template) {
        assertTimeoutPreemptively(Duration.ofSeconds(10), () ->
                assertThatThrownBy(() -> compile(template).render(Map.of())).isInstanceOf(JinjaException.class));
    }

    @Test
    void stopsDeepSourcesOnASmallStack() throws InterruptedException {
        List<String> sources = List.of("{{ " + "(".repeat(20_000), "{{ " + "[".repeat(20_000), "{{ " + "not ".repeat(10_000) + "1 }}",
                "{{ " + "-".repeat(20_000) + "1 }}", "{{ 1" + " if 1 else 1".repeat(4_000) + " }}", "{% if 1 %}".repeat(5_000),
                "{{ a" + ".b".repeat(20_000) + " }}", "{{ 1" + "+1".repeat(20_000) + " }}", "{{ ''" + "|trim".repeat(9_000) + " }}",
                "{% for x in ".repeat(900), "{{ " + "{1:".repeat(9_000), "{% set " + "(".repeat(20_000),
                "{{ x is " + "in (x is ".repeat(5_000), "{{ a" + "[0".repeat(20_000), "{{ f" + "(f".repeat(20_000),
                "{% filter trim" + "|trim".repeat(9_000) + " %}x{% endfilter %}", "{{ 1" + " if 1".repeat(9_000) + " }}");
        AtomicReference<Throwable> unexpected = new AtomicReference<>();
        Thread thread = new Thread(null, () -> {
            for (String source : sources) {
                try {
                    compile(source).render(Map.of());
                    unexpected.set(new AssertionError("rendered " + source.substring(0, 20)));
                } catch (JinjaException e) {
                    assertThat(e.getMessage()).contains("line 1");
                } catch (Throwable e) {
                    unexpected.set(e);
                }
            }
        }, "small stack", 512 * 1024);
        thread.start();
        thread.join();
        assertThat(unexpected.get()).isNull();
    }

    @Test
    void scansLongSourcesInLinearTime() {
        assertTimeoutPreemptively(Duration.ofSeconds(10), () -> {
            for (String piece : List.of("{", "{{1}}", " {%if 1%}{%endif%}", "{#", "{# #} ", "{%raw%}", "{% raw %}{% endraw %}", " \n ", "{{'",
                    "{% ", "}}", "{{ 1_")) {
                String source = piece.repeat(60_000 / piece.length());
                try {
                    compile(source).render(Map.of());
                } catch (JinjaException e) {
                    assertThat(e.line()).isPositive();
                }
            }
        });
    }

    @Test
    void namesTheLine() {
        assertThatThrownBy(() -> compile("a\nb\n{{ x.y }}").render(Map.of()))
                .hasMessage("chat template, line 3: 'x' is undefined")
                .satisfies(e -> assertThat(((JinjaException) e).kind()).isEqualTo(Problem.Kind.MALFORMED));
        assertThatThrownBy(() -> compile("a\n{% if %}")).hasMessageContaining("line 2").hasMessageContaining("expected an expression");
        assertThatThrownBy(() -> compile("{{ raise_exception('no system') }}").render(Map.of()))
                .hasMessageContaining("no system")
                .satisfies(e -> assertThat(((JinjaException) e).kind()).isEqualTo(Problem.Kind.UNSUPPORTED));
        assertThatThrownBy(() -> compile("{{ 'a' * 99999999 }}").render(Map.of()))
                .satisfies(e -> assertThat(((JinjaException) e).kind()).isEqualTo(Problem.Kind.LIMIT));
    }

    @Test
    void changesOnlyItsOwnCopyOfTheData() throws JinjaException {
        List<Integer> given = List.of(1, 2);
        assertThat(compile("{{ l.append(3) }}{{ l }}").render(Map.of("l", given))).isEqualTo("None[1, 2, 3]");
        assertThat(given).containsExactly(1, 2);
    }

    @Test
    void reachesNoJavaObject() {
        assertThatThrownBy(() -> compile("{{ x }}").render(Map.of("x", new Object()))).isInstanceOf(IllegalArgumentException.class);
        for (String name : List.of("class", "getClass()", "__class__", "hashCode()", "length()", "wait()", "_x.y")) {
            assertThatThrownBy(() -> compile("{{ s." + name + ".z }}").render(Map.of("s", "text"))).isInstanceOf(JinjaException.class);
        }
    }

    static Jinja compile(String source) throws JinjaException {
        return Jinja.compile(source, SMALL, Clock.SYSTEM, ZoneOffset.UTC);
    }
}
