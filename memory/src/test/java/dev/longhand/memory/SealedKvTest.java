package dev.longhand.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Problem;
import dev.longhand.kernels.KvType;
import dev.longhand.testkit.Gen;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/**
 * Goal: where blocks are sealed, attention's bits do not depend on how tokens came to be held: in one pass or many, forked, cut
 * back and read again, or out of the cache; and live blocks are held no longer than needed. Method: the scalar tier on a small
 * shape; blocks are counted, last rows compared bit by bit.
 */
class SealedKvTest {
    private static final int COUNT = 300;

    @Test
    void holdsOneLiveBlockAndTheSealedOnes() throws Problem {
        try (KvWork work = new KvWork(KvType.Q8_0, 20); DenseKv view = work.view(COUNT)) {
            work.read(view, KvWork.tokens(1, COUNT), 0, COUNT);
            assertThat(work.pool.blocksLent()).isEqualTo(4 + 1);
            assertThat(view.live(3)).isNull();
            assertThat(view.live(4)).isNotNull();
            view.truncate(256);
            assertThat(work.pool.blocksLent()).isEqualTo(4);
        }
    }

    @Test
    void aCutInsideASealedBlockFallsBackToItsStart() throws Problem {
        try (KvWork work = new KvWork(KvType.Q8_0, 20); DenseKv view = work.view(COUNT)) {
            work.read(view, KvWork.tokens(1, COUNT), 0, COUNT);
            assertThat(view.truncate(290)).isEqualTo(290);
            assertThat(view.truncate(200)).isEqualTo(192);
            assertThat(view.truncate(128)).isEqualTo(128);
        }
    }

    @Test
    void givesTheSameBitsHoweverTheTokensCame() throws Problem {
        int[] tokens = KvWork.tokens(2, COUNT);
        try (KvWork work = new KvWork(KvType.Q8_0, 60); PrefixCache cache = new PrefixCache(work.pool);
                DenseKv cold = work.view(COUNT); DenseKv chunked = work.view(COUNT); DenseKv restored = work.view(COUNT)) {
            float[] expected = work.read(cold, tokens, 0, COUNT);
            assertThat(readInChunks(work, chunked, tokens, 0, new Gen(3))).containsExactly(expected);
            for (int cut : new int[] {299, 257, 256, 255, 130, 64, 63, 0}) {
                int kept = chunked.truncate(cut);
                assertThat(readInChunks(work, chunked, tokens, kept, new Gen(cut))).containsExactly(expected);
            }
            cache.insert("t", tokens, cold);
            int found = cache.match("t", tokens, COUNT - 1, restored);
            assertThat(found).isEqualTo(256);
            assertThat(readInChunks(work, restored, tokens, found, new Gen(4))).containsExactly(expected);
            cold.truncate(270);
            try (DenseKv fork = cold.fork()) {
                work.read(cold, KvWork.tokens(5, 20), 0, 20);
                assertThat(readInChunks(work, fork, tokens, 270, new Gen(5))).containsExactly(expected);
            }
        }
    }

    @Test
    void forksShareSealedBlocksAndCopyTheLiveTail() throws Problem {
        try (KvWork work = new KvWork(KvType.Q8_0, 20); DenseKv trunk = work.view(COUNT)) {
            work.read(trunk, KvWork.tokens(1, 200), 0, 200);
            try (DenseKv one = trunk.fork(); DenseKv two = trunk.fork()) {
                assertThat(work.pool.blocksLent()).isEqualTo(4);
                work.read(one, new int[] {1}, 0, 1);
                work.read(two, new int[] {2}, 0, 1);
                assertThat(work.pool.blocksLent()).isEqualTo(6);
            }
            assertThat(work.pool.blocksLent()).isEqualTo(4);
        }
    }

    /** The last row of the last chunk. */
    private static float[] readInChunks(KvWork work, DenseKv view, int[] tokens, int from, Gen gen) throws Problem {
        float[] last = null;
        for (int at = from; at < tokens.length; ) {
            int to = Math.min(tokens.length, at + gen.between(1, 100));
            last = work.read(view, Arrays.copyOfRange(tokens, at, to), 0, to - at);
            at = to;
        }
        return last;
    }
}
