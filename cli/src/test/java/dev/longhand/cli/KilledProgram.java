package dev.longhand.cli;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.desk.Desks;
import dev.longhand.desk.ReadJob;
import dev.longhand.desk.ReadListener;
import dev.longhand.desk.ReadOrder;
import dev.longhand.engine.EngineOptions;
import dev.longhand.engine.LocalModel;
import dev.longhand.jobs.GenerateJob;
import dev.longhand.jobs.Generation;
import dev.longhand.jobs.Job;
import dev.longhand.jobs.JobContext;
import dev.longhand.jobs.JobSpec;
import dev.longhand.jobs.Jobs;
import dev.longhand.jobs.Runner;
import dev.longhand.jobs.RunnerName;
import dev.longhand.jobs.RunnerSetting;
import dev.longhand.jobs.State;
import dev.longhand.ledger.Account;
import dev.longhand.ledger.Booking;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.Cause;
import dev.longhand.ledger.Ledger;
import dev.longhand.ledger.Meters;
import dev.longhand.ledger.Unit;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.LanguageModel;
import dev.longhand.lm.Message;
import dev.longhand.lm.Sampling;
import dev.longhand.lm.Sink;
import dev.longhand.testkit.KillLoop;
import dev.longhand.upkeep.Backup;
import dev.longhand.upkeep.Watcher;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.FutureTask;

/**
 * The whole program at work, to be killed: it opens a data directory as the commands do, says that it is ready, and then answers,
 * posts, and either reads and backs up or runs jobs of steps, all at once on threads of their own, saying each thing that it has
 * promised.
 *
 * <p>Arguments: the folder of all, the model's file, how it behaves, the round. The data directory is {@code LONGHAND_HOME}.
 */
final class KilledProgram {
    static final String DESK = "papers";
    static final String MODEL = "smollm2";
    static final String PAYER = "person:poster";
    static final String CHAIN_PAYER = "person:chain";
    static final String PAID = "machine:posted";
    static final String CHAIN = "chain";
    static final int LINKS = 40;
    static final int POSTERS = 2;
    static final int LANES = 2;
    /** How many of the round before each poster asks for again. */
    static final int REPEATED = 40;
    private static final String FINGERPRINT = "of the test's model";
    private static final int BACKUPS_A_ROUND = 2;
    private static final long PACE_NANOS = 8_000_000;
    private static final List<String> QUESTIONS = List.of("Write a long story about a lighthouse keeper and a storm.",
            "Explain in detail how bread is made, step by step.", "Describe a journey by train through the mountains.",
            "Tell me everything that you know about bees and honey.");
    private static final List<Integer> TOKENS = List.of(160, 180, 200, 220);

    /** How it behaves. */
    enum Manner {
        HONEST,
        /** Says a posting before it is booked; does nothing else. */
        POSTS_TOO_EARLY,
        /** Says a document before it is published; does nothing else. */
        READS_TOO_EARLY,
        /** Ends what is begun, and itself. */
        LAST
    }

    private final Path work;
    private final Manner manner;
    private final int round;
    private final World world = World.ofProcess();
    private final Papers papers;
    private final Books books;
    private final Jobs jobs;
    private final Runner runner;
    private final FutureTask<LocalModel> model;

    private KilledProgram(Path work, Path model, Manner manner, int round) throws IOException, Problem {
        this.work = work;
        this.manner = manner;
        this.round = round;
        this.papers = Papers.in(work);
        OpenBooks open = OpenBooks.start(world, Config.read(world));
        this.books = open.books();
        this.jobs = open.jobs();
        jobs.letGoOfTheDead();
        this.model = new FutureTask<>(() -> open(model));
        GenerateJob generate = new GenerateJob(name -> model(), books, id -> Sink.SILENT);
        ReadJob read = new ReadJob(new Desks(world.home(), Disk.REAL, Clock.SYSTEM), books, id -> new Reading());
        this.runner = new Runner(jobs, Map.of(GenerateJob.KIND, generate, ReadJob.KIND, read, CHAIN, this::chain),
                RunnerSetting.of(RunnerName.own(), 1, round), Clock.SYSTEM);
    }

    static LocalModel open(Path file) throws Problem {
        return LocalModel.open(file, MODEL, FINGERPRINT, EngineOptions.DEFAULT, Clock.SYSTEM);
    }

