package dev.longhand.server;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.desk.AskSpec;
import dev.longhand.jobs.Generation;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.Cause;
import dev.longhand.ledger.Payer;
import dev.longhand.lm.Constraint;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Message;
import dev.longhand.lm.Prompting;
import dev.longhand.lm.SequenceSpec;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What a request for a kept answer asks for; what can be refused is refused here, before anything is kept. Thread-safe. */
final class AnswerRequest {
    /** So that a whole answer with its sentences fits into what is recorded of a job's step. */
    static final int TOKENS_MAX = 1 << 14;

    private final ServedModels models;
    private final DeskAsks asks;
    private final Books books;
    private final Clock clock;

    AnswerRequest(ServedModels models, DeskAsks asks, Books books, Clock clock) {
        this.models = models;
        this.asks = asks;
        this.books = books;
        this.clock = clock;
    }

    /** Of what a body asks for, however its fields are ordered; whether it is streamed makes no other answer. */
    static String digest(ObjectNode body) {
        ObjectNode asked = body.deepCopy();
        asked.remove("stream");
        return Sha256.of(sorted(asked).toString()).hex();
    }

    private static JsonNode sorted(JsonNode node) {
        if (node instanceof ObjectNode object) {
            TreeMap<String, JsonNode> fields = new TreeMap<>();
            object.propertyStream().forEach(p -> fields.put(p.getKey(), sorted(p.getValue())));
            ObjectNode sorted = Json.object();
            fields.forEach(sorted::set);
            return sorted;
        }
        if (node instanceof ArrayNode array) {
            ArrayNode sorted = Json.array();
            array.forEach(each -> sorted.add(sorted(each)));
            return sorted;
        }
        return node;
    }

    /** @throws Refusal what the fields ask for cannot be done, or is too dear for who asks */
    AnswerOrder read(Caller caller, Fields fields, String digest) throws Refusal, Problem {
        ServedModels.Target target = models.find(fields.text("model"));
        Optional<String> named = DeskChat.deskOf(fields, target);
        Optional<String> desk = fields.text("desk");
        if (desk.isPresent() && named.isPresent() && !desk.equals(named)) {
            throw Refusal.field("desk", "desk is %s, and model or longhand.desk says %s; name one".formatted(
                    DeskNames.cut(desk.get()), DeskNames.cut(named.get())));
        }
        desk = desk.or(() -> named);
        fields.flag("stream", false);
        if (fields.has("question") == fields.has("messages")) {
            throw Refusal.field("question", "question and messages: give one of them");
        }
        return desk.isPresent() ? ofDesk(caller, fields, target, desk.get(), digest) : ofChat(caller, fields, target, digest);
    }

    private AnswerOrder ofDesk(Caller caller, Fields fields, ServedModels.Target target, String desk, String digest)
            throws Refusal, Problem {
        String stored = asks.find(caller, desk);
        String question = fields.has("question") ? fields.neededText("question") : DeskChat.question(fields);
        AskSpec spec = DeskQuestion.spec(fields, clock.nanos());
        checkTokens(spec.answerTokensMax());
        fields.done();
        if (question.isBlank()) {
            throw Refusal.field("question", "the question is empty");
        }
        int room = target.model().info().contextTokens() - spec.answerTokensMax();
        checkBudget(caller, target, stored, Math.max(0, Math.min(spec.promptTokensMax(), room)), spec.answerTokensMax());
        return new AnswerOrder(caller, digest, target.served().name(), target.model().info().fingerprint(), Optional.of(desk),
                question, SequenceSpec.Priority.INTERACTIVE, fields.warnings(), Optional.of(spec), Optional.empty());
    }

    private AnswerOrder ofChat(Caller caller, Fields fields, ServedModels.Target target, String digest)
            throws Refusal, Problem {
        List<Message> messages = fields.has("question") ? List.of(Message.user(fields.neededText("question")))
                : OpenAiMessages.of(fields);
        int[] prompt = target.model().render(messages, Prompting.PLAIN.withTemplateArguments(
                OpenAiChat.templateArguments(fields)));
        GenerationSpec spec = spec(fields, target, prompt.length);
        SequenceSpec.Priority priority = OpenAiChat.priority(fields);
        fields.done();
        checkBudget(caller, target, "", prompt.length, spec.tokensMax());
        Generation chat = new Generation(target.model().info().name(), target.model().info().fingerprint(), caller.account(),
                caller.key(), "", prompt, spec);
        return new AnswerOrder(caller, digest, target.served().name(), target.model().info().fingerprint(), Optional.empty(),
                messages.getLast().text(), priority, fields.warnings(), Optional.empty(), Optional.of(chat));
    }

    private GenerationSpec spec(Fields fields, ServedModels.Target target, int promptTokens) throws Refusal {
        OpenAiSampling sampling = new OpenAiSampling(fields);
        int tokens = OpenAiChat.tokensMax(fields, target, promptTokens);
        checkTokens(tokens);
        GenerationSpec spec = new GenerationSpec(tokens, sampling.sampling(clock.nanos()), sampling.stops())
                .withLogitBias(sampling.logitBias());
        Optional<Constraint> form = sampling.constraint();
        spec = form.isPresent() ? spec.withConstraint(form.get()) : spec;
        OptionalInt thinking = fields.integer("thinking_token_budget", 0, Integer.MAX_VALUE);
        spec = thinking.isPresent() ? spec.withReasoningTokensMax(thinking.getAsInt()) : spec;
        for (String each : new String[] {"tools", "functions", "function_call"}) {
            fields.refuse(each, "kept answers call no tools; /v1/chat/completions does");
        }
        for (String each : new String[] {"parts", "budget"}) {
            fields.refuse(each, "it is of a desk's answers, and no desk is named");
        }
        if (fields.flag("logprobs", false)) {
            fields.refuse("logprobs", "they are not kept; /v1/chat/completions has them");
        }
        if (fields.integer("n", 1, OpenAiChat.COUNT_MAX).orElse(1) > 1) {
            throw Refusal.field("n", "a kept answer is one answer; n must be 1");
        }
        return spec;
    }

    private static void checkTokens(int tokens) throws Refusal {
        if (tokens > TOKENS_MAX) {
            throw Refusal.field("max_tokens", "%,d tokens are asked for; a kept answer has at most %,d".formatted(tokens,
                    TOKENS_MAX));
        }
    }

    private void checkBudget(Caller caller, ServedModels.Target target, String desk, int in, int out) throws Problem {
        books.meter(target.model(), new Payer(caller.account(), Cause.of(AnswerOrder.KIND).withPerson(caller.key())
                .withDesk(desk))).checkBudget(in, out);
    }
}
