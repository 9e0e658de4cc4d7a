package dev.longhand.server;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.ledger.Key;
import dev.longhand.lm.Answer;
import dev.longhand.lm.Constraint;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.LanguageModel;
import dev.longhand.lm.Prompting;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.ToolCalls;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code POST /v1/messages} and {@code /v1/messages/count_tokens}: https://docs.anthropic.com/en/api/messages. */
final class AnthropicMessages {
    /** https://platform.claude.com/docs/en/api/versioning; what the newer one leaves out stays honoured here. */
    private static final List<String> VERSIONS = List.of("2023-06-01", "2026-10-21");

    private final ServedModels models;
    private final Answering answering;
    private final Clock clock;

    AnthropicMessages(ServedModels models, Answering answering, Clock clock) {
        this.models = models;
        this.answering = answering;
        this.clock = clock;
    }

    List<Route> routes() {
        return List.of(
                Route.of("POST", "/v1/messages", Key.Role.USER, Shape.ANTHROPIC, this::answer),
                Route.of("POST", "/v1/messages/count_tokens", Key.Role.USER, Shape.ANTHROPIC, this::count));
    }

    /** What both routes read. */
    private record Prompt(ServedModels.Target target, int[] tokens, AnthropicTools tools, Thinking thinking) {}

    /** @param tokensMax of it; all that there are where the request says nothing */
    private record Thinking(Optional<Boolean> isWanted, int tokensMax) {}

    /** @param warnings of fields that were not honoured */
    private record Request(Asked asked, Set<String> tools, boolean isStream, List<String> warnings) {
        LanguageModel model() {
            return asked.target().model();
        }
    }

    /** The body, which is read before anything is refused, so that the connection can be used again. */
    private static Fields fields(Call call) throws Refusal, IOException {
        call.setHeader("request-id", call.id()); // where the vendor's clients look for it
        Fields fields = call.fields();
        String version = call.header("anthropic-version").orElse(VERSIONS.getLast());
        if (!VERSIONS.contains(version)) {
            throw Refusal.of(400, "unsupported", "anthropic-version is %s; this server speaks %s".formatted(
                    version.substring(0, Math.min(version.length(), 40)), String.join(" and ", VERSIONS)));
        }
        return fields;
    }

    private Prompt prompt(Fields fields) throws Refusal, Problem {
        ServedModels.Target target = models.findPlain(Optional.of(fields.neededText("model")));
        AnthropicTurns turns = AnthropicTurns.of(fields);
        AnthropicTools tools = AnthropicTools.of(fields);
        Thinking thinking = thinking(fields);
        Prompting prompting = Prompting.PLAIN.withTools(tools.tools());
        if (thinking.isWanted().isPresent()) {
            prompting = prompting.withTemplateArguments(Map.of("enable_thinking", thinking.isWanted().get()));
        }
        prompting = turns.isContinued() ? prompting.continued() : prompting;
        fields.any("cache_control"); // what was read is kept anyway
        return new Prompt(target, target.model().render(turns.messages(), prompting), tools, thinking);
    }

    private static Thinking thinking(Fields fields) throws Refusal {
        Optional<Fields> thinking = fields.object("thinking");
        if (thinking.isEmpty()) {
            return new Thinking(Optional.empty(), Integer.MAX_VALUE);
        }
        String type = thinking.get().word("type", "enabled", "disabled", "adaptive")
                .orElseThrow(() -> Refusal.field("thinking.type", "thinking.type is missing"));
        int budget = thinking.get().integer("budget_tokens", 1, Integer.MAX_VALUE).orElse(Integer.MAX_VALUE);
        if (type.equals("enabled") && budget == Integer.MAX_VALUE) {
            throw Refusal.field("thinking.budget_tokens", "thinking.budget_tokens is missing");
        }
        thinking.get().done();
        return type.equals("disabled") ? new Thinking(Optional.of(false), 0) : new Thinking(Optional.of(true), budget);
    }

    private Request read(Call call) throws Refusal, Problem, IOException {
        Fields fields = fields(call);
        Prompt prompt = prompt(fields);
        boolean isStream = fields.flag("stream", false);
        int tokensMax = fields.integer("max_tokens", 1, Integer.MAX_VALUE)
                .orElseThrow(() -> Refusal.field("max_tokens", "max_tokens is missing"));
        int budget = prompt.thinking.tokensMax();
        if (budget != Integer.MAX_VALUE && budget >= tokensMax) {
            throw Refusal.field("thinking.budget_tokens", "thinking.budget_tokens is %d; it must be less than max_tokens, %d"
                    .formatted(budget, tokensMax));
        }
        prompt.target.checkFits(prompt.tokens.length, tokensMax);
        GenerationSpec spec = new GenerationSpec(tokensMax, new OpenAiSampling(fields).sampling(clock.nanos()), stops(fields))
                .withReasoningTokensMax(budget);
        Optional<Constraint> constraint = constraint(fields, prompt.tools);
        spec = constraint.isPresent() ? spec.withConstraint(constraint.get()) : spec;
        fields.word("service_tier", "auto", "standard_only"); // there is one
        ignoreAndRefuse(fields);
        fields.done();
        call.header("anthropic-beta").ifPresent(b -> fields.warn("the header anthropic-beta is ignored"));
        return new Request(new Asked(prompt.target, prompt.tokens, spec, SequenceSpec.Priority.INTERACTIVE),
                ChatPieces.names(prompt.tools.tools()), isStream, fields.warnings());
    }

