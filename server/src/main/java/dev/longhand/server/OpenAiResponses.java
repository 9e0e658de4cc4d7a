package dev.longhand.server;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.ledger.Key;
import dev.longhand.lm.Answer;
import dev.longhand.lm.Constraint;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Message;
import dev.longhand.lm.Prompting;
import dev.longhand.text.ToolFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /v1/responses}: https://platform.openai.com/docs/api-reference/responses. */
final class OpenAiResponses {
    private static final int METADATA_MAX = 16;

    private final ServedModels models;
    private final Answering answering;
    private final Clock clock;
    private final StoredResponses stored = new StoredResponses(StoredResponses.TEAM_CHARS_MAX);

    OpenAiResponses(ServedModels models, Answering answering, Clock clock) {
        this.models = models;
        this.answering = answering;
        this.clock = clock;
    }

    List<Route> routes() {
        return List.of(
                Route.of("POST", "/v1/responses", Key.Role.USER, Shape.OPENAI, this::answer),
                Route.of("GET", "/v1/responses/{id}", Key.Role.READ_ONLY, Shape.OPENAI, this::show),
                Route.of("DELETE", "/v1/responses/{id}", Key.Role.USER, Shape.OPENAI, this::delete));
    }

    /** @param conversation without instructions */
    private record Request(Asked asked, List<Message> conversation, Set<String> tools, boolean isStream, boolean isStored,
            ResponseReply reply, List<String> warnings) {}

    private Request read(Call call) throws Refusal, Problem, IOException {
        Fields fields = call.fields();
        ServedModels.Target target = models.findPlain(fields.text("model"));
        List<Message> conversation = new ArrayList<>();
        Optional<String> previous = fields.text("previous_response_id");
        if (previous.isPresent()) {
            conversation.addAll(find(call, previous.get()).conversation());
        }
        conversation.addAll(ResponseInput.of(fields));
        Optional<String> instructions = fields.text("instructions");
        List<Message> messages = new ArrayList<>(conversation);
        instructions.ifPresent(i -> messages.addFirst(Message.system(i)));
        OpenAiTools tools = OpenAiTools.ofResponses(fields);
        int[] prompt = target.model().render(messages, Prompting.PLAIN.withTools(tools.tools())
                .withTemplateArguments(templateArguments(fields)));
        GenerationSpec spec = spec(fields, target, prompt.length, tools);
        Asked asked = new Asked(target, prompt, spec, OpenAiChat.priority(fields));
        boolean isStream = fields.flag("stream", false);
        boolean isStored = fields.flag("store", true);
        ResponseReply reply = new ResponseReply(call.id().substring(4), base(call, fields, asked, isStored));
        refuseAndIgnore(fields);
        fields.done();
        return new Request(asked, conversation, ChatPieces.names(tools.tools()), isStream, isStored, reply, fields.warnings());
    }

    /** Effort is told to the template, which may know it; that it is no more than that is said. */
    private static Map<String, Object> templateArguments(Fields fields) throws Refusal {
        Optional<Fields> reasoning = fields.object("reasoning");
        if (reasoning.isEmpty()) {
            return Map.of();
        }
        Optional<String> effort = reasoning.get().word("effort", "none", "minimal", "low", "medium", "high", "xhigh");
        reasoning.get().ignore("summary", "thoughts are shown as they are");
        reasoning.get().ignore("generate_summary", "thoughts are shown as they are");
        reasoning.get().done();
        if (effort.isEmpty()) {
            return Map.of();
        }
        reasoning.get().warn("reasoning.effort goes to the model's chat template, as enable_thinking and reasoning_effort; a "
                + "template that knows neither is not changed by it");
        return Map.of("enable_thinking", !effort.get().equals("none"), "reasoning_effort", effort.get());
    }

