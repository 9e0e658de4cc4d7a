package dev.longhand.bench;

import dev.longhand.base.Check;
import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.desk.Desk;
import dev.longhand.desk.DeskMemory;
import dev.longhand.desk.PartPlan;
import dev.longhand.engine.LocalModel;
import dev.longhand.lm.LanguageModel;
import dev.longhand.lm.SegmentRef;
import dev.longhand.memory.LookupSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A desk of many real documents, from an empty folder to answers: read by the real program, which is killed again and again on the
 * way, then asked in one running process, beside what reading it again would cost.
 *
 * <p>All of it lies in one folder and stays there: a run that is stopped goes on, and one that has read the desk asks it again.
 * Used by one thread.
 */
public final class DeskBench {
    /** The desk's name. */
    public static final String DESK = "million";
    private static final int RECALL_QUESTIONS = 3;
    private static final int PLAIN_TOKENS = 4096;
    private static final int DEEP_TOKENS = 32_000;
    private static final int PLAIN_ROUNDS = 3;

    private final Clock clock;
    private final Consumer<String> progress;
    private final Path work;
    private final LookupBench.Subject subject;
    private final Plan plan;
    private final DeskCorpus corpus;
    private final Path docs;

    /**
     * How much.
     *
     * @param tokens    of all documents, about, by the model's tokenizer
     * @param kills     of the process that reads
     * @param questions half quotes, half facts
     * @param rounds    of decoding; the best counts
     */
    public record Plan(long tokens, int kills, int questions, int rounds) {
        public static final Plan MILLION = new Plan(1_000_000, 20, 20, 3);
        /** A twentieth of it. */
        public static final Plan QUICK = new Plan(50_000, 3, 4, 1);

        public Plan {
            Check.argument(tokens > 0 && kills >= 0 && questions > 0 && rounds > 0, "%d tokens, %d kills, %d questions, %d rounds",
                    tokens, kills, questions, rounds);
        }
    }

    /** The program itself. */
    @FunctionalInterface
    public interface Program {
        /** A process of it with the data directory {@link #home}; not started. */
        ProcessBuilder of(List<String> arguments);
    }

    /** Opens the desk and the model as a command does, and closes both afterwards. */
    @FunctionalInterface
    public interface Opening {
        void with(Use use) throws Problem;
    }

    /** What is done with them. */
    @FunctionalInterface
    public interface Use {
        /** @param local what is behind {@code model}, which books */
        void with(Desk desk, LanguageModel model, LocalModel local) throws Problem;
    }

    /**
     * Chooses the documents and lays them out.
     *
     * @param work   folder of this bench; made if it is not there
     * @param corpus of which documents are taken
     */
    public DeskBench(Clock clock, Consumer<String> progress, Path work, LookupBench.Subject subject, Plan plan, Corpus corpus)
            throws Problem {
        this.clock = clock;
        this.progress = progress;
        this.work = work;
        this.subject = subject;
        this.plan = plan;
        this.corpus = DeskCorpus.counting(subject.file(), count -> DeskCorpus.of(corpus, count, plan.tokens));
        Disk.REAL.createFolders(home());
        this.docs = this.corpus.corpus().writeBelow(work);
        progress.accept("%,d documents of %d packages, %,d tokens in %s".formatted(this.corpus.corpus().documents().size(),
                this.corpus.corpus().sources().size(), this.corpus.tokens(), docs));
    }

    /** Forgets what an earlier run left in {@code work}. */
    public static void forget(Path work) throws Problem {
        DeskCorpus.remove(work);
    }

    /** The data directory of the program. */
    public Path home() {
        return home(work);
    }

    /** The data directory of the program of a bench in {@code work}. */
    public static Path home(Path work) {
        return work.resolve("home");
    }

    /** What the desk is read from. */
    public Path docs() {
        return docs;
    }

    private Path deskFolder() {
        return home().resolve("desks").resolve(DESK);
    }

    // ---------------------------------------------------------------- reading

