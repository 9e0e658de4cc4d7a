package dev.longhand.server;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.desk.Ask;
import dev.longhand.desk.AskResult;
import dev.longhand.desk.AskSpec;
import dev.longhand.desk.Citation;
import dev.longhand.desk.Desk;
import dev.longhand.desk.DeskMemory;
import dev.longhand.desk.DeskSource;
import dev.longhand.desk.Desks;
import dev.longhand.ledger.Charges;
import dev.longhand.ledger.MeteredModel;
import dev.longhand.lm.Answer;
import dev.longhand.lm.Sink;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Asks desks. Desks stay open between questions, at most {@link #OPEN_MAX} that nobody uses; questions to one desk come one after
 * the other, in the order in which they came, those to several desks together; at most {@link #WAITING_MAX} wait for one desk.
 * A question sees what was published before its turn. The memory of a desk is opened for each question, so that what it reads is
 * booked to who asks; its segments stay in the model. Who only looks at a desk waits for no question. Thread-safe.
 */
final class DeskAsks implements AutoCloseable {
    static final int OPEN_MAX = 32;
    static final int WAITING_MAX = 16;
    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);
    /** How long a removal waits for the questions before it. */
    static final Duration REMOVE_WAIT = Duration.ofSeconds(3);

    private static final long READING_LOOK_NANOS = 20_000_000;

    private final Desks desks;
    private final Answering answering;
    private final DeskRoom room;
    private final Clock clock;
    private final Map<String, Slot> slots = new LinkedHashMap<>(16, 0.75f, true); // with the lock

    DeskAsks(Desks desks, Answering answering, DeskRoom room, Clock clock) {
        this.desks = desks;
        this.answering = answering;
        this.room = room;
        this.clock = clock;
    }

    private static final class Slot {
        private final Turns turns = new Turns();
        private Desk desk; // of who has the turn
        private int users; // with the lock of all; those that wait too
    }

    /** Something that is done with an open desk. */
    @FunctionalInterface
    interface Work<T> {
        T on(Desk desk) throws Problem, Refusal, IOException;
    }

    /** Takes what a question brings, in its order: what was found, what has to be read first, the answer. */
    interface Told extends Answering.Listener {
        Told SILENT = piece -> {};

        /** @param lead the best passage, quoted */
        default void found(Citation lead, Ask.Prepared prepared) throws IOException {}

        /** A line for people before documents are read. */
        default void reading(String line) throws IOException {}
    }

    /** What came of a question. */
    record Outcome(AskResult result, Charges charges, List<String> overBudget) {}

    /** The stored name of a desk that is there, by the name that the caller has for it. */
    String find(Caller caller, String name) throws Refusal {
        String stored = DeskNames.stored(caller, name);
        if (!desks.has(stored) && !desks.isMade(stored)) {
            throw Refusal.notFound("there is no desk %s; POST /v1/desks makes one".formatted(DeskNames.cut(name)));
        }
        return stored;
    }

    /** Looks at the desk of that stored name, beside those that ask it. */
    <T> T look(String name, Work<T> work) throws Problem, Refusal, IOException {
        try (Desk desk = desks.openAny(name)) {
            return work.on(desk);
        }
    }

    /**
     * Does something with the desk of that stored name, alone.
     *
     * @param watch is told while it waits for its turn, and may end that
     * @throws Refusal 429 if too many wait
     */
    <T> T alone(String name, Sink watch, Work<T> work) throws Problem, Refusal, IOException {
        Slot slot = take(name, 1 + WAITING_MAX);
        try (Turns.Turn turn = slot.turns.take(() -> checkPresent(watch))) {
            catchUp(name, slot);
            return work.on(slot.desk);
        } finally {
            give(slot);
        }
    }

    private static void checkPresent(Sink watch) throws IOException {
        if (watch.isCancelled()) {
            throw new IOException("the client left");
        }
    }

    /** The desk as it is now; what was open of one that is gone, or that reads something else today, is closed. */
    private void catchUp(String name, Slot slot) throws Problem {
        DeskSource source;
        try {
            source = desks.source(name);
        } catch (Problem e) {
            close(slot);
            throw e;
        }
        if (slot.desk != null && !slot.desk.source().equals(source)) {
            close(slot);
        }
        if (slot.desk == null) {
            slot.desk = desks.openAny(name);
        } else {
            slot.desk.catchUp();
        }
    }

    /** It is still asked. */
    private static final class StillAsked extends IOException {}

    /**
     * Removes a desk once nobody asks or reads it. Its jobs are stopped only when that is known.
     *
     * @throws Refusal 409 if it is still asked after {@link #REMOVE_WAIT}
     * @throws Problem BUSY if it is still read after {@link #REMOVE_WAIT}
     */
    void remove(Call call, String name, DeskReads reads) throws Problem, Refusal, IOException {
        Slot slot = take(name, Integer.MAX_VALUE);
        Sink watch = answering.watching(call, Told.SILENT);
        long began = clock.nanos();
        try (Turns.Turn turn = slot.turns.take(() -> checkTime(watch, began))) {
            close(slot);
            removeUnasked(name, reads, watch);
        } catch (StillAsked e) {
            throw Refusal.of(409, "conflict", "the desk is asked, and was for %d s; nothing was removed; wait until it is answered"
                    .formatted(REMOVE_WAIT.toSeconds()));
        } finally {
            give(slot);
        }
    }

    private void removeUnasked(String name, DeskReads reads, Sink watch) throws Problem, IOException {
        long began = clock.nanos();
        while (true) {
            try {
                reads.requireIdle(name);
                desks.remove(name, () -> {
                    reads.requireIdle(name);
                    reads.cancel(name);
                });
                reads.cancel(name); // what a job submitted that ended just now
                return;
            } catch (Problem e) {
                if (e.kind() != Problem.Kind.BUSY || clock.nanos() - began >= REMOVE_WAIT.toNanos()) {
                    throw e;
                }
            }
            checkPresent(watch);
            pause();
        }
    }

    /** Until a job may have ended. */
    private void pause() throws IOException {
        try {
            clock.sleep(READING_LOOK_NANOS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("the server ends", e);
        }
    }

    private void checkTime(Sink watch, long began) throws IOException {
        checkPresent(watch);
        if (clock.nanos() - began >= REMOVE_WAIT.toNanos()) {
            throw new StillAsked();
        }
    }

    private synchronized Slot take(String name, int usersMax) throws Refusal {
        Slot slot = slots.computeIfAbsent(name, n -> new Slot());
        if (slot.users >= usersMax) {
            throw Refusal.tooOften("%d questions wait for this desk already; come again later".formatted(WAITING_MAX), RETRY_AFTER);
        }
        slot.users++;
        return slot;
    }

    private synchronized void give(Slot slot) {
        slot.users--;
        Iterator<Slot> oldest = slots.values().iterator();
        while (slots.size() > OPEN_MAX && oldest.hasNext()) {
            Slot each = oldest.next();
            if (each.users == 0) {
                close(each);
                oldest.remove();
            }
        }
    }

    private static void close(Slot slot) {
        if (slot.desk != null) {
            slot.desk.close();
            slot.desk = null;
        }
    }

    /** @param target with the desk's stored name */
    Outcome ask(Call call, ServedModels.Target target, String question, AskSpec spec, Told told)
            throws Problem, Refusal, IOException {
        TimedSink sink = answering.timed(answering.watching(call, told));
        try {
            return alone(target.desk().orElseThrow(), sink, desk -> ask(call, target, desk, question, spec, told, sink));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private Outcome ask(Call call, ServedModels.Target target, Desk desk, String question, AskSpec spec, Told told, TimedSink sink)
            throws Problem, IOException {
        MeteredModel model = answering.metered(call, target, "answer");
        Optional<DeskMemory> memory = DeskMemory.of(desk, model, room.memoryBytesMax(desk.name()));
        try {
            Ask plain = new Ask(desk, model).withTenant(call.caller().team());
            Ask ask = memory.isEmpty() ? plain : plain.withMemory(memory.get(), line -> tell(() -> told.reading(line)));
            Ask.Prepared prepared = ask.prepare(question, spec);
            told.found(ask.lead(question, prepared, spec), prepared);
            AskResult result = ask.answer(question, prepared, spec, sink);
            answering.note(target, result, sink);
            if (result.stop() == Answer.Stop.CANCELLED && call.isGone()) {
                throw new IOException("the client left");
            }
            return new Outcome(result, model.charges(), model.warnings());
        } finally {
            memory.ifPresent(DeskMemory::close);
        }
    }

    @FunctionalInterface
    private interface Telling {
        void run() throws IOException;
    }

    private static void tell(Telling telling) {
        try {
            telling.run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for the questions that run. */
    @Override
    public void close() {
        List<Slot> all;
        synchronized (this) {
            all = List.copyOf(slots.values());
            slots.clear();
        }
        for (Slot each : all) {
            try (Turns.Turn turn = each.turns.take(() -> { })) {
                close(each);
            }
        }
    }
}
