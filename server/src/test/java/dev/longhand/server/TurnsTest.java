package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Problem;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60) // a turn that never comes
class TurnsTest {
    private static final int THREADS = 8;

    private final Turns turns = new Turns();

    @Test
    void onesTurnComesInTheOrderInWhichTheyCame() throws Exception {
        List<Integer> order = Collections.synchronizedList(new ArrayList<>());
        AtomicInteger inside = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        try (Turns.Turn first = turns.take(() -> { })) {
            for (int i = 0; i < THREADS; i++) {
                int number = i;
                CountDownLatch waits = new CountDownLatch(1);
                threads.add(Thread.ofVirtual().start(() -> {
                    try (Turns.Turn turn = turns.take(waits::countDown)) {
                        assertThat(inside.incrementAndGet()).isEqualTo(1);
                        order.add(number);
                        inside.decrementAndGet();
                    }
                }));
                waits.await();
            }
            assertThat(order).isEmpty();
        }
        for (Thread each : threads) {
            each.join();
        }
        assertThat(order).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
    }

    @Test
    void whoIsStoppedWaitsNoLongerAndIsInNobodysWay() throws Exception {
        try (Turns.Turn first = turns.take(() -> { })) {
            AtomicInteger looks = new AtomicInteger();
            assertThatThrownBy(() -> turns.take(() -> {
                if (looks.incrementAndGet() == 3) {
                    throw new Problem(Problem.Kind.CANCELLED, "stopped");
                }
            })).isInstanceOf(Problem.class).hasMessage("stopped");
            assertThat(looks).hasValue(3);
        }
        try (Turns.Turn next = turns.take(() -> {
            throw new Problem(Problem.Kind.BUSY, "it waits for nobody");
        })) {
            assertThat(next).isNotNull();
        }
    }

    @Test
    void anInterruptIsKeptAndEndsNoWaiting() throws Exception {
        boolean[] wasInterrupted = new boolean[1];
        CountDownLatch waits = new CountDownLatch(2); // looked again after the interrupt
        Thread thread;
        try (Turns.Turn first = turns.take(() -> { })) {
            thread = Thread.ofPlatform().start(() -> {
                Thread.currentThread().interrupt();
                try (Turns.Turn turn = turns.take(waits::countDown)) {
                    wasInterrupted[0] = Thread.currentThread().isInterrupted();
                }
            });
            waits.await();
        }
        thread.join();
        assertThat(wasInterrupted[0]).isTrue();
    }
}