    /** Has the desk read by {@code program}, which is killed on the way, and looks at what came of it. */
    public List<Measure> read(Program program) throws Problem {
        String tier;
        try (PlainReading plain = new PlainReading(subject, clock)) {
            tier = plain.tier();
        }
        double before = plain("plain-before");
        KilledReading.Plan how = new KilledReading.Plan(plan.kills, LookupTasks.SEED, corpus.tokens(), before);
        KilledReading.Outcome read = new KilledReading(clock, progress, work, deskFolder().resolve("memory"), how).run(
                (out, err) -> program.of(List.of("desk", "add", docs.toString(), "--desk", DESK, "-m", subject.file().toString(),
                        "-t", String.valueOf(subject.threads()), "--json")).redirectOutput(out.toFile())
                        .redirectError(err.toFile()).start());
        double after = plain("plain-after");
        JsonNode added = json(read.out());
        long start = clock.nanos();
        JsonNode verified = run(program, "verified", List.of("desk", "verify", DESK, "--json"));
        double verifySeconds = clock.secondsSince(start);
        long booked = bookedTokens(run(program, "report", List.of("ledger", "report", "--by", "purpose", "--json")));
        double plain = Math.max(before, after);
        List<Measure> measures = new ArrayList<>();
        measures.add(Measure.of(subject.name() + "/desk-read", tier, read.netTokensPerSecond() / plain, "x plain prefill",
                Optional.of(Target.atLeast(0.8)), "tokens/s", read.netTokensPerSecond(), "plain tokens/s before", before,
                "plain tokens/s after", after, "tokens", read.tokens(), "tokens of the texts alone", corpus.tokens(), "documents",
                corpus.corpus().documents().size(), "packages", corpus.corpus().sources().size(), "parts", read.segments(),
                "bytes on disk", read.bytes(), "bytes per token", (double) read.bytes() / read.tokens(),
                "seconds with starts", read.grossSeconds(), "tokens/s with starts", read.tokens() / read.grossSeconds()));
        int missing = corpus.corpus().documents().size() - added.path("documents").asInt()
                + Math.abs(added.path("segments").asInt() - verified.path("segments").asInt());
        int findings = verified.path("findings").size() + verified.path("segmentFindings").size();
        measures.add(Measure.of(subject.name() + "/desk-killed", tier, read.kills(), "kills with -9",
                Optional.of(Target.atLeast(plan.kills))));
        measures.add(Measure.of(subject.name() + "/desk-lost", tier, missing + findings, "documents missing, files unsound",
                Optional.of(Target.atMost(0)), "sound segments", verified.path("segments").asInt(), "is sound",
                verified.path("isSound").asBoolean(), "seconds to verify", verifySeconds));
        measures.add(Measure.of(subject.name() + "/desk-read-again", tier, read.readAgain(), "parts that were there, read again",
                Optional.of(Target.atMost(0)), "tokens booked as read", booked, "tokens", read.tokens(),
                "tokens read twice at most (one part for each kill)", read.kills() * PartPlan.DEFAULT.tokensMax()));
        return measures;
    }

    /** Tokens per second of a plain prompt; measured once, then remembered under {@code name}. */
    private double plain(String name) throws Problem {
        Path file = work.resolve(name);
        try {
            if (!Files.exists(file)) {
                try (PlainReading plain = new PlainReading(subject, clock)) {
                    int tokens = (int) Math.min(Math.min(PLAIN_TOKENS, plan.tokens), plain.tokensMax());
                    Files.writeString(file, String.valueOf(tokens / plain.seconds(tokens, PLAIN_ROUNDS)));
                }
            }
            double perSecond = Double.parseDouble(Files.readString(file));
            progress.accept("%s: %.0f tokens/s".formatted(name, perSecond));
            return perSecond;
        } catch (IOException e) {
            throw Disk.problem("remembering in", file, e);
        }
    }

    private JsonNode run(Program program, String name, List<String> arguments) throws Problem {
        Path out = work.resolve(name + ".json");
        Path err = work.resolve(name + ".err");
        try {
            Process process = program.of(arguments).redirectOutput(out.toFile()).redirectError(err.toFile()).start();
            int exit = process.waitFor();
            if (Files.size(out) == 0) {
                throw new Problem(Problem.Kind.UNAVAILABLE, "%s ended with %d; it said: %s".formatted(String.join(" ", arguments),
                        exit, Files.readString(err)));
            }
            return json(out);
        } catch (IOException e) {
            throw Disk.problem("running a program with its output in", out, e);
        } catch (InterruptedException e) {
            throw new Problem(Problem.Kind.CANCELLED, "stopped; the same command goes on", e);
        }
    }

    private static JsonNode json(Path file) throws Problem {
        try {
            return JsonMapper.shared().readTree(Files.readString(file));
        } catch (IOException e) {
            throw Disk.problem("reading", file, e);
        } catch (JacksonException e) {
            throw new Problem(Problem.Kind.MALFORMED, "%s is no JSON: %s".formatted(file, e.getOriginalMessage()), e);
        }
    }

    private static long bookedTokens(JsonNode report) {
        long tokens = 0;
        for (JsonNode group : report.path("groups")) {
            tokens += group.path("key").asString().equals("read") ? group.path("tokensIn").asLong() : 0;
        }
        return tokens;
    }

    // ---------------------------------------------------------------- asking

