package dev.longhand.server;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.desk.AskSpec;
import dev.longhand.lm.Message;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;

/** Chats with a desk: the last turn is the question. Thread-safe. */
final class DeskChat {
    private final DeskAsks asks;
    private final Clock clock;

    DeskChat(DeskAsks asks, Clock clock) {
        this.asks = asks;
        this.clock = clock;
    }

    /** The desk that a request names: behind its model, or as {@code longhand: {desk}}. */
    static Optional<String> deskOf(Fields fields, ServedModels.Target target) throws Refusal {
        Optional<Fields> own = fields.object("longhand");
        Optional<String> named = own.isPresent() ? own.get().text("desk") : Optional.empty();
        own.ifPresent(Fields::done);
        if (named.isPresent() && target.desk().isPresent() && !named.equals(target.desk())) {
            throw Refusal.field("longhand.desk", "model names desk %s and longhand.desk %s; name one".formatted(
                    DeskNames.cut(target.desk().get()), DeskNames.cut(named.get())));
        }
        return named.or(target::desk);
    }

    private record Request(String question, AskSpec spec, boolean isStream, boolean wantsUsage, List<String> warnings) {}

    /** The last turn, which is the question. */
    static String question(Fields fields) throws Refusal {
        List<Message> messages = OpenAiMessages.of(fields);
        Message last = messages.getLast();
        if (last.role() != Message.Role.USER) {
            throw Refusal.field("messages", "the last turn is no user's; a desk answers the question in it");
        }
        if (messages.size() > 1) {
            fields.warn("the desk was asked the last turn only; the %d turns before it were not looked at".formatted(
                    messages.size() - 1));
        }
        return last.text();
    }

    private Request read(Fields fields) throws Refusal {
        String question = question(fields);
        boolean wantsUsage = OpenAiStream.wantsUsage(fields);
        boolean isStream = fields.flag("stream", false);
        AskSpec spec = DeskQuestion.spec(fields, clock.nanos());
        fields.done();
        return new Request(question, spec, isStream, wantsUsage, fields.warnings());
    }

    /** @param target with the desk's name as the client has it */
    void answer(Call call, Fields fields, ServedModels.Target target) throws Refusal, Problem, IOException {
        String name = target.desk().orElseThrow();
        ServedModels.Target stored = target.withDesk(asks.find(call.caller(), name));
        Request request = read(fields);
        OpenAiHead head = new OpenAiHead("chatcmpl-" + call.id().substring(4), clock.now().getEpochSecond(), target.name());
        if (request.isStream) {
            stream(call, stored, name, request, head);
            return;
        }
        DeskAsks.Outcome outcome = asks.ask(call, stored, request.question, request.spec,
                DeskAsks.Told.SILENT);
        ObjectNode reply = head.object("chat.completion");
        ObjectNode choice = reply.putArray("choices").addObject();
        choice.put("index", 0);
        ObjectNode message = choice.putObject("message");
        message.put("role", "assistant");
        message.put("content", outcome.result().text());
        message.putNull("refusal");
        choice.putNull("logprobs");
        choice.put("finish_reason", OpenAiChat.finish(outcome.result().stop()));
        usage(reply, name, outcome, request);
        call.reply(200, reply);
    }

    private void stream(Call call, ServedModels.Target stored, String name, Request request, OpenAiHead head)
            throws Refusal, Problem, IOException {
        EventStream out = call.stream();
        OpenAiStream choice = new OpenAiStream(out, head, 0);
        DeskAsks.Outcome outcome = asks.ask(call, stored, request.question, request.spec, new DeskAsks.Told() {
            @Override
            public void text(String piece) throws IOException {
                choice.text(piece);
            }

            @Override
            public void idle() throws IOException {
                choice.idle();
            }
        });
        ObjectNode last = head.chunk(0, Json.object(), OpenAiChat.finish(outcome.result().stop()), NullNode.instance);
        last.set("longhand", DeskReply.longhand(name, outcome, request.warnings));
        choice.end(last);
        if (request.wantsUsage) {
            ObjectNode end = head.object("chat.completion.chunk");
            end.putArray("choices");
            usage(end, name, outcome, request);
            out.data(end);
        }
        out.word("[DONE]");
        out.end();
    }

    private static void usage(ObjectNode reply, String name, DeskAsks.Outcome outcome, Request request) {
        OpenAiUsage.put(reply, outcome.result().promptTokens(), outcome.result().usage(),
                DeskReply.longhand(name, outcome, request.warnings));
    }
}
