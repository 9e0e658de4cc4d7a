package dev.longhand.cli;

import dev.longhand.base.ProcFile;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the operating system says of this machine and this process, from {@code /proc} and {@code /sys}. Where there is none, an
 * answer is empty and the caller says so.
 */
final class Machine {
    private static final List<String> FEATURES_OF_INTEREST = List.of("avx", "avx2", "fma", "f16c", "avx512f", "avx512bw",
            "avx512vl",
            "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8", "amx_bf16", "asimd", "asimddp", "sve", "i8mm");

    private Machine() {}

    static Optional<String> cpuName() {
        return ProcFile.lines(Path.of("/proc/cpuinfo")).stream().filter(l -> l.startsWith("model name")).findFirst()
                .map(l -> l.substring(l.indexOf(':') + 1).strip());
    }

    /** Instruction sets that matter to the kernels, as Linux names them. */
    static List<String> cpuFeatures() {
        Set<String> all = ProcFile.lines(Path.of("/proc/cpuinfo")).stream()
                .filter(l -> l.startsWith("flags") || l.startsWith("Features")).findFirst()
                .map(l -> Set.of(l.substring(l.indexOf(':') + 1).strip().split("\\s+"))).orElse(Set.of());
        return FEATURES_OF_INTEREST.stream().filter(all::contains).toList();
    }

    /** {@code "always"}, {@code "madvise"} or {@code "never"}. */
    static Optional<String> transparentHugePages() {
        return ProcFile.lines(Path.of("/sys/kernel/mm/transparent_hugepage/enabled")).stream().findFirst()
                .map(l -> l.replaceAll(".*\\[(\\w+)].*", "$1"));
    }

    /** The C compiler a build would use. */
    static Optional<Path> compiler(Map<String, String> environment) {
        List<String> names = new ArrayList<>(List.of("cc", "gcc", "clang"));
        String chosen = environment.getOrDefault("CC", "");
        if (!chosen.isBlank()) {
            names.addFirst(chosen);
        }
        for (String name : names) {
            for (String folder : environment.getOrDefault("PATH", "").split(File.pathSeparator)) {
                Path file = Path.of(folder.isEmpty() ? "." : folder, name);
                if (Files.isExecutable(file) && !Files.isDirectory(file)) {
                    return Optional.of(file);
                }
            }
        }
        return Optional.empty();
    }
}