    /** Asks the desk that was read, without the files in the page cache and with them. */
    public List<Measure> ask(Opening opening, String tier) throws Problem {
        List<DeskCorpus.Wanted> all = DeskCorpus.counting(subject.file(), count -> corpus.questions(plan.questions + 2, count));
        List<DeskCorpus.Wanted> warmUp = all.subList(0, 2);
        List<DeskCorpus.Wanted> questions = all.subList(2, all.size());
        DeskAsking asking = new DeskAsking(corpus, clock);
        List<Measure> measures = new ArrayList<>();
        if (PageCache.canDrop()) {
            opening.with((desk, model, local) -> {
                try (DeskMemory memory = memory(desk, model)) {
                    asking.ask(desk, model, memory, warmUp);
                    int files = PageCache.drop(deskFolder()) + PageCache.drop(docs);
                    measures.add(told(DeskAsking.measure(subject.name() + "/desk-ask-cold", tier,
                            asking.ask(desk, model, memory, questions), Optional.empty(), "files let go before", files)));
                }
            });
        }
        opening.with((desk, model, local) -> {
            try (DeskMemory memory = memory(desk, model)) {
                asking.ask(desk, model, memory, warmUp);
                List<DeskAsking.Asked> asked = asking.ask(desk, model, memory, questions);
                measures.add(told(DeskAsking.measure(subject.name() + "/desk-ask-hot", tier, asked,
                        Optional.of(Target.atMost(1)))));
                measures.add(told(DeskAsking.measure(subject.name() + "/desk-ask-again", tier,
                        asking.ask(desk, model, memory, questions), Optional.empty())));
                DeskAsking.right(subject.name(), tier, asked).forEach(each -> measures.add(told(each)));
            }
        });
        return measures;
    }

    private static DeskMemory memory(Desk desk, LanguageModel model) throws Problem {
        return DeskMemory.open(desk, model, PartPlan.DEFAULT, DeskMemory.BYTES_MAX);
    }

    private Measure told(Measure measure) {
        progress.accept(String.format(Locale.ROOT, "%s: %.3f %s", measure.row(), measure.figure(), measure.unit()));
        return measure;
    }

    /** How fast the model answers with the whole desk attached, beside so many parts as have 4,096 tokens together. */
    public List<Measure> decode(Opening opening, String tier) throws Problem {
        List<Measure> measures = new ArrayList<>();
        opening.with((desk, model, local) -> {
            try (DeskMemory memory = memory(desk, model)) {
                List<SegmentRef> all = memory.remembered();
                List<SegmentRef> some = new ArrayList<>();
                for (int tokens = 0; tokens < PLAIN_TOKENS && some.size() < all.size(); tokens += some.getLast().tokens()) {
                    some.add(all.get(some.size()));
                }
                BehindDocuments few = BehindDocuments.measure(model, some, clock);
                BehindDocuments many = BehindDocuments.measure(model, all, clock);
                for (int round = 0; round < plan.rounds; round++) {
                    few = few.best(BehindDocuments.measure(model, some, clock));
                    many = many.best(BehindDocuments.measure(model, all, clock));
                }
                measures.add(told(Measure.of(subject.name() + "/desk-decode", tier, many.tokensPerSecond() / few.tokensPerSecond(),
                        "x its speed at 4k", Optional.of(Target.atLeast(0.7)), "tokens/s", many.tokensPerSecond(),
                        "tokens/s at 4k", few.tokensPerSecond(), "attached tokens", tokens(all), "attached parts", all.size(),
                        "attached tokens at 4k", tokens(some), "seconds to attach all", many.attachSeconds(),
                        "seconds to first token", many.firstTokenSeconds(), "seconds to attach 4k", few.attachSeconds(),
                        "seconds to first token at 4k", few.firstTokenSeconds())));
                if (tokens(all) >= LookupSpec.TWICE_FROM_TOKENS) {
                    List<String> questions = DeskCorpus.counting(subject.file(), count -> corpus.questions(RECALL_QUESTIONS, count))
                            .stream().map(DeskCorpus.Wanted::question).toList();
                    measures.add(told(TwoStepRecall.of(subject.name(), local, all, questions)));
                }
            }
        });
        return measures;
    }

    private static long tokens(List<SegmentRef> documents) {
        return documents.stream().mapToLong(SegmentRef::tokens).sum();
    }

    // ---------------------------------------------------------------- reading it again

    /**
     * What reading the desk's texts into one prompt would take: two lengths are measured, the rest follows from n tokens costing
     * a n + b n^2, weights and attention.
     */
    public List<Measure> readAgain() throws Problem {
        try (PlainReading plain = new PlainReading(subject, clock)) {
            int deep = (int) Math.min(Math.min(DEEP_TOKENS, corpus.tokens()), plain.tokensMax());
            int few = Math.min(PLAIN_TOKENS, deep / 4);
            double fewSeconds = plain.seconds(few, PLAIN_ROUNDS);
            double deepSeconds = plain.seconds(deep, 1);
            double quadratic = Math.max(0, (deepSeconds / deep - fewSeconds / few) / (deep - few));
            double linear = deepSeconds / deep - quadratic * deep;
            double all = linear * corpus.tokens() + quadratic * corpus.tokens() * corpus.tokens();
            return List.of(told(Measure.of(subject.name() + "/desk-prefill-instead", plain.tier(), all,
                    "s, EXTRAPOLATED to the whole desk", Optional.empty(), "tokens", corpus.tokens(), "measured tokens", deep,
                    "measured s", deepSeconds, "measured tokens/s", deep / deepSeconds, "also measured tokens", few,
                    "also measured s", fewSeconds, "us per token", 1e6 * linear, "ns per pair of tokens", 1e9 * quadratic,
                    "s, extrapolated without attention", linear * corpus.tokens())));
        }
    }
}
