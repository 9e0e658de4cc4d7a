package dev.longhand.server;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.desk.Ask;
import dev.longhand.desk.AskResult;
import dev.longhand.desk.AskSpec;
import dev.longhand.desk.Citation;
import dev.longhand.desk.Desk;
import dev.longhand.desk.DeskChanged;
import dev.longhand.desk.DeskMemory;
import dev.longhand.jobs.Generation;
import dev.longhand.jobs.JobContext;
import dev.longhand.jobs.JobFailed;
import dev.longhand.jobs.JobHandler;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.Cause;
import dev.longhand.ledger.MeteredModel;
import dev.longhand.ledger.Payer;
import dev.longhand.lm.Answer;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongConsumer;
import tools.jackson.databind.node.ObjectNode;

/**
 * Makes kept answers, as jobs. An answer goes on from its recorded events: with the prompt and behind the tokens that are in them.
 * What its earlier attempts used and did not live to book is booked first. Thread-safe.
 */
final class AnswerWork implements JobHandler {
    /** Runs of one answer: what fails after each event, or is killed so often, is given up. */
    static final int RUNS_MAX = 20;
    /** Sentences that have an event of their own, so that the end of an answer is one write; all are in {@code done}. */
    private static final int SENTENCES_MAX = 100;
    private static final byte[] RESULT = "{}".getBytes(StandardCharsets.UTF_8);

    private final ServedModels models;
    private final DeskAsks asks;
    private final Answering answering;
    private final Books books;
    private final AnswerLog log;
    private final Clock clock;
    private final Owner owner;

    /** Who wants to know of what becomes of answers. */
    interface Owner {
        /** Something of the answer became durable, of so many bytes. */
        void recorded(String id, long bytes);

        /** A run ended, after which so many tokens count against the key. */
        void ended(String id, Caller caller, long tokens);
    }

    AnswerWork(ServedModels models, DeskAsks asks, Answering answering, Books books, AnswerLog log, Clock clock, Owner owner) {
        this.models = models;
        this.asks = asks;
        this.answering = answering;
        this.books = books;
        this.log = log;
        this.clock = clock;
        this.owner = owner;
    }

    @Override
    public byte[] run(JobContext context, byte[] input) throws Problem {
        context.passRecorded();
        AnswerLog.Written written = log.written(context.id());
        if (written.error().isPresent()) {
            throw new JobFailed(Problem.Kind.UNAVAILABLE, written.error().get().get("message").stringValue());
        }
        if (written.result().isPresent()) {
            return RESULT;
        }
        AnswerOrder order = AnswerOrder.of(input);
        books.endLost(context.id(), context.fencingToken(), written.used());
        ServedModels.Target target = target(order, context);
        MeteredModel model = books.meter(target.model(), new Payer(order.caller().account(), Cause.of("answer")
                .withPerson(order.caller().key()).withDesk(target.desk().orElse("")).withJob(context.id(), 0,
                        context.fencingToken())));
        Ask.Begun begun = new Ask.Begun(written.tokens(), written.text());
        LongConsumer recorded = bytes -> owner.recorded(context.id(), bytes);
        AnswerKeeper keeper = new AnswerKeeper(context, model, clock, begun, order.tokensMax(), recorded);
        Run run = new Run(context, order, target, model, written, begun, keeper, answering.timed(keeper));
        try {
            keeper.end(order.ask().isPresent() ? desk(run) : chat(run));
        } catch (AnswerKeeper.NotKept e) {
            throw e.problem();
        } catch (Problem e) {
            context.stopIfAsked();
            failed(run, e, e instanceof DeskChanged ? Refusal.of(409, "desk_changed", e.getMessage()) : Refusal.of(e));
        } catch (Refusal e) {
            failed(run, new Problem(Problem.Kind.BUSY, e.getMessage(), e), e);
        } finally {
            owner.ended(context.id(), order.caller(), model.charges().meters().tokensIn() + model.charges().meters().tokensOut());
        }
        return RESULT;
    }

    /** One run of an answer. */
    private record Run(JobContext context, AnswerOrder order, ServedModels.Target target, MeteredModel model,
            AnswerLog.Written written, Ask.Begun begun, AnswerKeeper keeper, TimedSink sink) {}

    private ServedModels.Target target(AnswerOrder order, JobContext context) throws Problem {
        try {
            ServedModels.Target target = models.find(Optional.of(order.model()));
            if (!target.model().info().fingerprint().equals(order.fingerprint())) {
                throw Refusal.of(409, "model_changed", ("the answer was begun with another model of the name %s; its tokens mean "
                        + "nothing to this one; ask again").formatted(order.model()));
            }
            return order.desk().isPresent() ? target.withDesk(DeskNames.stored(order.caller(), order.desk().get())) : target;
        } catch (Refusal e) {
            throw ended(context, e);
        }
    }

    /** Tells why there is no whole answer, unless trying again may help. */
    private void failed(Run run, Problem problem, Refusal refusal) throws Problem {
        boolean mayPass = switch (problem.kind()) {
            case BUSY, DISK, UNAVAILABLE, CANCELLED -> true;
            default -> false;
        };
        if (mayPass && run.context.fencingToken() < RUNS_MAX) {
            throw problem;
        }
        try {
            run.keeper.keep(error(refusal));
        } catch (AnswerKeeper.NotKept e) {
            throw e.problem();
        }
        throw new JobFailed(Problem.Kind.UNAVAILABLE, refusal.getMessage());
    }