    /** One of the answers that are asked for again and again; the job of a lane and a number always has the same one. */
    static Generation question(LanguageModel model, int which) throws Problem {
        int[] prompt = model.render(List.of(Message.user(QUESTIONS.get(which))));
        Sampling sampling = new Sampling(0.8f, 40, 0.95f, 0.02f, 1.1f, 64, 11 + which);
        return new Generation(MODEL, FINGERPRINT, "person:asker", "asker", "", prompt,
                new GenerationSpec(TOKENS.get(which), sampling, List.of()));
    }

    static int questions() {
        return QUESTIONS.size();
    }

    static String answerId(int lane, int number) {
        return "answer-" + lane + "-" + number;
    }

    /** Which question the job of that id asks. */
    static int questionOf(String answerId) {
        String[] parts = answerId.split("-");
        return (Integer.parseInt(parts[1]) + LANES * Integer.parseInt(parts[2])) % questions();
    }

    private LocalModel model() throws Problem {
        try {
            model.run(); // the first who comes loads it, the others wait
            return model.get();
        } catch (Exception e) {
            throw new Problem(Problem.Kind.UNAVAILABLE, "the model was not loaded: " + e, e);
        }
    }

    public static void main(String[] args) throws Exception {
        KilledProgram program = new KilledProgram(Path.of(args[0]), Path.of(args[1]), Manner.valueOf(args[2]),
                Integer.parseInt(args[3]));
        KillLoop.say(KillLoop.READY);
        List<Thread> threads = new ArrayList<>();
        for (Work each : program.works()) {
            threads.add(Thread.ofPlatform().start(() -> program.run(each)));
        }
        for (Thread each : threads) {
            each.join();
        }
        if (program.manner == Manner.LAST) {
            program.runner.close();
            program.books.close();
            program.model().close();
        }
    }

    private interface Work {
        void run() throws Exception;
    }

    private void run(Work work) {
        try {
            work.run();
        } catch (Throwable e) {
            e.printStackTrace();
            Runtime.getRuntime().halt(1);
        }
    }

    private List<Work> works() throws Problem {
        List<Work> works = new ArrayList<>();
        switch (manner) {
            case HONEST -> {
                // Half of the rounds each, so that two processors get somewhere.
                if (round % 2 == 0) {
                    works.add(this::read);
                    works.add(this::backUp);
                } else {
                    works.add(this::chains);
                }
                for (int lane = 0; lane < LANES; lane++) {
                    int own = lane;
                    works.add(() -> answer(own));
                }
                addPosters(works);
            }
            case POSTS_TOO_EARLY -> addPosters(works);
            case READS_TOO_EARLY -> works.add(this::read);
            case LAST -> works.add(this::end);
        }
        return works;
    }

    private void addPosters(List<Work> works) throws Problem {
        for (String each : List.of(PAYER, PAID)) {
            books.ledger().open(Account.of(each, Unit.EUR));
        }
        for (int poster = 0; poster < POSTERS; poster++) {
            int own = poster;
            works.add(() -> post(own));
        }
    }

    /** A reservation and its posting; what they are follows from the name. */
    record Wish(String name, int number) {
        Wish(int round, int poster, int number) {
            this(round + "-" + poster + "-" + number, number);
        }

        long reserved() {
            return 100 + number % 50;
        }

        long posted() {
            return 20 + number % 70;
        }

        String post() {
            return "post-" + name;
        }
    }

    private void post(int poster) throws Exception {
        for (int i = 0; round > 0 && i < REPEATED; i++) {
            book(books.ledger(), new Wish(round - 1, poster, i), PAYER);
        }
        for (int i = 0; ; i++) {
            book(books.ledger(), new Wish(round, poster, i), PAYER);
            pace();
        }
    }