    private GenerationSpec spec(Fields fields, ServedModels.Target target, int promptTokens, OpenAiTools tools) throws Refusal {
        int room = target.model().info().contextTokens() - promptTokens;
        OptionalInt asked = fields.integer("max_output_tokens", 1, Integer.MAX_VALUE);
        int tokensMax = asked.orElse(Math.max(1, Math.min(OpenAiChat.ANSWER_TOKENS, room)));
        target.checkFits(promptTokens, tokensMax);
        GenerationSpec spec = new GenerationSpec(tokensMax, new OpenAiSampling(fields).sampling(clock.nanos()), List.of());
        Optional<Constraint> form = format(fields);
        if (form.isPresent() && tools.constraint().isPresent()) {
            throw Refusal.field("text.format", "text.format and tool_choice both say what form the answer has; give one");
        }
        Optional<Constraint> constraint = form.or(tools::constraint);
        return constraint.isPresent() ? spec.withConstraint(constraint.get()) : spec;
    }

    private static Optional<Constraint> format(Fields fields) throws Refusal {
        Optional<Fields> text = fields.object("text");
        Optional<Fields> format = text.isPresent() ? text.get().object("format") : Optional.empty();
        text.ifPresent(t -> t.ignore("verbosity", "models here do not know it"));
        text.ifPresent(Fields::done);
        return format.isPresent() ? JsonForm.of(format.get(), true) : Optional.empty();
    }

    private static void refuseAndIgnore(Fields fields) throws Refusal {
        if (fields.flag("background", false)) {
            throw Refusal.field("background", "background is not supported: jobs do that");
        }
        if (!fields.word("truncation", "auto", "disabled").orElse("disabled").equals("disabled")) {
            throw Refusal.field("truncation", "truncation is auto; only disabled is here: nothing is cut in silence");
        }
        fields.refuse("conversation", "conversations are not kept; previous_response_id goes on");
        fields.refuse("prompt", "templates of prompts are not kept");
        fields.refuse("max_tool_calls", "tools are called by the client");
        fields.refuse("top_logprobs", "responses tell none; chat completions do");
        fields.ignore("include", "what there is comes anyway");
        fields.ignore("stream_options", "streams are not padded");
        fields.ignore("user", "the key says who calls");
        fields.ignore("safety_identifier", "the key says who calls");
        fields.ignore("prompt_cache_key", "prompts are found by their tokens");
        fields.ignore("prompt_cache_retention", "prompts are kept while there is room");
    }

    /** The response with all that is known before it is answered. */
    private ObjectNode base(Call call, Fields fields, Asked asked, boolean isStored) throws Refusal {
        ObjectNode base = Json.object().put("id", "resp_" + call.id().substring(4)).put("object", "response")
                .put("created_at", clock.now().getEpochSecond()).put("status", "in_progress").put("model", asked.target().name());
        for (String none : List.of("error", "incomplete_details", "usage")) {
            base.putNull(none);
        }
        for (String echoed : List.of("instructions", "previous_response_id", "reasoning")) {
            base.set(echoed, fields.node().get(echoed));
        }
        base.putArray("output");
        base.set("tools", fields.any("tools").orElse(Json.array()));
        JsonNode choice = fields.node().get("tool_choice");
        base.set("tool_choice", choice == null ? Json.object().put("c", "auto").get("c") : choice);
        base.put("parallel_tool_calls", fields.flag("parallel_tool_calls", true)).put("store", isStored).put("truncation",
                "disabled");
        base.put("temperature", asked.spec().sampling().temperature()).put("top_p", asked.spec().sampling().topP());
        base.put("max_output_tokens", asked.spec().tokensMax());
        JsonNode text = fields.node().get("text");
        base.set("text", text == null ? Json.object().set("format", Json.object().put("type", "text")) : text);
        base.set("metadata", metadata(fields));
        return base;
    }

    private static ObjectNode metadata(Fields fields) throws Refusal {
        Optional<Fields> metadata = fields.object("metadata");
        if (metadata.isEmpty()) {
            return Json.object();
        }
        if (metadata.get().node().size() > METADATA_MAX) {
            throw Refusal.field("metadata", "metadata has %d entries; at most %d".formatted(metadata.get().node().size(),
                    METADATA_MAX));
        }
        for (String each : metadata.get().node().propertyNames()) {
            metadata.get().neededText(each);
        }
        return metadata.get().node();
    }

