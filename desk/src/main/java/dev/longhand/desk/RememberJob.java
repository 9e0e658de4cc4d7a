package dev.longhand.desk;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.base.Units;
import dev.longhand.jobs.GenerateJob;
import dev.longhand.jobs.Job;
import dev.longhand.jobs.JobContext;
import dev.longhand.jobs.JobFailed;
import dev.longhand.jobs.JobHandler;
import dev.longhand.jobs.Jobs;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.Cause;
import dev.longhand.ledger.Payer;
import dev.longhand.lm.DocumentMemory;
import dev.longhand.lm.LanguageModel;
import dev.longhand.lm.SegmentRef;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Reading a desk's documents into a model's memory as a job, with a step for each part. A part's step is recorded after its
 * segment is durable, and what is there is not read again, whoever read it; so an attempt goes on where the last one ended, and
 * one that ended between the two has no step for that part.
 */
public final class RememberJob implements JobHandler {
    public static final String KIND = "remember";

    private final Desks desks;
    private final GenerateJob.Models models;
    private final Books books;
    private final Forgetting forgetting;
    private final Function<String, RememberListener> listeners;
    private final Clock clock;
    private final Terms terms;

    /** What holds for a reading beside its order. */
    public interface Terms {
        /** For no tenant, within what the order says. */
        Terms PLAIN = new Terms() {};

        /** Whose memory of prompts is used, and grows; what is kept of documents is the same for all. */
        default String tenant(RememberOrder order) {
            return "";
        }

        /** Bytes of disk that the desk's memory may take now. */
        default long bytesMax(RememberOrder order) throws Problem {
            return order.bytesMax();
        }
    }

    /** Removes segments. */
    @FunctionalInterface
    public interface Forgetting {
        /** Removes all segments in {@code folder} but the {@code wanted} ones; how many it were. */
        int forget(Path folder, Set<String> wanted) throws Problem;
    }

    /** @param listeners told of the reading, by the job's id */
    public RememberJob(Desks desks, GenerateJob.Models models, Books books, Forgetting forgetting,
            Function<String, RememberListener> listeners, Clock clock) {
        this(desks, models, books, forgetting, listeners, clock, Terms.PLAIN);
    }

    /** As above, on other terms. */
    public RememberJob(Desks desks, GenerateJob.Models models, Books books, Forgetting forgetting,
            Function<String, RememberListener> listeners, Clock clock, Terms terms) {
        this.desks = desks;
        this.models = models;
        this.books = books;
        this.forgetting = forgetting;
        this.listeners = listeners;
        this.clock = clock;
        this.terms = terms;
    }

    /** The job of that order that has not ended, if there is one. */
    public static Optional<Job> open(Jobs jobs, RememberOrder order) throws Problem {
        return DeskJobs.open(jobs, KIND, order.bytes());
    }

    /** The job of that order that is still to begin, or to begin again: it finds what was added by now. */
    public static Optional<Job> waiting(Jobs jobs, RememberOrder order) throws Problem {
        return DeskJobs.waiting(jobs, KIND, order.bytes());
    }

    @Override
    public byte[] run(JobContext context, byte[] input) throws Problem {
        RememberOrder order = RememberOrder.of(input);
        context.passRecorded(); // the memory knows what is there
        books.endLost(context.id(), context.fencingToken(), Map.of());
        LanguageModel model = models.model(order.model());
        if (!model.info().fingerprint().equals(order.fingerprint())) {
            throw new JobFailed(Problem.Kind.UNSUPPORTED,
                    ("job %s is for another model of the name %s; put the old one back, or cancel "
                    + "the job and run desk add again").formatted(context.id(), order.model()));
        }
        Payer payer = new Payer(context.account().orElse(order.account()), Cause.of("read").withPerson(order.person())
                .withDesk(order.desk()).withJob(context.id(), 0, context.fencingToken()));
        try (Desk desk = desks.forSource(DeskSource.parse(order.root()), order.desk());
                DeskMemory memory = DeskMemory.open(desk, books.meter(model, payer), new PartPlan(order.partTokens()),
                        terms.bytesMax(order))) {
            return new Reading(context, desk, memory, terms.tenant(order), listeners.apply(context.id())).run()
                    .getBytes(StandardCharsets.UTF_8);
        }
    }

