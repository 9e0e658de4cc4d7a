package dev.longhand.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.bench.KilledReading.Outcome;
import dev.longhand.bench.KilledReading.Plan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Goal: kills spread over a program's work and what it lost is seen. Method: shell scripts that write files like segments. */
class KilledReadingTest {
    private static final int SEGMENTS = 40;
    /** Headers of 40 bytes, of which the last four say 64 tokens. */
    private static final String WRITE = "{ head -c 36 /dev/zero; printf '\\100\\0\\0\\0'; } >\"$1/part\" "
            + "&& mv \"$1/part\" \"$1/$i.segment\"";
    private static final String ONCE = "for i in $(seq 40); do [ -e \"$1/$i.segment\" ] || { " + WRITE + "; sleep 0.05; }; done";
    private static final String AGAIN = "for i in $(seq 40); do " + WRITE + "; sleep 0.05; done";

    @TempDir
    private Path work;

    private Outcome run(String script, int kills) throws Problem, IOException {
        Path segments = Files.createDirectories(work.resolve("segments"));
        return new KilledReading(Clock.SYSTEM, line -> { }, work, segments, new Plan(kills, 7, 64L * SEGMENTS, 1_280)).run(
                (out, err) -> new ProcessBuilder("bash", "-c", script, "bash", segments.toString()).redirectOutput(out.toFile())
                        .redirectError(err.toFile()).start());
    }

    @Test
    void killsUntilItIsToEndAndCountsWhatWasWritten() throws Exception {
        Outcome outcome = run(ONCE, 3);
        assertThat(outcome.kills()).isBetween(1, 3);
        assertThat(outcome.attempts().getLast().isKilled()).isFalse();
        assertThat(outcome.readAgain()).isZero();
        assertThat(outcome.segments()).isEqualTo(SEGMENTS);
        assertThat(outcome.tokens()).isEqualTo(64L * SEGMENTS);
        assertThat(outcome.bytes()).isEqualTo(40L * SEGMENTS);
        assertThat(outcome.netTokens()).isBetween(1L, 64L * (SEGMENTS - 1));
        assertThat(outcome.netSeconds()).isPositive().isLessThanOrEqualTo(outcome.grossSeconds());
    }

    /** Goal: a run that was stopped goes on, and one that has ended stays so. Method: cuts the records after the first attempt. */
    @Test
    void goesOnAfterItWasStopped() throws Exception {
        Outcome whole = run(ONCE, 2);
        Path attempts = work.resolve("attempts.tsv");
        List<String> lines = Files.readAllLines(attempts);
        Files.writeString(attempts, lines.getFirst() + "\n");
        Outcome outcome = run(ONCE, 1);
        assertThat(outcome.attempts()).hasSize(2).startsWith(whole.attempts().getFirst());
        assertThat(outcome.readAgain()).isZero();
        assertThat(run("exit 1", 1)).isEqualTo(outcome);
    }

    @Test
    void seesWhatIsReadAgain() throws Exception {
        assertThat(run(AGAIN, 3).readAgain()).isPositive();
    }

    @Test
    void saysWhyTheProgramEnded() {
        assertThatThrownBy(() -> run("echo no disk >&2; exit 9", 0)).isInstanceOf(Problem.class).hasMessageContaining("with 9")
                .hasMessageContaining("no disk");
    }
}
