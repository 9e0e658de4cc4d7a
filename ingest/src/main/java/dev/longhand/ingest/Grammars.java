package dev.longhand.ingest;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.treesitter.TSLanguage;
import org.treesitter.TSParser;
import org.treesitter.TreeSitterC;
import org.treesitter.TreeSitterGo;
import org.treesitter.TreeSitterJava;
import org.treesitter.TreeSitterJavascript;
import org.treesitter.TreeSitterPython;
import org.treesitter.TreeSitterRust;
import org.treesitter.TreeSitterTypescript;

/**
 * tree-sitter's grammars, loaded when they are first asked for. A grammar that this platform cannot load is missing for the whole
 * process. Thread-safe.
 *
 * <p>A native library must be a file to be loaded: it is copied into a folder of its own, which is deleted as soon as it is loaded.
 * Left alone the binding would leave a copy among the temporary files whenever the process is killed.
 */
final class Grammars {
    /** Where the binding looks for libraries before it copies them itself. */
    private static final String FOLDER = "tree-sitter-lib";
    private static final String RESOURCES = "lib/";

    /** How a grammar is made, once its libraries are there. */
    @FunctionalInterface
    private interface Maker {
        TSLanguage make();
    }

    private static final Map<String, Maker> MAKERS = Map.of(
            "c", () -> new TreeSitterC(),
            "go", () -> new TreeSitterGo(),
            "java", () -> new TreeSitterJava(),
            "javascript", () -> new TreeSitterJavascript(),
            "python", () -> new TreeSitterPython(),
            "rust", () -> new TreeSitterRust(),
            "typescript", () -> new TreeSitterTypescript());

    private static final Map<String, Optional<TSLanguage>> LOADED = new HashMap<>(); // with the class's lock

    private Grammars() {}

    static synchronized Optional<TSLanguage> of(String language) {
        if (!MAKERS.containsKey(language)) {
            return Optional.empty();
        }
        return LOADED.computeIfAbsent(language, Grammars::load);
    }

    /** The caller does without what cannot be loaded; the structure of code is then guessed at. */
    private static Optional<TSLanguage> load(String language) {
        try {
            Path folder = Files.createTempDirectory("longhand-grammar-");
            try {
                copy("tree-sitter", folder);
                copy("tree-sitter-" + language, folder);
                System.setProperty(FOLDER, folder.toString());
                TSLanguage made = MAKERS.get(language).make();
                new TSParser(); // loads the parser's own library, while its copy is there
                return Optional.of(made);
            } finally {
                System.clearProperty(FOLDER);
                delete(folder);
            }
        } catch (IOException | LinkageError | RuntimeException e) {
            return Optional.empty();
        }
    }

    private static void copy(String library, Path folder) throws IOException {
        String name = RESOURCES + platform().formatted(library);
        try (InputStream in = TSLanguage.class.getClassLoader().getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException("no library " + name);
            }
            Path file = folder.resolve(name);
            Files.createDirectories(file.getParent());
            Files.copy(in, file);
        }
    }

    private static String platform() {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String machine = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        String architecture = machine.equals("amd64") ? "x86_64" : machine;
        return architecture + (system.contains("linux") ? "-linux-gnu-%s.so"
                : system.contains("mac") ? "-macos-%s.dylib" : "-windows-%s.dll");
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path each : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
                // Some systems keep the file of a loaded library.
                if (!each.toFile().delete()) {
                    each.toFile().deleteOnExit();
                }
            }
        }
    }

    static List<String> languages() {
        return MAKERS.keySet().stream().sorted().toList();
    }
}