    /** One attempt. */
    private final class Reading implements Sink {
        private final JobContext context;
        private final Desk desk;
        private final DeskMemory memory;
        private final String tenant;
        private final RememberListener listener;
        private long startNanos;
        private int documents;
        private int documentsAll;
        private long tokens;
        private long tokensAll;
        private long tokensRead;
        private long tokensInPart;
        private long bytes;

        Reading(JobContext context, Desk desk, DeskMemory memory, String tenant, RememberListener listener) {
            this.context = context;
            this.desk = desk;
            this.memory = memory;
            this.tenant = tenant;
            this.listener = listener;
        }

        String run() throws Problem {
            List<String> paths = desk.paths();
            documentsAll = paths.size();
            for (String path : paths) {
                look(path);
            }
            startNanos = clock.nanos();
            for (String path : paths) {
                for (Part part : memory.parts(path)) {
                    remember(part);
                }
                documents++;
                tell();
            }
            memory.publish();
            int forgotten = forgetting.forget(memory.folder(), memory.wanted());
            listener.remembered(progress(), forgotten);
            return "%s documents, %s tokens, of which %s read now, %s written".formatted(Units.count(documentsAll),
                    Units.count(tokensAll), Units.count(tokensRead), Units.bytes(bytes));
        }

        /** Counts what is to be read. */
        private void look(String path) throws Problem {
            checkCancelled();
            for (Part part : memory.parts(path)) {
                if (memory.fits(part)) {
                    tokensAll += part.tokens().count();
                } else {
                    listener.note("%s has %s tokens, more than the model reads as one; it is not remembered".formatted(part.place(),
                            Units.count(part.tokens().count())));
                }
            }
        }

        private void remember(Part part) throws Problem {
            checkCancelled();
            if (!memory.fits(part)) {
                return;
            }
            if (memory.find(part).isEmpty()) {
                read(part);
            } else {
                memory.found(part);
            }
            tokens += part.tokens().count();
        }

        private void read(Part part) throws Problem {
            DocumentMemory.Reading reading;
            try {
                reading = memory.read(part, tenant, SequenceSpec.Priority.BATCH, this);
            } catch (Problem e) {
                if (e.kind() == Problem.Kind.LIMIT) {
                    throw new JobFailed(e.kind(), "%s; %s".formatted(e.getMessage(), stays()));
                }
                throw e.kind() == Problem.Kind.CANCELLED ? stopped() : e;
            }
            tokensInPart = 0;
            tokensRead += part.tokens().count();
            bytes += reading.bytes();
            context.done(List.of(step(part, reading.segment(), reading.bytes())));
        }

        private void checkCancelled() throws Problem {
            if (isCancelled() || Thread.currentThread().isInterrupted()) {
                throw stopped();
            }
        }

        private Problem stopped() {
            return new Problem(Problem.Kind.CANCELLED, "reading was stopped: %s, and the same command goes on from there".formatted(
                    stays()));
        }

        private String stays() {
            return "%s of %s documents and %s of %s tokens are read and stay".formatted(Units.count(documents),
                    Units.count(documentsAll), Units.count(tokens), Units.count(tokensAll));
        }

        @Override
        public void text(String piece) {}

        @Override
        public void reading(int done, int total) {
            tokensInPart = done;
            tell();
        }

        @Override
        public boolean isCancelled() {
            return context.shouldStop() || listener.isCancelled();
        }

        private RememberListener.Progress progress() {
            long now = tokensRead + tokensInPart;
            double seconds = clock.secondsSince(startNanos);
            double perSecond = now == 0 || seconds <= 0 ? 0 : now / seconds;
            long left = tokensAll - tokens - tokensInPart;
            return new RememberListener.Progress(documents, documentsAll, tokens + tokensInPart, tokensAll, tokensRead, perSecond,
                    perSecond > 0 ? left / perSecond : 0, bytes);
        }

        private void tell() {
            RememberListener.Progress progress = progress();
            context.progress(progress.tokens(), tokensAll, "tokens", progress.line());
            listener.progress(progress);
        }
    }

    private static JobContext.DoneStep step(Part part, SegmentRef segment, long bytes) {
        return new JobContext.DoneStep("part " + DeskJobs.shown(part.path()) + "/" + part.index(), Sha256.of(segment.id()),
                "%s %d tokens %d bytes".formatted(segment.id(), part.tokens().count(), bytes).getBytes(StandardCharsets.UTF_8));
    }
}
