package dev.longhand.kernels;

import dev.longhand.base.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The native tier's library, loaded for the life of the process.
 *
 * <p>Knows where the build leaves the library and how to load it without trusting what lies on the disk: its bytes are compared
 * with the digest the build wrote beside it (a cut library would kill the process when it is mapped), copied to a directory that
 * only this user can read, loaded from there and deleted.
 */
final class NativeLibrary {
    /** Number of the calling convention; {@code lh_abi} in cpu.c answers the same. */
    private static final int ABI = 3;

    private final SymbolLookup symbols;
    private final int cpuFeatures;

    private NativeLibrary(SymbolLookup symbols, int cpuFeatures) {
        this.symbols = symbols;
        this.cpuFeatures = cpuFeatures;
    }

    /** Why there is no native tier; the message is for people. */
    static final class Unavailable extends Exception {
        Unavailable(String message) {
            super(message);
        }

        Unavailable(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** {@code linux-x86_64}: directory of this platform's library. */
    static String platform() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String arch = System.getProperty("os.arch");
        return (os.startsWith("mac") ? "macos" : os.split(" ")[0]) + "-" + (arch.equals("amd64") ? "x86_64" : arch);
    }

    /** Loads the library that the build packed beside the classes. */
    static NativeLibrary load() throws Unavailable {
        String name = "/native/" + platform() + "/liblonghand.so";
        return load(resource(name), resource(name + ".sha256"));
    }

    /** Loads a library from its bytes; both null if the build made none. */
    static NativeLibrary load(byte[] library, byte[] sha256) throws Unavailable {
        if (library == null || sha256 == null) {
            throw new Unavailable("this build has no native library for " + platform() + " (no C compiler when it was built?)");
        }
        String expected = new String(sha256, StandardCharsets.US_ASCII).strip();
        String found = Sha256.of(library).hex();
        if (!found.equals(expected)) {
            throw new Unavailable("the native library has digest " + found + ", the build wrote " + expected
                    + "; it is damaged, build again");
        }
        SymbolLookup symbols = load(library);
        int abi = callInt(symbols, "lh_abi");
        if (abi != ABI) {
            throw new Unavailable("the native library speaks version " + abi + ", this program " + ABI + "; build again");
        }
        return new NativeLibrary(symbols, callInt(symbols, "lh_cpu_features"));
    }

    private static SymbolLookup load(byte[] library) throws Unavailable {
        try {
            Path directory = Files.createTempDirectory("longhand-"); // readable by its owner only
            Path file = directory.resolve("liblonghand.so");
            try {
                Files.write(file, library);
                return SymbolLookup.libraryLookup(file, Arena.global());
            } finally {
                Files.deleteIfExists(file);
                Files.deleteIfExists(directory);
            }
        } catch (IOException | IllegalArgumentException e) {
            throw new Unavailable("the native library cannot be loaded from " + System.getProperty("java.io.tmpdir") + ": "
                    + e.getMessage() + "; set -Djava.io.tmpdir to a directory that allows execution", e);
        }
    }

    /** Bit set of cpu.c: what this CPU and operating system can run. */
    int cpuFeatures() {
        return cpuFeatures;
    }

    MemorySegment symbol(String name) throws Unavailable {
        return find(symbols, name);
    }

    private static MemorySegment find(SymbolLookup symbols, String name) throws Unavailable {
        return symbols.find(name).orElseThrow(() -> new Unavailable("the native library has no function " + name + "; build again"));
    }

    private static int callInt(SymbolLookup symbols, String name) throws Unavailable {
        MemorySegment function = find(symbols, name);
        try {
            return (int) Linker.nativeLinker().downcallHandle(function, FunctionDescriptor.of(ValueLayout.JAVA_INT)).invokeExact();
        } catch (Throwable e) {
            throw new Unavailable(name + " failed: " + e, e);
        }
    }

    private static byte[] resource(String name) throws Unavailable {
        try (InputStream in = NativeLibrary.class.getResourceAsStream(name)) {
            return in == null ? null : in.readAllBytes();
        } catch (IOException e) {
            throw new Unavailable("cannot read " + name + " from the program's files: " + e.getMessage(), e);
        }
    }
}
