package dev.longhand.text;

import dev.longhand.text.JinjaNode.Expression;
import dev.longhand.text.JinjaNode.Routine;
import dev.longhand.text.JinjaNode.Statement;
import dev.longhand.text.JinjaNode.Target;
import dev.longhand.text.JinjaValues.Arguments;
import dev.longhand.text.JinjaValues.Callable;
import dev.longhand.text.JinjaValues.Namespace;
import dev.longhand.text.JinjaValues.Tuple;
import dev.longhand.text.JinjaValues.Undefined;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Runs statements and collects what they print. One per rendering, used by one thread. */
final class JinjaInterpreter {
    /** How a statement ended. */
    private enum End {
        NORMAL,
        BREAK,
        CONTINUE
    }

    private final JinjaRun run;
    private final JinjaEvaluator evaluator;
    private StringBuilder out = new StringBuilder();

    JinjaInterpreter(JinjaRun run) {
        this.run = run;
        this.evaluator = new JinjaEvaluator(run, JinjaGlobals.functions(run));
    }

    int line() {
        return evaluator.line();
    }

    String render(List<Statement> template, Map<String, ?> data) {
        JinjaScope scope = new JinjaScope(null);
        data.forEach((name, value) -> scope.set(name, JinjaGlobals.value(run.meter(), value, 0)));
        run(template, new JinjaScope(scope));
        return out.toString();
    }

    private End run(List<Statement> body, JinjaScope scope) {
        run.meter().enter();
        End end = End.NORMAL;
        for (int i = 0; i < body.size() && end == End.NORMAL; i++) {
            end = run(body.get(i), scope);
        }
        run.meter().leave();
        return end;
    }

    private End run(Statement statement, JinjaScope scope) {
        run.meter().step();
        evaluator.atLine(statement.line());
        switch (statement) {
            case JinjaNode.Output output -> print(run.printer().str(evaluator.value(output.value(), scope)));
            case JinjaNode.If choice -> {
                return choose(choice, scope);
            }
            case JinjaNode.For loop -> {
                return loop(loop, evaluator.value(loop.items(), scope), scope, 1);
            }
            case JinjaNode.SetValue set -> assign(set.target(), evaluator.value(set.value(), scope), scope);
            case JinjaNode.SetBlock set -> {
                return setBlock(set, scope);
            }
            case JinjaNode.FilterBlock block -> {
                return filterBlock(block, scope);
            }
            case JinjaNode.With with -> {
                return with(with, scope);
            }
            case JinjaNode.Macro macro -> scope.set(macro.routine().name(), routine(macro.routine(), scope));
            case JinjaNode.CallBlock block -> print(run.printer().str(
                    evaluator.call(block.call(), scope, Map.of("caller", routine(block.caller(), scope)))));
            case JinjaNode.Break stop -> {
                return End.BREAK;
            }
            case JinjaNode.Continue next -> {
                return End.CONTINUE;
            }
        }
        return End.NORMAL;
    }

    private void print(String text) {
        run.meter().look(text.length());
        int outputCharsMax = run.meter().limits().outputCharsMax();
        if (text.length() > outputCharsMax - out.length()) {
            throw JinjaFailure.limit("the template writes more characters", outputCharsMax);
        }
        out.append(text);
    }

    private End choose(JinjaNode.If node, JinjaScope scope) {
        for (int i = 0; i < node.tests().size(); i++) {
            if (evaluator.isTrue(node.tests().get(i), scope)) {
                return run(node.bodies().get(i), scope);
            }
        }
        boolean hasElse = node.bodies().size() > node.tests().size();
        return hasElse ? run(node.bodies().getLast(), scope) : End.NORMAL;
    }

    private End loop(JinjaNode.For node, Object walked, JinjaScope outer, long depth) {
        run.meter().enter();
        List<Object> items = run.ops().iterate(walked);
        if (node.test().isPresent()) {
            items = filtered(node, items, outer);
        }
        JinjaLoop state = new JinjaLoop(run, items, depth);
        Object loop = node.isRecursive() ? new RecursiveLoop(state, again(node, outer, depth)) : state;
        for (int i = 0; i < items.size(); i++) {
            run.meter().step();
            state.moveTo(i);
            JinjaScope scope = new JinjaScope(outer);
            scope.set("loop", loop);
            assign(node.target(), items.get(i), scope);
            if (run(node.body(), scope) == End.BREAK) {
                break;
            }
        }
        End end = items.isEmpty() ? run(node.otherwise(), new JinjaScope(outer)) : End.NORMAL;
        run.meter().leave();
        return end;
    }

    private List<Object> filtered(JinjaNode.For node, List<Object> items, JinjaScope outer) {
        List<Object> kept = new ArrayList<>();
        for (Object item : items) {
            JinjaScope scope = new JinjaScope(outer);
            assign(node.target(), item, scope);
            if (evaluator.isTrue(node.test().orElseThrow(), scope)) {
                kept.add(item);
            }
        }
        run.meter().elements(kept.size());
        return kept;
    }

    /** The loop variable of a recursive loop: has members, and calling it runs the loop again over other items. */
    record RecursiveLoop(JinjaLoop state, Callable.Body again) implements JinjaValues.Members {
        @Override
        public Optional<Object> member(String name) {
            return state.member(name);
        }
    }

