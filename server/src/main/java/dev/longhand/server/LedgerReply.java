package dev.longhand.server;

import dev.longhand.ledger.AccountState;
import dev.longhand.ledger.Answers;
import dev.longhand.ledger.Budget;
import dev.longhand.ledger.Group;
import dev.longhand.ledger.MachineCost;
import dev.longhand.ledger.Meters;
import dev.longhand.ledger.Report;
import dev.longhand.ledger.Reports;
import dev.longhand.ledger.Unit;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The books as JSON. Amounts are texts, so that no client's numbers round them. Stateless. */
final class LedgerReply {
    private LedgerReply() {}

    /** @param own account of who asks */
    static ObjectNode account(AccountState state, String own) {
        Unit unit = state.account().unit();
        ObjectNode node = Json.object();
        node.put("id", state.account().id());
        node.put("kind", state.account().kind().name().toLowerCase(java.util.Locale.ROOT));
        node.put("unit", unit.name());
        node.put("isOwn", state.account().id().equals(own));
        node.put("spent", unit.exact(state.balance().spent()));
        node.put("setAside", unit.exact(state.balance().debitsPending()));
        node.put("received", unit.exact(state.balance().creditsPosted()));
        ArrayNode budgets = node.putArray("budgets");
        state.budgets().forEach(b -> budget(budgets.addObject(), b, unit));
        return node;
    }

    /** With whose it is. */
    static ObjectNode budget(AccountState.Left left, AccountState of) {
        ObjectNode node = Json.object();
        node.put("account", of.account().id());
        node.put("unit", of.account().unit().name());
        budget(node, left, of.account().unit());
        return node;
    }

    private static void budget(ObjectNode node, AccountState.Left left, Unit unit) {
        Budget budget = left.budget();
        node.put("period", budget.period().word());
        node.put("since", left.days().map(d -> d.first().toString()).orElse(null));
        node.put("until", left.days().map(d -> d.last().toString()).orElse(null));
        node.put("hard", limit(budget.hard(), unit));
        node.put("soft", budget.soft() < budget.hard() ? limit(budget.soft(), unit) : null);
        node.put("perRequest", limit(budget.requestMax(), unit));
        node.put("spent", unit.exact(left.spent()));
        node.put("setAside", unit.exact(left.setAside()));
        node.put("left", Budget.isLimit(budget.hard()) ? unit.exact(left.left()) : null);
    }

    private static String limit(long amount, Unit unit) {
        return Budget.isLimit(amount) ? unit.exact(amount) : null;
    }

    static ObjectNode row(Reports.TimeGroup row) {
        ObjectNode node = Json.object();
        if (!row.time().isEmpty()) {
            node.put("time", row.time());
        }
        group(node, row.group());
        return node;
    }

    private static void group(ObjectNode node, Group group) {
        Meters m = group.meters();
        node.put("key", group.key());
        node.put("unit", group.unit().name());
        node.put("amount", group.unit().exact(group.amount()));
        node.put("calls", group.calls());
        node.put("tokensIn", m.tokensIn());
        node.put("tokensCached", m.tokensCached());
        node.put("tokensLookedUp", m.tokensLookedUp());
        node.put("tokensThinking", m.tokensThinking());
        node.put("tokensOut", m.tokensOut());
        node.put("cpuMicros", m.cpuMicros());
        node.put("diskBytes", m.diskBytes());
        node.put("kvByteSeconds", m.kvByteSeconds());
        node.put("millijoules", m.millijoules());
        node.put("isEnergyEstimated", m.isEstimated());
    }

    /** What a report says beside its rows. */
    static void around(ObjectNode reply, Report report) {
        ArrayNode totals = reply.putArray("totals");
        report.totals().forEach(t -> group(totals.addObject(), t));
        ArrayNode cache = reply.putArray("cache");
        report.savings().forEach(s -> cache.add(Json.object().put("model", s.model()).put("unit", s.unit().name())
                .put("cachedTokens", s.cachedTokens()).put("saved", s.unit().exact(s.amount()))
                .put("isEstimated", s.isEstimated())));
        ArrayNode answers = reply.putArray("answers");
        report.answers().forEach(a -> answers(answers.addObject(), a));
    }

    private static void answers(ObjectNode node, Answers answers) {
        node.put("unit", answers.unit().name());
        span(node, answers.total(), answers.unit());
        node.put("per", answers.by().word());
        ArrayNode spans = node.putArray("spans");
        for (Answers.Span each : answers.spans()) {
            span(spans.addObject().put("key", each.key()), each, answers.unit());
        }
    }

    private static void span(ObjectNode node, Answers.Span span, Unit unit) {
        node.put("count", span.count());
        node.put("amount", unit.exact(span.amount()));
        node.put("mean", unit.exact(span.mean()));
    }

    static void machine(ObjectNode reply, Optional<MachineCost> machine) {
        if (machine.isEmpty()) {
            reply.putNull("machine");
            return;
        }
        MachineCost cost = machine.get();
        reply.putObject("machine").put("closedDays", cost.days()).put("unit", Unit.EUR.name())
                .put("energy", Unit.EUR.exact(cost.energy())).put("writeOff", Unit.EUR.exact(cost.writeOff()))
                .put("idle", Unit.EUR.exact(cost.idle()));
    }
}
