package dev.longhand.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Problem;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/**
 * Goal: a sequence's rows are the same bits in company and alone. Method: passes of several sequences with different lengths and
 * chunks, compared with each sequence read alone.
 */
class KvBatchTest {
    @Test
    void partsGiveTheBitsThatTheyGiveAlone() throws Problem {
        int[] lengths = {1, 63, 64, 65, 200};
        try (KvWork work = new KvWork(60); KvBatch batch = new KvBatch(work.kernels, work.shape, lengths.length)) {
            DenseKv[] views = new DenseKv[lengths.length];
            int[][] tokens = new int[lengths.length][];
            for (int i = 0; i < lengths.length; i++) {
                views[i] = work.view(300);
                tokens[i] = KvWork.tokens(i, lengths[i] + 20);
                batch.add(views[i], lengths[i]);
            }
            work.pass(batch, tokens);
            batch.clear();
            int[][] rest = new int[lengths.length][];
            for (int i = 0; i < lengths.length; i++) {
                rest[i] = Arrays.copyOfRange(tokens[i], lengths[i], lengths[i] + 20);
                batch.add(views[i], 20);
                assertThat(batch.position(i)).isEqualTo(lengths[i]);
                assertThat(batch.rowFrom(i)).isEqualTo(20 * i);
            }
            assertThat(batch.rows()).isEqualTo(100);
            float[][] together = work.pass(batch, rest);
            for (int i = 0; i < lengths.length; i++) {
                try (DenseKv alone = work.view(300)) {
                    assertThat(work.read(alone, tokens[i], 0, tokens[i].length)).containsExactly(together[i]);
                }
                views[i].close();
            }
        }
    }

    @Test
    void aSequenceTakesPartOnce() throws Problem {
        try (KvWork work = new KvWork(2); KvBatch batch = new KvBatch(work.kernels, work.shape, 2); DenseKv view = work.view(10)) {
            batch.add(view, 1);
            assertThatThrownBy(() -> batch.add(view, 1)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("twice");
        }
    }
}
