package dev.longhand.server;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.ledger.Key;
import dev.longhand.ledger.MeteredModel;
import dev.longhand.lm.Answer;
import dev.longhand.lm.Constraint;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.lm.TokenLogprob;
import dev.longhand.lm.Usage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code POST /v1/completions}: plain text goes on; https://platform.openai.com/docs/api-reference/completions. */
final class OpenAiCompletions {
    /** Prompts times answers of one request. */
    static final int CHOICES_MAX = 128;
    static final int LOGPROBS_MAX = 5;
    /** Where a request does not say, as OpenAI has it. */
    private static final int ANSWER_TOKENS = 16;

    private final ServedModels models;
    private final Answering answering;
    private final Clock clock;

    OpenAiCompletions(ServedModels models, Answering answering, Clock clock) {
        this.models = models;
        this.answering = answering;
        this.clock = clock;
    }

    List<Route> routes() {
        return List.of(Route.of("POST", "/v1/completions", Key.Role.USER, Shape.OPENAI, this::complete));
    }

    /** How the answer is written. */
    private record Form(boolean hasEcho, OptionalInt logprobs, boolean isStream, boolean wantsUsage) {}

    /** @param warnings of fields that were not honoured */
    private record Request(ServedModels.Target target, List<OpenAiTexts.Text> prompts, Completing completing, Form form,
            List<String> warnings) {
        int promptTokens() {
            return prompts.stream().mapToInt(p -> p.tokens().length).sum();
        }
    }

    private Request read(Call call) throws Refusal, IOException {
        Fields fields = call.fields();
        ServedModels.Target target = models.findPlain(fields.text("model"));
        OpenAiTexts texts = new OpenAiTexts(fields, target.model());
        List<OpenAiTexts.Text> prompts = texts.of("prompt", CHOICES_MAX);
        Form form = form(fields);
        int tokensMax = fields.integer("max_tokens", 0, Integer.MAX_VALUE).orElse(ANSWER_TOKENS);
        if (tokensMax == 0 && !form.hasEcho) {
            throw Refusal.field("max_tokens", "max_tokens is 0 without echo, so nothing would come back");
        }
        for (OpenAiTexts.Text each : prompts) {
            target.checkFits(each.tokens().length, tokensMax);
        }
        SequenceSpec owner = new SequenceSpec(1, call.caller().team(), OpenAiChat.priority(fields));
        Completing completing = new Completing(tokensMax, spec(fields, texts, tokensMax, form), count(fields, prompts.size()),
                form.hasEcho ? form.logprobs : OptionalInt.empty(), owner);
        fields.refuse("suffix", "models here write on, they do not fill in");
        fields.ignore("user", "the key says who calls");
        fields.done();
        return new Request(target, prompts, completing, form, fields.warnings());
    }

    private static Form form(Fields fields) throws Refusal {
        boolean wantsUsage = OpenAiStream.wantsUsage(fields);
        return new Form(fields.flag("echo", false), fields.integer("logprobs", 0, LOGPROBS_MAX), fields.flag("stream", false),
                wantsUsage);
    }

    private GenerationSpec spec(Fields fields, OpenAiTexts texts, int tokensMax, Form form) throws Refusal {
        OpenAiSampling sampling = new OpenAiSampling(fields);
        Map<Integer, Float> biases = sampling.logitBias();
        texts.bytes("logit_bias", biases.keySet().stream().mapToInt(i -> i).toArray()); // that there are such tokens
        GenerationSpec spec = new GenerationSpec(Math.max(1, tokensMax), sampling.sampling(clock.nanos()), sampling.stops())
                .withLogitBias(biases);
        Optional<Constraint> constraint = sampling.constraint();
        if (constraint.isPresent()) {
            spec = spec.withConstraint(constraint.get());
        }
        return form.logprobs.isPresent() ? spec.withLogprobs(form.logprobs.getAsInt()) : spec;
    }

    private static int count(Fields fields, int prompts) throws Refusal {
        int count = fields.integer("n", 1, OpenAiChat.COUNT_MAX).orElse(1);
        int best = fields.integer("best_of", 1, Integer.MAX_VALUE).orElse(count);
        if (best != count) {
            throw Refusal.field("best_of", ("best_of is %d and n is %d; answers that are thrown away are not made here: set n, or "
                    + "leave best_of out").formatted(best, count));
        }
        if (count * prompts > CHOICES_MAX) {
            throw Refusal.field("n", "%d prompts with %d answers each; at most %d answers".formatted(prompts, count, CHOICES_MAX));
        }
        return count;
    }

