package dev.longhand.cli;

import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.bench.Corpus;
import dev.longhand.bench.CorpusPlan;
import dev.longhand.bench.DeskBench;
import dev.longhand.bench.LookupBench;
import dev.longhand.bench.Measure;
import dev.longhand.bench.PackageFetcher;
import dev.longhand.bench.PeerRow;
import dev.longhand.desk.Desk;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code longhand bench desk}. */
@Command(name = "desk", description = "A desk of a million tokens of real documents: read by a process that is killed twenty times "
        + "on the way, then asked in one running process, and what reading it again would cost. What is stopped goes on with the "
        + "same command. The texts, 70 MB of foreign packages, are fetched the first time; the desk takes 12 GB.",
        footer = {"  longhand bench desk --out figures.json", "  longhand bench desk --quick",
            "  longhand bench desk --anew --tokens 200000 --kills 5"})
final class BenchDeskCommand extends BenchReport {
    private static final long TOKENS_MAX = 2_000_000;

    @Option(names = {"-m", "--model"}, paramLabel = "REF", description = "The model (default: gemma3-270m).")
    private String model = PeerRow.GEMMA3;

    @Option(names = "--tokens", paramLabel = "N", description = "Tokens of all documents, about (default: 1000000).")
    private Long tokens;

    @Option(names = "--kills", paramLabel = "N", description = "Times that the reading process is killed (default: 20).")
    private Integer kills;

    @Option(names = "--questions", paramLabel = "N", description = "Questions, half quotes and half facts (default: 20).")
    private Integer questions;

    @Option(names = "--rounds", paramLabel = "N", description = "Rounds of decoding; the best counts (default: 3).")
    private Integer rounds;

    @Option(names = "--quick", description = "A twentieth of the tokens, 3 kills, 4 questions, one round.")
    private boolean isQuick;

    @Option(names = "--anew", description = "Forget the desk of an earlier run.")
    private boolean isAnew;

    BenchDeskCommand(World world) {
        super(world);
    }

    @Override
    public Integer call() throws Problem {
        DeskBench.Plan plan = plan();
        Path file = sources.file(world, model);
        LookupBench.Subject subject = LookupBench.Subject.of(model, file, tiers.threads(world));
        Path work = world.home().root().resolve("bench").resolve("desk-%s-%d".formatted(file.getFileName(), plan.tokens()));
        return report(measure(subject, plan, work, Corpus.of(CorpusPlan.LARGE, new PackageFetcher(world.environment()))));
    }

    private DeskBench.Plan plan() throws Problem {
        DeskBench.Plan base = isQuick ? DeskBench.Plan.QUICK : DeskBench.Plan.MILLION;
        long count = tokens == null ? base.tokens() : tokens;
        int killed = kills == null ? base.kills() : kills;
        int asked = questions == null ? base.questions() : questions;
        int turns = rounds == null ? base.rounds() : rounds;
        if (count < 1_000 || count > TOKENS_MAX || killed < 0 || killed > 1_000 || asked < 1 || asked > 200 || turns < 1
                || turns > 1_000) {
            throw new Problem(Problem.Kind.USAGE, ("--tokens is %d, --kills %d, --questions %d and --rounds %d; they must lie in "
                    + "[1000, %d], [0, 1000], [1, 200] and [1, 1000]").formatted(count, killed, asked, turns, TOKENS_MAX));
        }
        return new DeskBench.Plan(count, killed, asked, turns);
    }

    /** @param work folder of the bench, with the desk */
    List<Measure> measure(LookupBench.Subject subject, DeskBench.Plan plan, Path work, Corpus corpus) throws Problem {
        if (isAnew) {
            DeskBench.forget(work);
        }
        OwnProcess process = new OwnProcess(new Home(DeskBench.home(work).toAbsolutePath()));
        DeskBench bench = new DeskBench(world.clock(), world::note, work.toAbsolutePath(), subject, plan, corpus);
        List<Measure> measures = new ArrayList<>();
        add(measures, bench.read(process::of));
        String tier = measures.getFirst().tier();
        DeskBench.Opening opening = use -> open(process.world(world), subject, bench.docs(), use);
        add(measures, bench.ask(opening, tier));
        add(measures, bench.readAgain());
        add(measures, bench.decode(opening, tier));
        return measures;
    }

    private void add(List<Measure> measures, List<Measure> more) throws Problem {
        keep(more);
        measures.addAll(more);
    }

    /** As {@link AskCommand} opens them. */
    private static void open(World world, LookupBench.Subject subject, Path docs, DeskBench.Use use) throws Problem {
        ModelFlags flags = new ModelFlags();
        flags.model = subject.file().toString();
        flags.threads = subject.threads();
        Config config = Config.read(world);
        try (Desk desk = DeskCommand.desks(world).forFolder(docs, DeskBench.DESK);
                OpenBooks books = OpenBooks.start(world, config);
                Loading loading = Loading.startForDesk(world, flags, config)) {
            new DeskReading(world, books).refresh(desk);
            use.with(desk, loading.metered(books, "answer", desk.name()), loading.local());
        }
    }
}