    private static List<String> stops(Fields fields) throws Refusal {
        List<String> stops = fields.texts("stop_sequences", GenerationSpec.STOPS_MAX);
        if (stops.stream().anyMatch(String::isEmpty)) {
            throw Refusal.field("stop_sequences", "stop_sequences has an empty text");
        }
        return stops;
    }

    /** Of {@code output_config.format}, or of a tool that must be called. */
    private static Optional<Constraint> constraint(Fields fields, AnthropicTools tools) throws Refusal {
        Optional<Fields> config = fields.object("output_config");
        Optional<Fields> format = config.isPresent() ? config.get().object("format") : Optional.empty();
        config.ifPresent(c -> c.ignore("effort", "thinking.budget_tokens bounds how long a model thinks"));
        config.ifPresent(Fields::done);
        if (format.isEmpty()) {
            return tools.constraint();
        }
        if (tools.constraint().isPresent()) {
            throw Refusal.field("output_config.format", "output_config.format and tool_choice both say what form the answer "
                    + "has; give one");
        }
        format.get().word("type", "json_schema");
        Constraint form = JsonForm.schema(format.get());
        format.get().done();
        return Optional.of(form);
    }

    private static void ignoreAndRefuse(Fields fields) throws Refusal {
        fields.ignore("metadata", "the key says who calls");
        fields.refuse("mcp_servers", "nothing here calls other servers");
        fields.refuse("container", "nothing here runs code");
        fields.ignore("context_management", "a conversation is never cut");
        fields.ignore("inference_geo", "the model runs here");
    }

    private void count(Call call) throws Refusal, Problem, IOException {
        Fields fields = fields(call);
        Prompt prompt = prompt(fields);
        fields.done();
        ObjectNode reply = Json.object().put("input_tokens", prompt.tokens.length);
        if (!fields.warnings().isEmpty()) {
            ArrayNode warnings = reply.putObject("longhand").putArray("warnings");
            fields.warnings().forEach(warnings::add);
        }
        call.reply(200, reply);
    }

    private void answer(Call call) throws Refusal, Problem, IOException {
        Request request = read(call);
        AnthropicReply reply = new AnthropicReply("msg_" + call.id().substring(4), request.asked.target().name(),
                request.asked.prompt().length);
        if (request.isStream) {
            stream(call, request, reply);
            return;
        }
        Answering.Outcome outcome = answering.answer(call, request.asked, Answering.Listener.SILENT);
        Answer answer = outcome.answers().getFirst();
        ToolCalls.Split split = ChatPieces.split(answer, request.model().toolFormat(), request.tools);
        ObjectNode message = reply.message();
        AnthropicReply.content((ArrayNode) message.get("content"), split, answer.reasoning());
        AnthropicReply.putStop(message, answer, !split.calls().isEmpty());
        message.set("usage", reply.usage(answer.usage()));
        message.set("longhand", ApiReply.longhand(outcome.charges(), outcome.warnings(), request.warnings));
        call.reply(200, message);
    }

    private void stream(Call call, Request request, AnthropicReply reply) throws Problem, Refusal, IOException {
        EventStream out = call.stream();
        AnthropicStream stream = new AnthropicStream(out, reply);
        try {
            ChatPieces pieces = new ChatPieces(stream, request.model().toolFormat(), request.tools);
            Answering.Outcome outcome = answering.answer(call, request.asked, pieces);
            pieces.finish();
            end(request, reply, stream, outcome, pieces.hasCalls());
        } catch (Problem e) {
            if (!out.hasBegun()) {
                throw e;
            }
            stream.send(Shape.ANTHROPIC.error(Refusal.of(e), call.id()));
        }
        out.end();
    }

    private static void end(Request request, AnthropicReply reply, AnthropicStream stream, Answering.Outcome outcome,
            boolean hasCalls) throws Problem, IOException {
        Answer answer = outcome.answers().getFirst();
        stream.end();
        ObjectNode delta = AnthropicStream.event("message_delta");
        AnthropicReply.putStop(delta.putObject("delta"), answer, hasCalls);
        delta.set("usage", reply.usage(answer.usage()));
        delta.set("longhand", ApiReply.longhand(outcome.charges(), outcome.warnings(), request.warnings));
        stream.send(delta);
        stream.send(AnthropicStream.event("message_stop"));
    }
}
