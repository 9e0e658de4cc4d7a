package dev.longhand.server;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.ledger.Key;
import dev.longhand.lm.Answer;
import dev.longhand.lm.Constraint;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Message;
import dev.longhand.lm.Prompting;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.ToolCalls;
import dev.longhand.text.ToolFormat;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code POST /v1/chat/completions}: https://platform.openai.com/docs/api-reference/chat. */
final class OpenAiChat {
    /** Where a request does not say: enough for an answer, and a bound of what it can cost. */
    static final int ANSWER_TOKENS = 1024;
    static final int COUNT_MAX = 16;

    private final ServedModels models;
    private final Answering answering;
    private final Clock clock;
    private final Optional<DeskChat> desks;

    /** @param desks empty where none are served */
    OpenAiChat(ServedModels models, Answering answering, Clock clock, Optional<DeskChat> desks) {
        this.desks = desks;
        this.models = models;
        this.answering = answering;
        this.clock = clock;
    }

    List<Route> routes() {
        return List.of(Route.of("POST", "/v1/chat/completions", Key.Role.USER, Shape.OPENAI, this::complete));
    }

    /**
     * @param count    answers
     * @param warnings of fields that were not honoured
     */
    private record Request(Asked asked, int count, Set<String> tools, boolean isStream, boolean wantsUsage, List<String> warnings) {
        ToolFormat toolFormat() {
            return asked.target().model().toolFormat();
        }
    }

    private Request read(Fields fields, ServedModels.Target target) throws Refusal, Problem {
        boolean isStream = fields.flag("stream", false);
        boolean wantsUsage = OpenAiStream.wantsUsage(fields);
        List<Message> messages = OpenAiMessages.of(fields);
        OpenAiTools tools = OpenAiTools.of(fields);
        int[] prompt = target.model().render(messages, Prompting.PLAIN.withTools(tools.tools())
                .withTemplateArguments(templateArguments(fields)));
        GenerationSpec spec = spec(fields, target, prompt.length, tools);
        int count = fields.integer("n", 1, COUNT_MAX).orElse(1);
        SequenceSpec.Priority priority = priority(fields);
        refuseAndIgnore(fields);
        fields.done();
        return new Request(new Asked(target, prompt, spec, priority), count, ChatPieces.names(tools.tools()), isStream, wantsUsage,
                fields.warnings());
    }

    /** Of {@code chat_template_kwargs}, and what templates call {@code enable_thinking} of {@code reasoning_effort}. */
    static Map<String, Object> templateArguments(Fields fields) throws Refusal {
        Map<String, Object> arguments = new java.util.LinkedHashMap<>();
        Optional<String> effort = fields.word("reasoning_effort", "none", "minimal", "low", "medium", "high", "xhigh");
        if (effort.isPresent()) {
            arguments.put("enable_thinking", !effort.get().equals("none"));
            arguments.put("reasoning_effort", effort.get());
        }
        fields.object("chat_template_kwargs").ifPresent(kwargs -> kwargs.node().propertyStream()
                .forEach(p -> arguments.put(p.getKey(), Json.plain(p.getValue()))));
        return arguments;
    }

    private GenerationSpec spec(Fields fields, ServedModels.Target target, int promptTokens, OpenAiTools tools) throws Refusal {
        OpenAiSampling sampling = new OpenAiSampling(fields);
        GenerationSpec spec = new GenerationSpec(tokensMax(fields, target, promptTokens), sampling.sampling(clock.nanos()),
                sampling.stops()).withLogitBias(sampling.logitBias());
        Optional<Constraint> form = sampling.constraint();
        if (form.isPresent() && tools.constraint().isPresent()) {
            throw Refusal.field("response_format", "response_format and tool_choice both say what form the answer has; give one");
        }
        Optional<Constraint> constraint = form.or(tools::constraint);
        if (constraint.isPresent()) {
            spec = spec.withConstraint(constraint.get());
        }
        OptionalInt top = fields.integer("top_logprobs", 0, GenerationSpec.LOGPROBS_MAX);
        if (fields.flag("logprobs", false)) {
            spec = spec.withLogprobs(top.orElse(0));
        } else if (top.isPresent()) {
            throw Refusal.field("top_logprobs", "top_logprobs needs logprobs: true");
        }
        OptionalInt thinking = fields.integer("thinking_token_budget", 0, Integer.MAX_VALUE);
        return thinking.isPresent() ? spec.withReasoningTokensMax(thinking.getAsInt()) : spec;
    }

    /** What was asked for, which must fit; without that, what fits and is enough. */
    static int tokensMax(Fields fields, ServedModels.Target target, int promptTokens) throws Refusal {
        OptionalInt old = fields.integer("max_tokens", 1, Integer.MAX_VALUE);
        OptionalInt asked = fields.integer("max_completion_tokens", 1, Integer.MAX_VALUE);
        int room = target.model().info().contextTokens() - promptTokens;
        int wanted = asked.orElse(old.orElse(Math.max(1, Math.min(ANSWER_TOKENS, room))));
        target.checkFits(promptTokens, wanted);
        return wanted;
    }