    private static AnswerEvent error(Refusal refusal) {
        return AnswerEvent.of(AnswerEvent.ERROR, AnswerLog.error(refusal.getMessage(), refusal.code(), refusal.status()));
    }

    private JobFailed ended(JobContext context, Refusal refusal) throws Problem {
        JobContext.DoneStep step = error(refusal).step();
        context.done(List.of(step));
        owner.recorded(context.id(), step.result().length);
        return new JobFailed(Problem.Kind.UNAVAILABLE, refusal.getMessage());
    }

    private List<AnswerEvent> chat(Run run) throws Problem {
        Generation chat = run.order.chat().orElseThrow();
        SequenceSpec spec = new SequenceSpec(chat.prompt().length + chat.spec().tokensMax(), run.order.caller().team(),
                run.order.priority());
        try (Sequence sequence = run.model.open(spec)) {
            Answer answer = sequence.generate(chat.prompt(), chat.spec().withResumed(run.begun.tokens()), run.sink);
            checkWhole(run.context, answer.stop());
            answering.note(run.target, answer.usage(), run.sink);
            ObjectNode whole = Json.object();
            whole.putNull("desk");
            whole.put("model", run.order.model());
            whole.put("question", run.order.question());
            whole.put("answer", answer.text());
            if (!answer.reasoning().isEmpty()) {
                whole.put("reasoning", answer.reasoning());
            }
            whole.put("stop", answer.stop().name().toLowerCase(Locale.ROOT));
            OpenAiUsage.put(whole, chat.prompt().length, answer.usage(), ApiReply.longhand(run.model.charges(),
                    run.model.warnings(), warnings(run)));
            return List.of(AnswerEvent.of(AnswerEvent.DONE, whole));
        }
    }

    /** An answer that was cut short is none: it stops here if the job is to stop, and is tried again else. */
    private static void checkWhole(JobContext context, Answer.Stop stop) throws Problem {
        if (stop == Answer.Stop.CANCELLED) {
            context.stopIfAsked();
            throw new Problem(Problem.Kind.CANCELLED, "the answer was cut off");
        }
    }

    private static List<String> warnings(Run run) {
        List<String> warnings = new ArrayList<>(run.order.warnings());
        long runs = run.context.fencingToken();
        if (runs > 1) {
            warnings.add("the answer was made in %d runs; its cost and usage here are those of the last one".formatted(runs));
        }
        return warnings;
    }

    private List<AnswerEvent> desk(Run run) throws Problem, Refusal {
        String stored = run.target.desk().orElseThrow();
        try {
            AskResult result = asks.alone(stored, run.sink, desk -> answered(run, desk));
            checkWhole(run.context, result.stop());
            answering.note(run.target, result, run.sink);
            DeskAsks.Outcome outcome = new DeskAsks.Outcome(result, run.model.charges(), run.model.warnings());
            List<AnswerEvent> last = new ArrayList<>();
            result.sentences().stream().limit(SENTENCES_MAX)
                    .forEach(s -> last.add(AnswerEvent.of("sentence", DeskReply.sentence(s))));
            result.citations().forEach(c -> last.add(AnswerEvent.of("citation", DeskReply.citation(c))));
            last.add(AnswerEvent.of(AnswerEvent.DONE, DeskReply.whole(run.order.desk().orElseThrow(), run.target,
                    run.order.question(), outcome, warnings(run))));
            return last;
        } catch (IOException e) { // its turn had not come when it was stopped
            run.context.stopIfAsked();
            throw new Problem(Problem.Kind.CANCELLED, "waiting for the desk was ended", e);
        }
    }

    private AskResult answered(Run run, Desk desk) throws Problem {
        Optional<DeskMemory> memory = DeskMemory.of(desk, run.model);
        try {
            Ask plain = new Ask(desk, run.model).withTenant(run.order.caller().team());
            Ask ask = memory.isEmpty() ? plain : plain.withMemory(memory.get(),
                    line -> run.keeper.keep(AnswerEvent.of("reading", Json.object().put("line", line))));
            String question = run.order.question();
            AskSpec spec = run.order.ask().orElseThrow();
            Ask.Prepared prepared = run.written.prompt().isPresent() ? ask.kept(run.written.prompt().get())
                    : prepared(run, ask, question, spec);
            return ask.answer(question, prepared, spec, run.begun, run.sink);
        } finally {
            memory.ifPresent(DeskMemory::close);
        }
    }

    private static Ask.Prepared prepared(Run run, Ask ask, String question, AskSpec spec) throws Problem {
        Ask.Prepared prepared = ask.prepare(question, spec);
        Citation lead = ask.lead(question, prepared, spec);
        run.keeper.keep(new AnswerEvent(AnswerEvent.FOUND, DeskReply.found(lead, prepared, false), List.of(), Optional.empty(),
                Optional.of(ask.keep(prepared))));
        return prepared;
    }
}
