package dev.longhand.server;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.desk.Ask;
import dev.longhand.desk.AskResult;
import dev.longhand.desk.AskSpec;
import dev.longhand.desk.Citation;
import dev.longhand.ledger.Key;
import java.io.IOException;
import java.util.List;

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
        ServedModels.Target target = models.find(fields.text("model"));
        if (target.desk().isPresent()) {
            throw Refusal.field("model", "model names a desk too; the path says which desk is asked");
        }
        target = target.withDesk(asks.find(call.caller(), name));
        String question = fields.neededText("question");
        boolean isStream = fields.flag("stream", false);
        AskSpec spec = DeskQuestion.spec(fields, clock.nanos());
        fields.done();
        if (!isStream) {
            DeskAsks.Outcome outcome = asks.ask(call, target, question, spec, DeskAsks.Told.SILENT);
            call.reply(200, DeskReply.whole(name, target, question, outcome, fields.warnings()));
            return;
        }
        EventStream out = call.stream();
        DeskAsks.Outcome outcome = asks.ask(call, target, question, spec, new Events(out));
        for (AskResult.Sentence each : outcome.result().sentences()) {
            out.event("sentence", DeskReply.sentence(each));
        }
        for (Citation each : outcome.result().citations()) {
            out.event("citation", DeskReply.citation(each));
        }
        out.event("done", DeskReply.whole(name, target, question, outcome, fields.warnings()));
        out.end();
    }

    /** Tells events as they come. */
    private record Events(EventStream out) implements DeskAsks.Told {
        @Override
        public void found(Citation lead, Ask.Prepared prepared) throws IOException {
            out.event("found", DeskReply.found(lead, prepared));
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
