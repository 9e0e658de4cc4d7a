package dev.longhand.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.memory.SegmentFolder.Found;
import dev.longhand.testkit.KillLoop;
import dev.longhand.testkit.KillLoop.Plan;
import dev.longhand.testkit.KillLoop.Report;
import dev.longhand.testkit.Seed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: whenever a writer is killed, every segment that was acknowledged is there and whole, and no half one is. And the harness
 * can fail: it finds a program that promises too early. Method: {@link KilledWriter} in a {@link KillLoop} on one folder. The long
 * form: {@code -Drounds=200 -Dseed=...}.
 */
class SegmentKillTest {
    private static final Seed SEED = Seed.of("memory", SegmentKillTest.class, 2);
    private static final int ROUNDS = Integer.getInteger("rounds", 5);
    private static final Duration READY_MAX = Duration.ofSeconds(60);
    private static final Duration RUN_MAX = Duration.ofMillis(700);

    @TempDir
    private Path temp;

    private final Set<String> said = new HashSet<>();

    private Report loop(String who, Plan plan) throws Exception {
        Path home = Files.createDirectory(temp.resolve("home"));
        KillLoop.Starter starter = KillLoop.Starter.ofMain(KilledWriter.class, "128m", List.of(home.toString(), who));
        return new KillLoop(starter, temp, SEED).run(plan, (round, lines) -> check(home, lines));
    }

    private void check(Path home, List<String> lines) throws Exception {
        said.addAll(lines);
        SegmentFolder folder = SegmentFolder.open(home, Disk.REAL, Clock.SYSTEM, SegmentWork.LIMITS);
        assertThat(folder.verify().findings()).isEmpty();
        for (String line : said) {
            String[] parts = line.split(" ");
            SegmentContent content = KilledWriter.content(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
            Found found = folder.find(content.id(), SegmentWork.PRINT);
            assertThat(found).as("what was said: " + line).isInstanceOf(Found.Hit.class);
            try (Segment segment = ((Found.Hit) found).segment()) {
                assertThat(segment.tokens()).isEqualTo(content.tokens());
            }
        }
        folder.sweep(true);
        assertThat(folder.bytes()).as("nothing but whole segments").isEqualTo(folder.verify().bytes());
    }

    @Test
    void losesNoAcknowledgedSegmentWheneverItIsKilled() throws Exception {
        Report report = loop("honest", new Plan(ROUNDS, READY_MAX, RUN_MAX,
                List.of("memory.before-publish:20", "memory.after-publish:20")));
        System.out.println(report);
        assertThat(report.said()).isGreaterThan(ROUNDS);
    }

    @Test
    void findsAProgramThatPromisesTooEarly() {
        assertThatThrownBy(() -> loop("liar", new Plan(10, READY_MAX, RUN_MAX, List.of("memory.before-publish:3"))))
                .isInstanceOf(AssertionError.class).hasMessageContaining("what was said").hasMessageContaining("-Dseed=");
    }
}
