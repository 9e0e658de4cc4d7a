package dev.longhand.kernels;

import dev.longhand.base.Check;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;

/**
 * Memory for weights: large, long-lived, read in streams, so kept in huge pages where the system has them (10 % of decode speed).
 *
 * <p>Address space is reserved in large chunks and handed out from the front; a page costs memory when it is first written. Where
 * {@code mmap} or huge pages are missing, plain memory is used: {@link #isHuge} says which. Freed by {@link #close} as a whole.
 * Thread-safe.
 */
public final class WeightsArena implements Arena {
    private static final long CHUNK_BYTES = 1L << 30;
    private static final long HUGE_PAGE_BYTES = 2L << 20;

    private final Arena owner = Arena.ofShared();
    private final Mapping mapping = Mapping.AVAILABLE;
    private MemorySegment chunk = MemorySegment.NULL;
    private long used;
    private boolean isHuge;

    /** Zero-filled memory. */
    @Override
    public synchronized MemorySegment allocate(long byteSize, long byteAlignment) {
        Check.argument(byteSize >= 0, "allocation of %d bytes", byteSize);
        Check.argument(byteAlignment > 0 && Long.bitCount(byteAlignment) == 1 && byteAlignment <= 4096,
                "alignment %d; a power of two up to 4096", byteAlignment);
        long at = Math.ceilDiv(used, byteAlignment) * byteAlignment;
        if (at + byteSize > chunk.byteSize()) {
            MemorySegment next = mapping == null ? null : mapping.map(owner, Math.max(CHUNK_BYTES, byteSize));
            if (next == null) {
                return owner.allocate(byteSize, byteAlignment);
            }
            isHuge = mapping.adviseHuge(next);
            chunk = next;
            at = 0;
        }
        used = at + byteSize;
        return chunk.asSlice(at, byteSize);
    }

    /** Whether the system took the advice to use huge pages for the newest chunk. */
    public synchronized boolean isHuge() {
        return isHuge;
    }

    @Override
    public MemorySegment.Scope scope() {
        return owner.scope();
    }

    @Override
    public void close() {
        owner.close();
    }

    /** {@code mmap}, {@code munmap} and {@code madvise} of Linux. */
    private record Mapping(MethodHandle mmap, MethodHandle munmap, MethodHandle madvise) {
        private static final int READ_WRITE = 1 | 2;
        private static final int PRIVATE_ANONYMOUS_NORESERVE = 0x02 | 0x20 | 0x4000;
        private static final int ADVICE_HUGE_PAGES = 14;

        /** Null on other systems. */
        static final Mapping AVAILABLE = find();

        private static Mapping find() {
            if (!System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux") || ValueLayout.ADDRESS.byteSize() != 8) {
                return null;
            }
            ValueLayout.OfLong size = ValueLayout.JAVA_LONG;
            ValueLayout.OfInt number = ValueLayout.JAVA_INT;
            return new Mapping(
                    handle("mmap", FunctionDescriptor.of(size, size, size, number, number, number, size)),
                    handle("munmap", FunctionDescriptor.of(number, size, size)),
                    handle("madvise", FunctionDescriptor.of(number, size, size, number)));
        }

        private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
            Linker linker = Linker.nativeLinker();
            return linker.downcallHandle(linker.defaultLookup().find(name).orElseThrow(), descriptor);
        }

        /** A zero-filled chunk that starts on a huge page, unmapped when the owner closes; null if the system refuses. */
        MemorySegment map(Arena owner, long byteSize) {
            long length = Math.ceilDiv(byteSize, HUGE_PAGE_BYTES) * HUGE_PAGE_BYTES + HUGE_PAGE_BYTES;
            try {
                long start = (long) mmap.invokeExact(0L, length, READ_WRITE, PRIVATE_ANONYMOUS_NORESERVE, -1, 0L);
                if (start == -1) {
                    return null;
                }
                long aligned = Math.ceilDiv(start, HUGE_PAGE_BYTES) * HUGE_PAGE_BYTES;
                return MemorySegment.ofAddress(aligned).reinterpret(length - HUGE_PAGE_BYTES, owner, ignored -> unmap(start, length));
            } catch (Throwable e) {
                throw new IllegalStateException("broken invariant: mmap threw " + e, e);
            }
        }

        private void unmap(long start, long length) {
            try {
                int result = (int) munmap.invokeExact(start, length);
                Check.invariant(result == 0, "munmap of %d bytes failed", length);
            } catch (RuntimeException e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException("broken invariant: munmap threw " + e, e);
            }
        }

        boolean adviseHuge(MemorySegment chunk) {
            try {
                return (int) madvise.invokeExact(chunk.address(), chunk.byteSize(), ADVICE_HUGE_PAGES) == 0;
            } catch (Throwable e) {
                throw new IllegalStateException("broken invariant: madvise threw " + e, e);
            }
        }
    }
}
