package dev.longhand.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Failpoints;
import dev.longhand.base.Problem;
import dev.longhand.cli.KilledProgram.Manner;
import dev.longhand.engine.LocalModel;
import dev.longhand.jobs.GenerateJob;
import dev.longhand.jobs.Generation;
import dev.longhand.lm.Answer;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.testkit.KillLoop;
import dev.longhand.testkit.KillLoop.Plan;
import dev.longhand.testkit.KillLoop.Report;
import dev.longhand.testkit.RealModels;
import dev.longhand.testkit.Seed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Goal: whenever the whole program is killed while it reads, answers, runs steps, posts and backs up, nothing that it
 * promised is lost and nothing is there twice, it serves again soon, and an answer that was cut off ends as if it never had been.
 *
 * <p>Method: {@link KilledProgram} in a {@link KillLoop} on one and the same data directory with the real SmolLM2;
 * {@link KilledHome} looks after each round. The last run is not killed and ends what is open. The long form:
 * {@code mvn -Pcrash verify -Drounds=200}, with {@code -Dseed=...}.
 */
class KillTest {
    private static final Seed SEED = Seed.of("cli", KillTest.class, 7);
    private static final int ROUNDS = Integer.getInteger("rounds", 20);
    private static final Duration READY_MAX = Duration.ofSeconds(60);
    private static final Duration RUN_MAX = Duration.ofMillis(3_200);
    /** The goal is 5 s; a machine that other tests share may be three times as slow. */
    private static final long RESTART_MS_MAX = 15_000;
    private static final long RESTART_CPU_MS_MAX = 5_000;
    private static final List<String> FAILPOINTS = List.of("store.before-commit:150", "store.after-commit:150", "ledger.sealing:3",
            "desk.indexed:3", "desk.published:3", "jobs.checkpoint:2", "jobs.step:60", "jobs.done:3", "upkeep.before-rename:2",
            "upkeep.renamed:2");

    @TempDir
    private Path temp;

    private ProcessBuilder program(Manner manner, int round, List<String> jvmOptions) {
        List<String> command = new ArrayList<>(Child.command());
        command.addAll(1, jvmOptions);
        command.add(1, "-XX:TieredStopAtLevel=1"); // it lives for seconds
        command.set(command.size() - 1, KilledProgram.class.getName());
        command.addAll(List.of(work().toString(), RealModels.smolLm2().toString(), manner.name(), Integer.toString(round)));
        return Child.builder(home(), command);
    }

    private Path work() {
        return temp.resolve("work");
    }

    private Path home() {
        return work().resolve("home");
    }

    private Report loop(Manner manner, KilledHome home, Plan plan) throws Exception {
        return new KillLoop((round, options) -> program(manner, round, options), temp, SEED).run(plan, home::check);
    }

    /** The answers of a process that nobody kills. */
    private static List<Answer> unkilled() throws Problem {
        List<Answer> answers = new ArrayList<>();
        try (LocalModel model = KilledProgram.open(RealModels.smolLm2())) {
            for (int i = 0; i < KilledProgram.questions(); i++) {
                Generation asked = KilledProgram.question(model, i);
                try (Sequence sequence = model.open(new SequenceSpec(asked.prompt().length + asked.spec().tokensMax()))) {
                    answers.add(sequence.generate(asked.prompt(), asked.spec(), Sink.SILENT));
                }
                assertThat(answers.getLast().tokens().length).as("tokens of answer %d: enough for two places to go on from", i)
                        .isGreaterThan(2 * GenerateJob.TOKENS_AT_ONCE);
            }
        }
        return answers;
    }

    /** A run that ends by itself; what it said once it was ready. */
    private List<String> runAlone(Manner manner, int round, List<String> jvmOptions, int code) throws Exception {
        Child.Ended ended = Child.run(program(manner, round, jvmOptions));
        assertThat(ended.code()).as(ended.err() + "; " + SEED).isEqualTo(code);
        List<String> said = ended.out().lines().toList();
        assertThat(said).startsWith(KillLoop.READY);
        return said.subList(1, said.size());
    }

    private KilledHome watched(List<Answer> unkilled) throws Exception {
        Files.createDirectories(home());
        return new KilledHome(work(), new TestWorld(home()).world(), unkilled);
    }

    @Test
    void losesDoublesAndChangesNothingWheneverItIsKilled() throws Exception {
        KilledHome home = watched(unkilled());
        Report report = loop(Manner.HONEST, home, new Plan(ROUNDS, READY_MAX, RUN_MAX, FAILPOINTS));
        // However slow the machine is, one dies behind kept tokens: of three checkpoints of two jobs, one was acknowledged.
        home.check(ROUNDS, runAlone(Manner.HONEST, ROUNDS, List.of("-D" + Failpoints.PROPERTY + "=jobs.checkpoint:3"),
                Failpoints.EXIT_CODE));
        List<String> said = runAlone(Manner.LAST, ROUNDS + 1, List.of(), 0);
        assertThat(said).endsWith("ended");
        home.checkEnd(ROUNDS + 1, said.subList(0, said.size() - 1));
        System.out.println("kill loop of the program: " + report + "; " + home);
        assertThat(home.keptAnswers()).as("answers that went on behind kept tokens").isPositive();
        assertThat(report.cpuMsMax()).as("restart, in ms of processor time").isLessThanOrEqualTo(RESTART_CPU_MS_MAX);
        assertThat(report.ready()).allSatisfy(r -> assertThat(r.wallMs()).as("restart, in ms").isLessThanOrEqualTo(RESTART_MS_MAX));
        assertThat(ProcessHandle.allProcesses().filter(p -> p.info().commandLine().orElse("").contains(work().toString())))
                .as("processes that are left").isEmpty();
    }

    /** Goal: the loop can fail. Method: a program that says a thing before it is done, and dies in between. */
    @ParameterizedTest
    @CsvSource({"POSTS_TOO_EARLY, store.before-commit:40, the line", "READS_TOO_EARLY, desk.indexed:1, document"})
    void findsAProgramThatPromisesTooEarly(Manner manner, String failpoint, String found) throws Exception {
        KilledHome home = watched(List.of());
        assertThatThrownBy(() -> loop(manner, home, new Plan(20, READY_MAX, Duration.ofMillis(1_500), List.of(failpoint))))
                .isInstanceOf(AssertionError.class).hasMessageContaining(found).hasMessageContaining("-Dseed=");
    }
}
