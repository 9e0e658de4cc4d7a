package dev.longhand.server;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.desk.Ask;
import dev.longhand.desk.AskResult;
import dev.longhand.desk.AskSpec;
import dev.longhand.desk.Citation;
import dev.longhand.engine.AttachCounters;
import dev.longhand.engine.LocalModel;
import dev.longhand.ledger.Key;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** {@code POST /v1/desks/{desk}/ask}. */
final class DeskAskRoute {
    private final ServedModels models;
    private final DeskAsks asks;
    private final Clock clock;

    DeskAskRoute(ServedModels models, DeskAsks asks, Clock clock) {
        this.models = models;
        this.asks = asks;
        this.clock = clock;
    }

    List<Route> routes() {
        return List.of(Route.of("POST", "/v1/desks/{desk}/ask", Key.Role.USER, Shape.OPENAI, this::ask));
    }

    private void ask(Call call) throws Refusal, Problem, IOException {
        String name = call.name("desk");
        Fields fields = call.fields();
        ServedModels.Target plain = models.find(fields.text("model"));
        if (plain.desk().isPresent()) {
            throw Refusal.field("model", "model names a desk too; the path says which desk is asked");
        }
        ServedModels.Target target = plain.withDesk(asks.find(call.caller(), name));
        String question = fields.neededText("question");
        boolean isStream = fields.flag("stream", false);
        boolean wantsTexts = fields.flag("texts", false);
        AskSpec spec = DeskQuestion.spec(fields, clock.nanos());
        fields.done();
        if (!isStream) {
            DeskAsks.Outcome outcome = asks.ask(call, target, question, spec, DeskAsks.Told.SILENT);
            call.reply(200, DeskReply.whole(name, target, question, outcome, fields.warnings()));
            return;
        }
        EventStream out = call.stream();
        Optional<AttachCounters> before = counters(target);
        DeskAsks.Outcome outcome = asks.ask(call, target, question, spec, new Events(out, wantsTexts));
        for (AskResult.Sentence each : outcome.result().sentences()) {
            out.event("sentence", DeskReply.sentence(each));
        }
        for (Citation each : outcome.result().citations()) {
            out.event("citation", DeskReply.citation(each));
        }
        ObjectNode whole = DeskReply.whole(name, target, question, outcome, fields.warnings());
        before.ifPresent(b -> placed((ObjectNode) whole.get("longhand"), b, counters(target).orElse(b)));
        out.event("done", whole);
        out.end();
    }

    private static Optional<AttachCounters> counters(ServedModels.Target target) {
        return target.model() instanceof LocalModel local ? local.attachCounters() : Optional.empty();
    }

    /** How documents were attached since then; what other questions had attached meanwhile counts too. */
    private static void placed(ObjectNode longhand, AttachCounters before, AttachCounters now) {
        longhand.putObject("placed").put("inARow", now.inARow() - before.inARow())
                .put("sideBySide", now.sideBySide() - before.sideBySide()).put("grouped", now.grouped() - before.grouped())
                .put("constant", now.constant() - before.constant()).put("seamTokens", now.seamTokens() - before.seamTokens());
    }

    /** Tells events as they come. */
    private record Events(EventStream out, boolean hasTexts) implements DeskAsks.Told {
        @Override
        public void found(Citation lead, Ask.Prepared prepared) throws IOException {
            out.event("found", DeskReply.found(lead, prepared, hasTexts));
        }

        @Override
        public void reading(String line) throws IOException {
            out.event("reading", Json.object().put("line", line));
        }

        @Override
        public void text(String piece) throws IOException {
            out.event("text", Json.object().put("text", piece));
        }

        @Override
        public void idle() throws IOException {
            out.ping();
        }
    }
}
