package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.jobs.Funding;
import dev.longhand.jobs.GenerateJob;
import dev.longhand.jobs.Generated;
import dev.longhand.jobs.Generation;
import dev.longhand.jobs.Job;
import dev.longhand.jobs.JobSpec;
import dev.longhand.jobs.Jobs;
import dev.longhand.jobs.Runner;
import dev.longhand.jobs.RunnerName;
import dev.longhand.jobs.RunnerSetting;
import dev.longhand.jobs.State;
import dev.longhand.ledger.MeteredModel;
import dev.longhand.ledger.Payer;
import dev.longhand.ledger.Unit;
import dev.longhand.lm.Constraint;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Message;
import dev.longhand.lm.ModelInfo;
import dev.longhand.lm.Sampling;
import dev.longhand.lm.Sink;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** {@code longhand run MODEL PROMPT --job}: submits the answer as a job and works on it here, showing it as it grows. */
final class AnswerJob {
    private static final int PRIORITY = 10;

    private final World world;
    private final Config config;
    private final OpenBooks books;
    private final Loading loading;
    private final OptionalLong budget;

    /** @param budget of the job, in millionths of a euro; empty for none of its own */
    AnswerJob(World world, Config config, OpenBooks books, Loading loading, OptionalLong budget) {
        this.world = world;
        this.config = config;
        this.books = books;
        this.loading = loading;
        this.budget = budget;
    }

    /** What is asked; an empty {@code system} for none. */
    record Asked(String system, String prompt, int contextTokens, int reasoningTokensMax) {}

    int run(Asked asked, Sampling sampling, int tokensMax, Optional<Constraint> form) throws Problem {
        Generation wanted = wanted(asked, sampling, tokensMax, form);
        Jobs jobs = books.jobs();
        JobSpec spec = JobSpec.of(GenerateJob.KIND, wanted.bytes()).withPriority(PRIORITY);
        Job job = jobs.submit(budget.isEmpty() ? spec
                : spec.withFunding(new Funding(wanted.account(), Unit.EUR, budget.getAsLong())));
        world.note(world.noteStyle().dim("job " + job.id() + "; if it is cut off: longhand jobs resume " + job.id()));
        GenerateJob handler = new GenerateJob(loading.forJobs(), books.books(), id -> printing());
        RunnerSetting setting = RunnerSetting.of(RunnerName.own(), 1, world.clock().nanos());
        try (Runner runner = new Runner(jobs, Map.of(GenerateJob.KIND, handler), setting, world.clock())) {
            world.interrupts().onInterrupt(() -> {
                world.interrupts().onInterrupt(null); // a second Ctrl-C does not wait
                Thread.ofPlatform().name("longhand-stop").start(runner::close);
            });
            runner.run(job.id());
        } finally {
            world.interrupts().onInterrupt(null);
        }
        return ended(jobs, jobs.job(job.id()));
    }

    private Generation wanted(Asked asked, Sampling sampling, int tokensMax, Optional<Constraint> form) throws Problem {
        MeteredModel model = loading.metered(books, "answer", "");
        ModelInfo info = model.info();
        List<Message> said = new ArrayList<>();
        if (!asked.system().isEmpty()) {
            said.add(Message.system(asked.system()));
        }
        said.add(Message.user(asked.prompt()));
        int[] prompt = info.hasChat() ? model.render(said) : model.begin(asked.prompt());
        int room = asked.contextTokens() - prompt.length;
        if (room < 1) {
            throw new Problem(Problem.Kind.LIMIT, "the prompt has %s tokens and the context holds %s; -c makes it larger".formatted(
                    Units.count(prompt.length), Units.count(asked.contextTokens())));
        }
        GenerationSpec spec = new GenerationSpec(Math.min(tokensMax, room), sampling, List.of(), Optional.empty(),
                OptionalInt.empty(), form, asked.reasoningTokensMax(), List.of());
        Payer payer = OpenBooks.payer(config, "answer", "");
        return new Generation(info.name(), info.fingerprint(), payer.account(), OpenBooks.person(), "", prompt, spec);
    }

    private Sink printing() {
        return new Sink() {
            @Override
            public void text(String piece) {
                world.out().print(Style.safe(piece));
                world.out().flush();
            }

            @Override
            public void reasoning(String piece) {
                world.err().print(world.noteStyle().dim(Style.safe(piece)));
                world.err().flush();
            }
        };
    }

    private int ended(Jobs jobs, Job job) throws Problem {
        world.out().println();
        world.out().flush();
        if (job.state() != State.DONE) {
            return new JobView(world, jobs).ended(job, false);
        }
        Generated answer = Generated.of(jobs.result(job.id()).orElseThrow());
        world.note(world.noteStyle().dim("%s tokens answered; what it cost: longhand ledger report --by job".formatted(
                Units.count(answer.tokens().length))));
        return ExitCodes.OK;
    }
}