    private void complete(Call call) throws Refusal, Problem, IOException {
        Request request = read(call);
        OpenAiHead head = new OpenAiHead("cmpl-" + call.id().substring(4), clock.now().getEpochSecond(),
                request.target.name());
        MeteredModel model = answering.metered(call, request.target, "answer");
        if (request.form.isStream) {
            stream(call, request, model, head);
            return;
        }
        List<Callable<Completing.Done>> parts = new ArrayList<>();
        request.prompts.forEach(text -> parts.add(() -> one(request, model, text,
                Collections.nCopies(request.completing.count(), Sink.SILENT))));
        List<Completing.Done> all = Together.all(call, parts);
        ObjectNode reply = head.object("text_completion");
        ArrayNode choices = reply.putArray("choices");
        for (Completing.Done each : all) {
            for (Answer answer : each.answers()) {
                choices.add(choice(choices.size(), each, answer, request.form));
            }
        }
        putUsage(reply, request, all, model);
        call.reply(200, reply);
    }

    /** @param told one for each answer; several are told from threads of their own */
    private Completing.Done one(Request request, MeteredModel model, OpenAiTexts.Text text, List<Sink> told) throws Problem {
        List<TimedSink> sinks = told.stream().map(answering::timed).toList();
        Completing.Done done = request.completing.one(model, text, sinks);
        for (int i = 0; i < sinks.size() && request.completing.tokensMax() > 0; i++) {
            answering.note(request.target, done.answers().get(i).usage(), sinks.get(i));
        }
        return done;
    }

    private static ObjectNode choice(int index, Completing.Done done, Answer answer, Form form) {
        ObjectNode choice = choice(index, (form.hasEcho ? done.text().text() : "") + answer.text());
        form.logprobs.ifPresent(top ->
                choice.set("logprobs", new CompletionLogprobs(top).add(done.scores()).add(answer.logprobs()).node()));
        if (!answer.reasoning().isEmpty()) {
            choice.put("reasoning_content", answer.reasoning());
        }
        choice.put("finish_reason", OpenAiChat.finish(answer.stop()));
        return choice;
    }

    private static ObjectNode choice(int index, String text) {
        ObjectNode choice = Json.object();
        choice.put("text", text);
        choice.put("index", index);
        choice.putNull("logprobs");
        choice.putNull("finish_reason");
        return choice;
    }

    private static void putUsage(ObjectNode reply, Request request, List<Completing.Done> all, MeteredModel model) {
        OpenAiUsage.put(reply, request.promptTokens(), all.stream().map(Completing.Done::usage).reduce(Usage.NONE, Usage::plus),
                ApiReply.longhand(model.charges(), model.warnings(), request.warnings));
    }

    /** One prompt after the other; its answers together. */
    private void stream(Call call, Request request, MeteredModel model, OpenAiHead head) throws Problem, IOException {
        List<Completing.Done> all = new ArrayList<>();
        EventStream out = call.stream();
        try {
            for (OpenAiTexts.Text prompt : request.prompts) {
                int count = request.completing.count();
                int first = all.size() * count;
                List<Streaming> choices = IntStream.range(first, first + count).mapToObj(i -> new Streaming(out, head, i,
                        request.form.hasEcho ? prompt.text() : "")).toList();
                Completing.Done done = one(request, model, prompt, choices.stream().map(c -> answering.watching(call, c))
                        .toList());
                if (done.answers().stream().anyMatch(a -> a.stop() == Answer.Stop.CANCELLED) && call.isGone()) {
                    throw new IOException("the client left");
                }
                for (int i = 0; i < count; i++) {
                    choices.get(i).end(done.scores(), done.answers().get(i), request.form.logprobs);
                }
                all.add(done);
            }
            if (request.form.wantsUsage) {
                ObjectNode end = head.object("text_completion");
                end.putArray("choices");
                putUsage(end, request, all, model);
                out.data(end);
            }
            out.word("[DONE]");
            out.end();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** Writes pieces of one choice as they come. */
    private static final class Streaming implements Answering.Listener {
        private final EventStream out;
        private final OpenAiHead head;
        private final int index;
        private String echo; // until it is written

        Streaming(EventStream out, OpenAiHead head, int index, String echo) {
            this.out = out;
            this.head = head;
            this.index = index;
            this.echo = echo;
        }

        private void write(ObjectNode choice) throws IOException {
            ObjectNode chunk = head.object("text_completion");
            chunk.putArray("choices").add(choice);
            out.data(chunk);
        }

        private void writeEcho() throws IOException {
            String text = echo;
            echo = "";
            if (!text.isEmpty()) {
                write(choice(index, text));
            }
        }

        @Override
        public void text(String piece) throws IOException {
            writeEcho();
            write(choice(index, piece));
        }

        @Override
        public void reasoning(String piece) throws IOException {
            writeEcho();
            write(choice(index, "").put("reasoning_content", piece));
        }

        @Override
        public void idle() throws IOException {
            out.ping();
        }

        /** The last event of a choice, with the log-probabilities of all its tokens. */
        void end(List<TokenLogprob> scores, Answer answer, OptionalInt logprobs) throws IOException {
            writeEcho();
            ObjectNode last = choice(index, "");
            logprobs.ifPresent(top ->
                    last.set("logprobs", new CompletionLogprobs(top).add(scores).add(answer.logprobs()).node()));
            last.put("finish_reason", OpenAiChat.finish(answer.stop()));
            write(last);
        }
    }
}
