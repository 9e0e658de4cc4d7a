package dev.longhand.base;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What Linux says of this process and this machine in {@code /proc}; empty where there is none. Stateless. */
public final class ProcFile {
    private static final Path STATUS = Path.of("/proc/self/status");

    private ProcFile() {}

    /** Most resident memory this process ever had. */
    public static Optional<Long> peakBytes() {
        return bytes(STATUS, "VmHWM:");
    }

    /** Resident memory of this process. */
    public static Optional<Long> residentBytes() {
        return bytes(STATUS, "VmRSS:");
    }

    public static Optional<Long> machineBytes() {
        return bytes(Path.of("/proc/meminfo"), "MemTotal:");
    }

    /** That programs can have without others being pushed to disk. */
    public static Optional<Long> availableBytes() {
        return bytes(Path.of("/proc/meminfo"), "MemAvailable:");
    }

    private static Optional<Long> bytes(Path file, String key) {
        return lines(file).stream().filter(l -> l.startsWith(key)).findFirst()
                .map(l -> Long.parseLong(l.replaceAll("[^0-9]", "")) * 1024);
    }

    /** Lines of such a file; none where it cannot be read. */
    public static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException | UncheckedIOException e) {
            return List.of();
        }
    }
}