    private void answer(Call call) throws Refusal, Problem, IOException {
        Request request = read(call);
        if (request.isStream) {
            stream(call, request);
            return;
        }
        Answering.Outcome outcome = answering.answer(call, request.asked, Answering.Listener.SILENT);
        Answer answer = outcome.answers().getFirst();
        ToolFormat format = request.asked.target().model().toolFormat();
        ArrayNode output = request.reply.output(ChatPieces.split(answer, format, request.tools), answer);
        call.reply(200, ended(call, request, outcome, output));
    }

    private void stream(Call call, Request request) throws Refusal, Problem, IOException {
        EventStream out = call.stream();
        ResponseStream stream = new ResponseStream(out, request.reply);
        try {
            ChatPieces pieces = new ChatPieces(stream, request.asked.target().model().toolFormat(), request.tools);
            Answering.Outcome outcome = answering.answer(call, request.asked, pieces);
            pieces.finish();
            boolean isCut = ResponseReply.isCut(outcome.answers().getFirst());
            ArrayNode output = stream.finish(isCut);
            ObjectNode whole = ended(call, request, outcome, output);
            stream.response(isCut ? "response.incomplete" : "response.completed", whole);
        } catch (Problem e) {
            if (!out.hasBegun()) {
                throw e;
            }
            ObjectNode failed = request.reply.base().deepCopy().put("status", "failed");
            failed.putObject("error").put("code", "server_error").put("message", String.valueOf(e.getMessage()));
            stream.response("response.failed", failed);
        }
        out.end();
    }

    /** The whole response, which is kept if the client did not say otherwise. */
    private ObjectNode ended(Call call, Request request, Answering.Outcome outcome, ArrayNode output) {
        Answer answer = outcome.answers().getFirst();
        ObjectNode reply = request.reply.ended(answer, output, request.asked.prompt().length,
                ApiReply.longhand(outcome.charges(), outcome.warnings(), request.warnings));
        if (request.isStored) {
            List<Message> conversation = new ArrayList<>(request.conversation);
            conversation.add(said(output));
            boolean isKept = stored.put(call.caller().team(), reply.get("id").stringValue(),
                    new StoredResponses.Stored(reply, conversation));
            reply.put("store", isKept);
        }
        return reply;
    }

    /** The turn of the conversation that an output is; its calls keep the ids that the client was told. */
    private static Message said(ArrayNode output) {
        StringBuilder text = new StringBuilder();
        List<dev.longhand.lm.ToolCall> calls = new ArrayList<>();
        for (JsonNode each : output) {
            switch (each.get("type").stringValue()) {
                case "message" -> text.append(each.get("content").get(0).get("text").stringValue());
                case "function_call" -> calls.add(new dev.longhand.lm.ToolCall(each.get("call_id").stringValue(),
                        each.get("name").stringValue(), each.get("arguments").stringValue()));
                default -> { } // thoughts are not told again
            }
        }
        return Message.assistant(text.toString(), calls);
    }

    private StoredResponses.Stored find(Call call, String id) throws Refusal {
        return stored.find(call.caller().team(), id).orElseThrow(() -> missing(id));
    }

    private static Refusal missing(String id) {
        return Refusal.notFound("no response %s is kept; the newest of a team are, until the server ends, and those with "
                + "store: false not"
                .formatted(id.substring(0, Math.min(id.length(), 100))));
    }

    private void show(Call call) throws Refusal, IOException {
        call.reply(200, find(call, call.name("id")).response());
    }

    private void delete(Call call) throws Refusal, IOException {
        if (!stored.remove(call.caller().team(), call.name("id"))) {
            throw missing(call.name("id"));
        }
        call.reply(200, Json.object().put("id", call.name("id")).put("object", "response.deleted").put("deleted", true));
    }
}
