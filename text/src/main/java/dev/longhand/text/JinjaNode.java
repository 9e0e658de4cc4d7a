package dev.longhand.text;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The syntax tree of a template. Immutable; every node knows the line where it begins. */
sealed interface JinjaNode {
    int line();

    /** Has a value. */
    sealed interface Expression extends JinjaNode {}

    record Constant(int line, Object value) implements Expression {}

    record Name(int line, String name) implements Expression, Target {}

    record ListOf(int line, List<Expression> items) implements Expression {}

    record TupleOf(int line, List<Expression> items) implements Expression {}

    record DictOf(int line, List<Expression> keys, List<Expression> values) implements Expression {}

    record Attribute(int line, Expression object, String name) implements Expression {}

    record Item(int line, Expression object, Expression index) implements Expression {}

    /** Only as the index of an {@link Item}. */
    record Slice(int line, Optional<Expression> start, Optional<Expression> stop, Optional<Expression> step)
            implements Expression {}

    record Call(int line, Expression function, Arguments arguments) implements Expression {}

    /** Without input as the filter of a set or filter block: the block's text is the input. */
    record Filter(int line, Optional<Expression> input, String name, Arguments arguments) implements Expression {}

    record Test(int line, Expression input, String name, Arguments arguments) implements Expression {}

    record Not(int line, Expression operand) implements Expression {}

    record Sign(int line, boolean isNegative, Expression operand) implements Expression {}

    record Binary(int line, String operator, Expression left, Expression right) implements Expression {}

    record And(int line, Expression left, Expression right) implements Expression {}

    record Or(int line, Expression left, Expression right) implements Expression {}

    record Compare(int line, Expression first, List<String> operators, List<Expression> others) implements Expression {}

    record Concatenation(int line, List<Expression> parts) implements Expression {}

    record Choice(int line, Expression test, Expression then, Optional<Expression> otherwise) implements Expression {}

    record Arguments(List<Expression> positional, List<String> names, List<Expression> named,
            Optional<Expression> star, Optional<Expression> doubleStar) {
        static final Arguments NONE = new Arguments(List.of(), List.of(), List.of(), Optional.empty(), Optional.empty());
    }

    /** What a value can be assigned to. */
    sealed interface Target extends JinjaNode {}

    record NamespaceTarget(int line, String namespace, String attribute) implements Target {}

    record TupleTarget(int line, List<Target> targets) implements Target {}

    /** Does something. */
    sealed interface Statement extends JinjaNode {}

    record Output(int line, Expression value) implements Statement {}

    record For(int line, Target target, Expression items, Optional<Expression> test, List<Statement> body,
            List<Statement> otherwise, boolean isRecursive) implements Statement {}

    /** Branch i: if {@code tests[i]} then {@code bodies[i]}; one more body is the else branch. */
    record If(int line, List<Expression> tests, List<List<Statement>> bodies) implements Statement {}

    record SetValue(int line, Target target, Expression value) implements Statement {}

    record SetBlock(int line, Target target, Optional<Filter> filter, List<Statement> body) implements Statement {}

    record FilterBlock(int line, Filter filter, List<Statement> body) implements Statement {}

    record With(int line, List<Target> targets, List<Expression> values, List<Statement> body) implements Statement {}

    /** The last {@code defaults.size()} parameters have defaults. {@code names}: every name that the body reads. */
    record Routine(String name, List<String> parameters, List<Expression> defaults, List<Statement> body,
            Set<String> names) {}

    record Macro(int line, Routine routine) implements Statement {}

    record CallBlock(int line, Routine caller, Call call) implements Statement {}

    record Break(int line) implements Statement {}

    record Continue(int line) implements Statement {}
}
