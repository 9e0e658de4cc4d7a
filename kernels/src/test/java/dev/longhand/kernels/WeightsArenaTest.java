package dev.longhand.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class WeightsArenaTest {
    /** Goal: allocations are aligned, zero and apart. Method: odd sizes, each filled with its own byte, read back at the end. */
    @Test
    void handsOutDisjointZeroedAlignedMemory() {
        try (WeightsArena arena = new WeightsArena()) {
            MemorySegment[] segments = new MemorySegment[100];
            for (int i = 0; i < segments.length; i++) {
                segments[i] = arena.allocate(1 + 997L * i, 64);
                assertThat(segments[i].address() % 64).isZero();
                assertThat(segments[i].byteSize()).isEqualTo(1 + 997L * i);
                assertThat(segments[i].get(ValueLayout.JAVA_BYTE, segments[i].byteSize() - 1)).isZero();
                segments[i].fill((byte) i);
            }
            for (int i = 0; i < segments.length; i++) {
                assertThat(segments[i].get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) i);
                assertThat(segments[i].get(ValueLayout.JAVA_BYTE, segments[i].byteSize() - 1)).isEqualTo((byte) i);
            }
        }
    }

    /** Goal: a matrix larger than a chunk fits. Method: 1.5 GiB reserved, only its ends touched. */
    @Test
    void holdsOneAllocationLargerThanAChunk() {
        try (WeightsArena arena = new WeightsArena()) {
            MemorySegment large = arena.allocate(3L << 29, 64);
            large.set(ValueLayout.JAVA_BYTE, large.byteSize() - 1, (byte) 7);
            assertThat(large.get(ValueLayout.JAVA_BYTE, large.byteSize() - 1)).isEqualTo((byte) 7);
            assertThat(arena.allocate(10, 64).get(ValueLayout.JAVA_BYTE, 0)).isZero();
        }
    }

    /** Goal: use after close is an error and not a crash. Method: close, then read. */
    @Test
    void refusesUseAfterClose() {
        WeightsArena arena = new WeightsArena();
        MemorySegment segment = arena.allocate(64, 64);
        arena.close();
        assertThat(arena.scope().isAlive()).isFalse();
        assertThatThrownBy(() -> segment.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
    }
}
