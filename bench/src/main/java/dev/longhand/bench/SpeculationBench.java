package dev.longhand.bench;

import dev.longhand.base.Check;
import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.lm.Answer;
import dev.longhand.lm.Message;
import dev.longhand.lm.Sink;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What guessing ahead brings: answers with it and without it, in turns, greedy, token for token the same.
 *
 * <p>Method: a task that quotes (repeat a function with one change) and one that does not (tell a story), by the seconds that the
 * engine counts for the answer after its prompt; best of N. A new tenant per run, so that nothing is found again.
 */
public final class SpeculationBench {
    private static final int ANSWER = 192;
    private static final String FUNCTION = """
            def summarise_orders(orders, currency):
                total_by_customer = {}
                for order in orders:
                    customer = order["customer"]
                    amount = order["amount"] * order["quantity"]
                    if order["status"] == "cancelled":
                        continue
                    total_by_customer[customer] = total_by_customer.get(customer, 0) + amount
                lines = []
                for customer, total in sorted(total_by_customer.items()):
                    lines.append(f"{customer}: {total:.2f} {currency}")
                return "\\n".join(lines)
            """;
    private static final String QUOTING =
            "Repeat this Python function exactly, but name it `report_orders`:\n\n```python\n" + FUNCTION
            + "```";
    private static final String FREE = "Tell me a story about a lighthouse keeper who finds a letter in a bottle.";

    private final Clock clock;

    public SpeculationBench(Clock clock) {
        this.clock = clock;
    }

    public List<Measure> run(EngineSubject subject, int rounds) throws Problem {
        try (EngineRig plain = new EngineRig(subject, subject.options().withGuessing(false), clock);
                EngineRig guessing = new EngineRig(subject, subject.options().withGuessing(true), clock)) {
            List<Measure> measures = new ArrayList<>();
            measures.add(race(subject.name() + "/speculate-quoting", QUOTING, plain, guessing, rounds, Target.atLeast(1.8)));
            measures.add(race(subject.name() + "/speculate-free", FREE, plain, guessing, rounds, Target.atLeast(0.95)));
            return measures;
        }
    }

    private static Measure race(String row, String task, EngineRig plain, EngineRig guessing, int rounds,
            Target target) throws Problem {
        int[] prompt = plain.model.render(List.of(new Message(Message.Role.USER, task)));
        double without = 0;
        double with = 0;
        int tokens = 0;
        for (int round = 0; round <= rounds; round++) {
            Answer slow = plain.ask("round " + round, prompt, ANSWER, Sink.SILENT);
            Answer fast = guessing.ask("round " + round, prompt, ANSWER, Sink.SILENT);
            Check.invariant(Arrays.equals(slow.tokens(), fast.tokens()), "%s: guessing changed the answer", row);
            tokens = slow.tokens().length;
            if (round > 0) {
                without = Math.max(without, slow.usage().answeredTokensPerSecond());
                with = Math.max(with, fast.usage().answeredTokensPerSecond());
            }
        }
        return Measure.of(row, guessing.label(), with / without, "x without", Optional.of(target),
                "tokensPerSecond", with, "without", without, "tokens", tokens);
    }
}