    private Callable.Body again(JinjaNode.For node, JinjaScope outer, long depth) {
        return arguments -> captured(() -> {
            loop(node, arguments.bind("loop", 1, "iterable")[0], outer, depth + 1);
            return End.NORMAL;
        }).text();
    }

    private void assign(Target target, Object value, JinjaScope scope) {
        switch (target) {
            case JinjaNode.Name name -> scope.set(name.name(), value);
            case JinjaNode.NamespaceTarget member -> {
                if (!(scope.find(member.namespace()) instanceof Namespace namespace)) {
                    throw JinjaFailure.error("'" + member.namespace() + "' is no namespace, so its '" + member.attribute()
                            + "' cannot be set");
                }
                run.meter().elements(1);
                namespace.members().put(member.attribute(), value);
            }
            case JinjaNode.TupleTarget tuple -> {
                List<Object> parts = value instanceof Undefined ? List.of() : run.ops().iterate(value);
                if (parts.size() != tuple.targets().size()) {
                    throw JinjaFailure.error(parts.size() + " values for " + tuple.targets().size() + " names");
                }
                for (int i = 0; i < parts.size(); i++) {
                    assign(tuple.targets().get(i), parts.get(i), scope);
                }
            }
        }
    }

    private interface Body {
        End run();
    }

    private record Captured(String text, End end) {}

    /** What {@code body} prints. */
    private Captured captured(Body body) {
        StringBuilder outside = out;
        out = new StringBuilder();
        End end = body.run();
        String text = out.toString();
        out = outside;
        run.meter().chars(text.length());
        return new Captured(text, end);
    }

    private End setBlock(JinjaNode.SetBlock node, JinjaScope scope) {
        JinjaScope inner = new JinjaScope(scope);
        Captured body = captured(() -> run(node.body(), inner));
        if (body.end() == End.NORMAL) {
            Object value = node.filter().isEmpty() ? body.text() : evaluator.filterText(node.filter().get(), body.text(), inner);
            assign(node.target(), value, scope);
        }
        return body.end();
    }

    private End filterBlock(JinjaNode.FilterBlock node, JinjaScope scope) {
        JinjaScope inner = new JinjaScope(scope);
        Captured body = captured(() -> run(node.body(), inner));
        if (body.end() == End.NORMAL) {
            print(run.printer().str(evaluator.filterText(node.filter(), body.text(), inner)));
        }
        return body.end();
    }

    private End with(JinjaNode.With node, JinjaScope scope) {
        JinjaScope inner = new JinjaScope(scope);
        List<Object> values = evaluator.values(node.values(), scope);
        for (int i = 0; i < values.size(); i++) {
            assign(node.targets().get(i), values.get(i), inner);
        }
        return run(node.body(), inner);
    }

    private Callable routine(Routine routine, JinjaScope definedIn) {
        return new Callable(routine.name(), arguments -> {
            JinjaScope scope = new JinjaScope(definedIn);
            bind(routine, arguments, scope);
            return captured(() -> run(routine.body(), scope)).text();
        });
    }

    private void bind(Routine routine, Arguments arguments, JinjaScope scope) {
        List<String> parameters = routine.parameters();
        Map<String, Object> named = new HashMap<>(arguments.named());
        int defaultsFrom = parameters.size() - routine.defaults().size();
        for (int i = 0; i < parameters.size(); i++) {
            String name = parameters.get(i);
            if (i < arguments.positional().size()) {
                scope.set(name, arguments.positional().get(i));
            } else if (named.containsKey(name)) {
                scope.set(name, named.remove(name));
            } else if (i >= defaultsFrom) {
                Expression otherwise = routine.defaults().get(i - defaultsFrom);
                scope.set(name, evaluator.value(otherwise, scope));
            } else {
                scope.set(name, new Undefined("parameter '" + name + "' was not provided"));
            }
        }
        bindRest(routine, arguments, named, scope);
    }

    /** {@code caller}, {@code varargs} and {@code kwargs} take what is left, in macros that mention them. */
    private void bindRest(Routine routine, Arguments arguments, Map<String, Object> named, JinjaScope scope) {
        boolean namesCaller = routine.names().contains("caller") && !routine.parameters().contains("caller");
        if (namesCaller) {
            Object caller = named.remove("caller");
            scope.set("caller", caller == null || caller == JinjaValues.NONE ? new Undefined("No caller defined") : caller);
        }
        if (routine.names().contains("kwargs") && !routine.parameters().contains("kwargs")) {
            JinjaDict rest = new JinjaDict();
            arguments.named().forEach((name, value) -> {
                if (named.containsKey(name)) {
                    rest.put(name, value);
                }
            });
            scope.set("kwargs", rest);
        } else if (!named.isEmpty()) {
            throw JinjaFailure.error("the macro '" + routine.name() + "' has no parameter '"
                    + named.keySet().iterator().next() + "'");
        }
        int taken = Math.min(routine.parameters().size(), arguments.positional().size());
        List<Object> rest = arguments.positional().subList(taken, arguments.positional().size());
        if (routine.names().contains("varargs") && !routine.parameters().contains("varargs")) {
            scope.set("varargs", new Tuple(List.copyOf(rest)));
        } else if (!rest.isEmpty()) {
            throw JinjaFailure.error("the macro '" + routine.name() + "' takes at most " + taken + " arguments, got "
                    + arguments.positional().size());
        }
    }
}
