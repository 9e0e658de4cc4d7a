package dev.longhand.bench;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The operating system's cache of file contents, as far as a program may empty it. Linux only. */
final class PageCache {
    private static final int DONTNEED = 4;
    private static final int READ_ONLY = 0;

    private PageCache() {}

    static boolean canDrop() {
        return System.getProperty("os.name").equals("Linux");
    }

    /**
     * Lets go of the pages of all files below a folder; those that some process has mapped, or that are not on disk yet, stay.
     * Returns for how many files the system took the advice.
     */
    static int drop(Path folder) throws Problem {
        try (Stream<Path> found = Files.walk(folder); Arena arena = Arena.ofConfined()) {
            List<Path> files = found.filter(Files::isRegularFile).toList();
            MethodHandle open = call("open", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
                    2);
            MethodHandle advise = call("posix_fadvise", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT), -1);
            MethodHandle close = call("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT), -1);
            int dropped = 0;
            for (Path file : files) {
                MemorySegment name = arena.allocateFrom(file.toString());
                int descriptor = (int) open.invokeExact(name, READ_ONLY);
                if (descriptor >= 0) {
                    dropped += (int) advise.invokeExact(descriptor, 0L, 0L, DONTNEED) == 0 ? 1 : 0;
                    int ignored = (int) close.invokeExact(descriptor);
                }
            }
            return dropped;
        } catch (IOException e) {
            throw Disk.problem("looking through", folder, e);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("a call of the C library failed", e);
        }
    }

    /** @param variadicFrom first argument that the C function takes as one of any number; -1 for none */
    private static MethodHandle call(String name, FunctionDescriptor descriptor, int variadicFrom) {
        Linker linker = Linker.nativeLinker();
        MemorySegment address = linker.defaultLookup().find(name).orElseThrow();
        return variadicFrom < 0 ? linker.downcallHandle(address, descriptor)
                : linker.downcallHandle(address, descriptor, Linker.Option.firstVariadicArg(variadicFrom));
    }
}
