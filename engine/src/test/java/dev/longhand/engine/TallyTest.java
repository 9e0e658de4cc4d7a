package dev.longhand.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.ManualClock;
import java.math.BigInteger;
import java.util.List;
import org.junit.jupiter.api.Test;

class TallyTest {
    private static final BigInteger SECOND = BigInteger.valueOf(1_000_000_000);

    /** Goal: byte-seconds are exact however the time is cut. Method: random bytes and times beside big integers, huge ones too. */
    @Test
    void byteSecondsAreWholeAndNothingIsLostBetweenSteps() {
        for (long seed = 0; seed < 50; seed++) {
            Gen gen = new Gen(seed);
            Tally tally = new Tally();
            BigInteger exact = BigInteger.ZERO;
            long told = 0;
            for (int i = 0; i < 200; i++) {
                long bytes = gen.bits() >>> gen.between(20, 64);
                long nanos = gen.bits() >>> gen.between(28, 64);
                if (BigInteger.valueOf(bytes).multiply(BigInteger.valueOf(nanos)).bitLength() > 85) {
                    continue; // more than a petabyte for an hour
                }
                exact = exact.add(BigInteger.valueOf(bytes).multiply(BigInteger.valueOf(nanos)));
                told += tally.held(bytes, nanos);
            }
            assertThat(BigInteger.valueOf(told)).as("seed %d", seed).isEqualTo(exact.divide(SECOND));
            assertThat(tally.spent().kvByteSeconds()).as("seed %d", seed).isEqualTo(told);
        }
    }

    @Test
    void processorTimeIsHandedOutInWholeMicrosecondsAndTheRestWithTheNext() {
        long[] nanos = {5_000};
        ProcessorTime processor = new ProcessorTime(() -> nanos[0]);
        processor.skip();
        long sum = 0;
        for (int i = 0; i < 1_000; i++) {
            nanos[0] += 1_234;
            sum += processor.micros();
        }
        assertThat(sum).isEqualTo(1_234);
        nanos[0] += 1_000_000;
        processor.skip();
        nanos[0] += 7_000;
        assertThat(processor.micros()).as("what is skipped is nobody's").isEqualTo(7);
        nanos[0] -= 500;
        assertThat(processor.micros()).as("a thread that ended takes nothing back").isZero();
    }

    @Test
    void withoutClocksOfThreadsAllAreTakenToWorkAllTheTime() {
        ManualClock clock = new ManualClock();
        ProcessorTime processor = new ProcessorTime(ProcessorTime.wall(4, clock));
        processor.skip();
        clock.advance(2_000_000);
        assertThat(processor.micros()).isEqualTo(8_000);
    }

    @Test
    void aThreadThatWorksUsesProcessorTimeAndOneThatWaitsNone() {
        ProcessorTime own = ProcessorTime.of(List.of(Thread.currentThread()), Clock.SYSTEM);
        ProcessorTime other = ProcessorTime.of(List.of(Thread.ofPlatform().unstarted(() -> {})), Clock.SYSTEM);
        own.skip();
        other.skip();
        long used = 0;
        while (used < 1_000) {
            used += own.micros();
        }
        assertThat(other.micros()).isZero();
    }
}
