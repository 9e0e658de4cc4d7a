package dev.longhand.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Problem;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Goal: a fork costs a tail, is quick, and neither side sees what the other writes. Method: count blocks; compare attention's bits
 * with those of a sequence that read the same tokens alone.
 */
class ForkTest {
    @Test
    void eightForksCostEightTails() throws Problem {
        try (KvWork work = new KvWork(100); DenseKv trunk = work.view(4200)) {
            int[] tokens = KvWork.tokens(1, 4106); // 64 full blocks and a tail of 10
            for (int at = 0; at < tokens.length; at += 500) {
                work.read(trunk, tokens, at, Math.min(tokens.length, at + 500));
            }
            assertThat(work.pool.blocksLent()).isEqualTo(65);
            List<DenseKv> forks = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                forks.add(trunk.fork());
            }
            assertThat(work.pool.blocksLent()).isEqualTo(65);
            for (DenseKv fork : forks) {
                work.read(fork, new int[] {7}, 0, 1);
            }
            assertThat(work.pool.blocksLent()).isEqualTo(65 + 8);
            work.pool.checkIntegrity();
            forks.forEach(DenseKv::close);
            assertThat(work.pool.blocksLent()).isEqualTo(65);
        }
    }

    @Test
    void theLastHolderOfATailWritesItInPlace() throws Problem {
        try (KvWork work = new KvWork(10); DenseKv trunk = work.view(200)) {
            work.read(trunk, KvWork.tokens(1, 70), 0, 70);
            DenseKv fork = trunk.fork();
            work.read(fork, new int[] {5}, 0, 1);
            work.read(trunk, new int[] {6}, 0, 1);
            assertThat(work.pool.blocksLent()).isEqualTo(3);
            fork.close();
        }
    }

    @Test
    void neitherSideSeesWhatTheOtherWrites() throws Problem {
        try (KvWork work = new KvWork(20); DenseKv trunk = work.view(300); DenseKv alone = work.view(300)) {
            int[] common = KvWork.tokens(2, 150);
            int[] left = KvWork.tokens(3, 60);
            int[] right = KvWork.tokens(4, 60);
            work.read(trunk, common, 0, 150);
            try (DenseKv fork = trunk.fork()) {
                float[][] together = new float[2][];
                for (int i = 0; i < 60; i++) {
                    together[0] = work.read(trunk, left, i, i + 1);
                    together[1] = work.read(fork, right, i, i + 1);
                }
                work.read(alone, common, 0, 150);
                assertThat(work.read(alone, left, 0, 60)).containsExactly(together[0]);
                alone.truncate(150);
                assertThat(work.read(alone, right, 0, 60)).containsExactly(together[1]);
            }
        }
    }

    @Test
    void forgettingInASharedBlockLeavesTheOtherSideAlone() throws Problem {
        try (KvWork work = new KvWork(20); DenseKv trunk = work.view(300)) {
            int[] common = KvWork.tokens(5, 128);
            work.read(trunk, common, 0, 127);
            try (DenseKv fork = trunk.fork(); DenseKv alone = work.view(300)) {
                float[] expected = work.read(alone, common, 0, 128);
                int kept = fork.truncate(100);
                work.read(fork, KvWork.tokens(6, 128 - kept), 0, 128 - kept);
                assertThat(work.read(trunk, common, 127, 128)).containsExactly(expected);
            }
        }
    }

    @Test
    void aForkThatFindsNoRoomForItsTailStaysAsItWas() throws Problem {
        try (KvWork work = new KvWork(2); DenseKv trunk = work.view(300)) {
            work.read(trunk, KvWork.tokens(7, 70), 0, 70);
            try (DenseKv fork = trunk.fork()) {
                assertThatThrownBy(() -> fork.reserve(1)).isInstanceOf(Problem.class).hasMessageContaining("KV memory is full");
                assertThat(fork.tokens()).isEqualTo(70);
                work.pool.checkIntegrity();
            }
            work.read(trunk, new int[] {1}, 0, 1);
        }
    }
}