    static SequenceSpec.Priority priority(Fields fields) throws Refusal {
        String tier = fields.word("service_tier", "auto", "default", "priority", "flex", "batch").orElse("auto");
        return tier.equals("flex") || tier.equals("batch") ? SequenceSpec.Priority.BATCH : SequenceSpec.Priority.INTERACTIVE;
    }

    private static void refuseAndIgnore(Fields fields) throws Refusal {
        fields.refuse("audio", "models here write text only");
        fields.refuse("functions", "it is the old form of tools");
        fields.refuse("function_call", "it is the old form of tool_choice");
        fields.refuse("web_search_options", "nothing here searches the web");
        fields.ignore("user", "the key says who calls");
        fields.ignore("metadata", "it is not kept");
        fields.ignore("store", "answers are not kept");
        fields.ignore("prediction", "what comes next is guessed without it");
        fields.ignore("prompt_cache_key", "prompts are found by their tokens");
        fields.ignore("safety_identifier", "the key says who calls");
        fields.ignore("verbosity", "models here do not know it");
        if (fields.texts("modalities", 8).stream().anyMatch(m -> !m.equals("text"))) {
            throw Refusal.field("modalities", "modalities names more than text; models here write text only");
        }
    }

    private void complete(Call call) throws Refusal, Problem, IOException {
        Fields fields = call.fields();
        ServedModels.Target target = models.find(fields.text("model"));
        Optional<String> desk = DeskChat.deskOf(fields, target);
        if (desk.isPresent()) {
            desks.orElseThrow(() -> Refusal.notFound("no desks are served here")).answer(call, fields, target.withDesk(desk.get()));
            return;
        }
        Request request = read(fields, target);
        OpenAiHead head = new OpenAiHead("chatcmpl-" + call.id().substring(4), clock.now().getEpochSecond(),
                request.asked.target().name());
        if (request.isStream) {
            stream(call, request, head);
            return;
        }
        Answering.Outcome outcome = answering.answers(call, request.asked,
                Collections.nCopies(request.count, Answering.Listener.SILENT));
        ObjectNode reply = head.object("chat.completion");
        ArrayNode choices = reply.putArray("choices");
        for (Answer each : outcome.answers()) {
            ObjectNode choice = choices.addObject();
            choice.put("index", choices.size() - 1);
            ToolCalls.Split split = ChatPieces.split(each, request.toolFormat(), request.tools);
            choice.set("message", message(split, each.reasoning()));
            choice.set("logprobs", OpenAiLogprobs.content(each.logprobs()));
            choice.put("finish_reason", finish(each.stop(), !split.calls().isEmpty()));
        }
        OpenAiUsage.put(reply, request.asked.prompt().length, outcome, request.warnings);
        call.reply(200, reply);
    }

    private static ObjectNode message(ToolCalls.Split split, String reasoning) {
        ObjectNode message = Json.object();
        message.put("role", "assistant");
        message.put("content", split.text().isEmpty() && !split.calls().isEmpty() ? null : split.text());
        message.putNull("refusal");
        if (!reasoning.isEmpty()) {
            message.put("reasoning_content", reasoning);
        }
        if (!split.calls().isEmpty()) {
            ArrayNode calls = message.putArray("tool_calls");
            split.calls().forEach(c -> calls.add(OpenAiHead.call(c)));
        }
        return message;
    }

    private void stream(Call call, Request request, OpenAiHead head) throws Problem, Refusal, IOException {
        EventStream out = call.stream();
        List<OpenAiStream> choices = IntStream.range(0, request.count).mapToObj(i -> new OpenAiStream(out, head, i)).toList();
        List<ChatPieces> pieces = choices.stream()
                .map(choice -> new ChatPieces(choice, request.toolFormat(), request.tools)).toList();
        Answering.Outcome outcome = answering.answers(call, request.asked, pieces);
        for (ChatPieces each : pieces) {
            each.finish();
        }
        for (int i = 0; i < request.count; i++) {
            Answer answer = outcome.answers().get(i);
            String finish = finish(answer.stop(), pieces.get(i).hasCalls());
            ObjectNode last = head.chunk(i, Json.object(), finish, OpenAiLogprobs.content(answer.logprobs()));
            if (i == request.count - 1) {
                last.set("longhand", ApiReply.longhand(outcome.charges(), outcome.warnings(), request.warnings));
            }
            choices.get(i).end(last);
        }
        if (request.wantsUsage) {
            ObjectNode end = head.object("chat.completion.chunk");
            end.putArray("choices");
            OpenAiUsage.put(end, request.asked.prompt().length, outcome, request.warnings);
            out.data(end);
        }
        out.word("[DONE]");
        out.end();
    }

    /** An answer that was cut may have had more calls in mind. */
    private static String finish(Answer.Stop stop, boolean hasCalls) {
        return hasCalls && stop == Answer.Stop.END ? "tool_calls" : finish(stop);
    }

    static String finish(Answer.Stop stop) {
        return switch (stop) {
            case END, CANCELLED -> "stop";
            case LENGTH, DEADLINE -> "length";
        };
    }
}
