package dev.longhand.desk;

import dev.longhand.base.Problem;
import dev.longhand.jobs.Job;
import dev.longhand.jobs.JobContext;
import dev.longhand.jobs.JobHandler;
import dev.longhand.jobs.Jobs;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.Cause;
import dev.longhand.ledger.Payer;
import dev.longhand.ledger.WorkCost;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Reading a desk as a job, with a step for each document. The desk itself is what an attempt goes on from: a document's step is
 * recorded after it is durable there, and a document that is there and unchanged is not read again; one whose attempt ended between
 * the two has no step. Processor time and bytes are booked each time documents become durable, and at the end.
 */
public final class ReadJob implements JobHandler {
    public static final String KIND = "read";

    private final Desks desks;
    private final Books books;
    private final Function<String, ReadListener> listeners;

    /** @param listeners told of the reading, by the job's id */
    public ReadJob(Desks desks, Books books, Function<String, ReadListener> listeners) {
        this.desks = desks;
        this.books = books;
        this.listeners = listeners;
    }

    /** The job of that order that has not ended, if there is one. */
    public static Optional<Job> open(Jobs jobs, ReadOrder order) throws Problem {
        return DeskJobs.open(jobs, KIND, order.bytes());
    }

    /** The job of that order that is still to begin, or to begin again: it finds what was added by now. */
    public static Optional<Job> waiting(Jobs jobs, ReadOrder order) throws Problem {
        return DeskJobs.waiting(jobs, KIND, order.bytes());
    }

    @Override
    public byte[] run(JobContext context, byte[] input) throws Problem {
        ReadOrder order = ReadOrder.of(input);
        context.passRecorded(); // the desk knows what is read
        try (Desk desk = desks.forSource(DeskSource.parse(order.root()), order.desk())) {
            Reading reading = new Reading(context, order, listeners.apply(context.id()));
            Refresh refresh = desk.refresh(reading);
            reading.book(0);
            reading.listener.refreshed(refresh);
            return "%d new, %d changed, %d unchanged, %d gone".formatted(refresh.added(), refresh.changed(), refresh.unchanged(),
                    refresh.removed()).getBytes(StandardCharsets.UTF_8);
        }
    }

    private static JobContext.DoneStep step(ReadListener.Read document) {
        return new JobContext.DoneStep("document " + DeskJobs.shown(document.path()), document.hash(),
                (document.passages() + " passages").getBytes(StandardCharsets.UTF_8));
    }

    private final class Reading implements ReadListener {
        private final JobContext context;
        private final ReadListener listener;
        private final Payer payer;
        private long cpuNanos = cpuNanos();
        private long bookings;

        Reading(JobContext context, ReadOrder order, ReadListener listener) {
            this.context = context;
            this.listener = listener;
            this.payer = new Payer(context.account().orElse(order.account()), Cause.of(KIND).withPerson(order.person())
                    .withDesk(order.desk()).withJob(context.id(), 0, context.fencingToken()));
        }

        private static long cpuNanos() {
            return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        }

        @Override
        public void published(List<Read> documents) throws Problem {
            listener.published(documents);
            book(documents.stream().mapToLong(Read::bytes).sum());
            context.done(documents.stream().map(ReadJob::step).toList());
        }

        /** Once per attempt and place in it, whatever is repeated. */
        void book(long diskBytes) throws Problem {
            long now = cpuNanos();
            long micros = Math.max(0, now - cpuNanos) / 1000;
            cpuNanos = now;
            books.book("read:%s:%d:%d".formatted(context.id(), context.fencingToken(), bookings++), payer,
                    new WorkCost(micros, diskBytes));
        }

        @Override
        public void document(String path, int count) {
            context.progress(count, 0, "documents",
                    path.length() <= DeskJobs.NAME_CHARS ? path : path.substring(0, DeskJobs.NAME_CHARS));
            listener.document(path, count);
        }

        @Override
        public void note(String line) {
            listener.note(line);
        }

        @Override
        public boolean isCancelled() {
            return context.shouldStop() || listener.isCancelled();
        }
    }
}