    /** Leaves the processors to the answers for a moment. */
    private static void pace() {
        try {
            Clock.SYSTEM.sleep(PACE_NANOS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void book(Ledger ledger, Wish wish, String payer) throws Problem {
        if (manner == Manner.POSTS_TOO_EARLY) {
            KillLoop.say("posted " + wish.name);
            KillLoop.say("posted " + wish.post());
        }
        ledger.reserve(new Booking(wish.name, payer, PAID, wish.reserved(), Unit.EUR, Cause.of("answer")), Duration.ofHours(10));
        KillLoop.say("posted " + wish.name);
        ledger.post(wish.post(), wish.name, wish.posted(), Meters.tokens(wish.number, 0, 1));
        KillLoop.say("posted " + wish.post());
    }

    private void read() throws Exception {
        for (int i = 0; i < Papers.COUNT; i++) {
            if (papers.version(i) == 0) {
                papers.change(i);
            }
        }
        for (int reading = 0; ; reading++) {
            for (int i = reading % 7; i < Papers.COUNT; i += 7) {
                papers.change(i);
            }
            readOnce();
        }
    }

    /** As a question does it before it is answered. */
    private void readOnce() throws Exception {
        ReadOrder order = new ReadOrder(DESK, papers.folder().toRealPath().toString(), "person:reader", "reader");
        Optional<Job> open = ReadJob.open(jobs, order);
        String id = open.isPresent() ? open.get().id() : jobs.submit(JobSpec.of(ReadJob.KIND, order.bytes())).id();
        runner.run(id);
        mustBeDoneOrParked(id);
    }

    /** While it reads, documents change. */
    private final class Reading implements ReadListener {
        @Override
        public void document(String path, int count) {
            try {
                if (manner == Manner.READS_TOO_EARLY) {
                    int paper = Papers.number(path);
                    KillLoop.say("document " + path + " " + Papers.hash(paper, papers.version(paper)).hex());
                }
                if (count % 5 == 0 && manner != Manner.LAST) {
                    papers.change((Papers.number(path) + count) % Papers.COUNT);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void published(List<Read> documents) {
            documents.forEach(each -> KillLoop.say("document " + each.path() + " " + each.hash().hex()));
        }
    }

    private void answer(int lane) throws Problem {
        for (int number = 0; ; number++) {
            String id = answerId(lane, number);
            finish(jobs.submit(JobSpec.of(GenerateJob.KIND, question(model(), questionOf(id)).bytes()).withId(id)));
        }
    }

    private void chains() throws Problem {
        books.ledger().open(Account.of(CHAIN_PAYER, Unit.EUR));
        books.ledger().open(Account.of(PAID, Unit.EUR));
        for (int number = 0; ; number++) {
            finish(jobs.submit(JobSpec.of(CHAIN, new byte[0]).withId(CHAIN + "-" + number)));
        }
    }

    /** Runs a job to its end, also one that was interrupted so often that it was parked. */
    private void finish(Job job) throws Problem {
        boolean wasDone = job.state() == State.DONE;
        for (Job now = job; now.state() != State.DONE; now = mustBeDoneOrParked(job.id())) {
            if (now.state() == State.FAILED) {
                jobs.resume(job.id(), 0);
                KillLoop.say("parked " + job.id());
            }
            runner.run(job.id());
        }
        if (!wasDone) {
            KillLoop.say("done " + job.id());
        }
    }

    private Job mustBeDoneOrParked(String id) throws Problem {
        Job now = jobs.job(id);
        boolean isParked = now.state() == State.FAILED && now.status().failure().startsWith("parked after")
                && now.status().failure().contains("did not come back");
        if (now.state() != State.DONE && !isParked) {
            throw new IllegalStateException("job " + id + " is " + now.state() + ": " + now.status().failure());
        }
        return now;
    }

    /** What a link of a chain gives. */
    static byte[] link(String job, int number) {
        return (job + " link " + number).getBytes(StandardCharsets.UTF_8);
    }

    static Wish linkWish(String job, int number) {
        return new Wish(job + "-link-" + number, number);
    }

    private byte[] chain(JobContext context, byte[] input) throws Problem {
        for (int i = 0; i < LINKS; i++) {
            int number = i;
            byte[] expected = link(context.id(), i);
            byte[] result = context.step("link " + i, Sha256.of(expected), step -> {
                book(books.ledger(), linkWish(context.id(), number), CHAIN_PAYER);
                return expected;
            });
            if (!new String(result, StandardCharsets.UTF_8).equals(new String(expected, StandardCharsets.UTF_8))) {
                throw new IllegalStateException("step " + i + " of " + context.id() + " came back as another");
            }
            KillLoop.say("step " + context.id() + " " + i);
            pace();
        }
        return input;
    }

    private void backUp() throws Problem {
        for (int i = 0; i < BACKUPS_A_ROUND; i++) {
            String name = "backup-" + round + "-" + i;
            KillLoop.say("begin " + name);
            new Backup(UpkeepView.site(world), Watcher.SILENT).run(work.resolve("backups").resolve(name),
                    new Backup.Options(false, false, "a test's"));
            KillLoop.say("backup " + name);
        }
    }

    /** Ends every job that is open or parked, and reads what is left to read. */
    private void end() throws Exception {
        List<Job> open = jobs.list(EnumSet.of(State.QUEUED, State.RUNNING, State.FAILED), -1, 10_000);
        for (Job each : open) {
            if (!each.kind().equals(ReadJob.KIND)) {
                finish(each);
            }
        }
        readOnce();
        readOnce();
        KillLoop.say("ended");
    }
}
