package dev.longhand.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Goal: engines of one process share its processors, step by step. Method: threads that take turns as engines do. */
@Timeout(30)
class CoreTurnsTest {
    private static final int STEPS = 200;

    @Test
    void twoThatNeedAllTakeTurns() throws Exception {
        CoreTurns turns = new CoreTurns(2);
        AtomicInteger inside = new AtomicInteger();
        List<Integer> most = new CopyOnWriteArrayList<>();
        List<String> order = new CopyOnWriteArrayList<>();
        CountDownLatch both = new CountDownLatch(2);
        List<Thread> engines = List.of("a", "b").stream().map(name -> Thread.ofPlatform().start(() -> {
            both.countDown();
            await(both);
            for (int i = 0; i < STEPS; i++) {
                turns.take(3); // more than there are
                most.add(inside.incrementAndGet());
                order.add(name);
                inside.decrementAndGet();
                turns.give(3);
            }
        })).toList();
        for (Thread each : engines) {
            each.join();
        }
        assertThat(most).hasSize(2 * STEPS).containsOnly(1);
        assertThat(order).containsOnly("a", "b");
    }

    @Test
    void twoThatNeedOneEachRunBesideEachOther() throws Exception {
        CoreTurns turns = new CoreTurns(2);
        CountDownLatch both = new CountDownLatch(2);
        Thread other = Thread.ofPlatform().start(() -> meet(turns, both));
        meet(turns, both);
        other.join();
        assertThat(both.getCount()).isZero();
    }

    /** Goes on only when the other has its turn too. */
    private static void meet(CoreTurns turns, CountDownLatch both) {
        turns.take(1);
        both.countDown();
        await(both);
        turns.give(1);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
