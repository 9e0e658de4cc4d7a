package dev.longhand.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class TeamTest {
    /** Goal: each chunk runs exactly once, its writes are seen after run. Method: many hand-offs of all sizes, plain counters. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 8})
    void runsEveryChunkOnce(int threads) {
        try (Team team = new Team(threads)) {
            int[] runs = new int[300]; // plain: the hand-off must make the writes visible
            for (int round = 0; round < 4_000; round++) {
                int chunks = round * 7 % runs.length;
                team.run((chunk, worker) -> runs[chunk]++, chunks);
                for (int i = 0; i < runs.length; i++) {
                    assertThat(runs[i]).as("chunk %d of %d, round %d", i, chunks, round).isEqualTo(i < chunks ? 1 : 0);
                    runs[i] = 0;
                }
            }
        }
    }

    /** Goal: a team that went to sleep wakes and finishes. Method: hand-offs with pauses longer than the spin. */
    @Test
    void wakesParkedWorkers() {
        try (Team team = new Team(3)) {
            AtomicLong sum = new AtomicLong();
            for (int round = 0; round < 50; round++) {
                LockSupport.parkNanos(2_000_000);
                team.run((chunk, worker) -> sum.addAndGet(chunk), 100);
            }
            assertThat(sum.get()).isEqualTo(50 * 4950L);
        }
    }

    /** Goal: workers have numbers below the team's size, each used by one thread at a time. Method: a flag per worker. */
    @Test
    void givesEachThreadItsOwnWorkerNumber() {
        try (Team team = new Team(4)) {
            AtomicIntegerArray busy = new AtomicIntegerArray(4);
            for (int round = 0; round < 500; round++) {
                team.run((chunk, worker) -> {
                    assertThat(busy.incrementAndGet(worker)).isEqualTo(1);
                    busy.decrementAndGet(worker);
                }, 40);
            }
        }
    }

    /** Goal: a chunk's exception reaches the caller as it is and the team goes on. Method: throw in one chunk of many, again and again. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void throwsWhatAChunkThrew(int threads) {
        try (Team team = new Team(threads)) {
            AtomicLong sum = new AtomicLong();
            for (int round = 0; round < 300; round++) {
                int bad = round % 20;
                RuntimeException thrown = new IllegalStateException("chunk " + bad);
                assertThatThrownBy(() -> team.run((chunk, worker) -> {
                    if (chunk == bad) {
                        throw thrown;
                    }
                }, 20)).isSameAs(thrown);
                team.run((chunk, worker) -> sum.addAndGet(1), 20);
            }
            assertThat(sum.get()).isEqualTo(300 * 20L);
            assertThatThrownBy(() -> team.run((chunk, worker) -> {
                throw new AssertionError("an error too");
            }, 5)).isInstanceOf(AssertionError.class);
        }
    }

    /** Goal: a hand-off from inside a chunk cannot deadlock. Method: it is refused. */
    @Test
    void refusesNestedTasks() {
        try (Team team = new Team(2)) {
            assertThatThrownBy(() -> team.run((chunk, worker) -> team.run((c, w) -> {}, 2), 2)).hasMessageContaining("one task at a time");
            team.run((chunk, worker) -> {}, 2);
        }
    }

    /** Goal: close ends the threads and is final. Method: count the threads by name before and after. */
    @Test
    void endsItsThreadsOnClose() {
        Team team = new Team(5);
        team.run((chunk, worker) -> {}, 5);
        team.close();
        team.close();
        assertThat(Thread.getAllStackTraces().keySet()).noneMatch(t -> t.getName().startsWith("longhand-kernel-") && t.isAlive());
        assertThatThrownBy(() -> team.run((chunk, worker) -> {}, 1)).hasMessageContaining("closed");
    }

    /** Goal: absurd sizes are refused. Method: one of each. */
    @Test
    void refusesSizesBeyondItsLimits() {
        assertThatThrownBy(() -> new Team(0)).hasMessageContaining("threads");
        assertThatThrownBy(() -> new Team(Team.THREADS_MAX + 1)).hasMessageContaining("threads");
        try (Team team = new Team(1)) {
            assertThatThrownBy(() -> team.run((chunk, worker) -> {}, Team.CHUNKS_MAX + 1)).hasMessageContaining("chunks");
        }
    }
}
