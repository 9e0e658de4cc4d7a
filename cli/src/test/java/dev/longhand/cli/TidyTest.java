package dev.longhand.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/**
 * Holds the style of the source tree as a ratchet: a new offence fails, an old one that is listed may only shrink.
 *
 * <p>The list is {@code long-functions.txt} beside this class's resources: {@code lines file#function}.
 */
class TidyTest {
    private static final int FUNCTION_LINES_MAX = 60;
    private static final int FILE_LINES_MAX = 500;
    private static final int COLUMNS_MAX = 132;
    private static final Pattern WILDCARD = Pattern.compile("^import .*\\*;");
    private static final Pattern UNFINISHED = Pattern.compile("\\b(TODO|FIXME|XXX)\\b");
    private static final Pattern SKIPPED = Pattern.compile("@(Disabled|Ignore)\\b(?!On)");
    private static final Pattern HIDDEN_INPUT = Pattern.compile("System\\.(nanoTime|currentTimeMillis)\\(|Instant\\.now\\("
            + "|LocalDate(Time)?\\.now\\(|new Random\\(|Math\\.random\\(|Thread\\.sleep\\(");

    static final Path ROOT = root();

    private static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("base/src/main/java"))) {
            folder = folder.getParent();
        }
        return folder;
    }

    /** Java files under {@code <module>/src/<set>}, sorted. */
    private static List<Path> sources(String... sets) throws IOException {
        List<Path> found = new ArrayList<>();
        try (Stream<Path> modules = Files.list(ROOT)) {
            for (Path module : modules.filter(Files::isDirectory).sorted().toList()) {
                for (String set : sets) {
                    Path folder = module.resolve("src").resolve(set).resolve("java");
                    if (Files.isDirectory(folder)) {
                        try (Stream<Path> files = Files.walk(folder)) {
                            files.filter(f -> f.toString().endsWith(".java")).sorted().forEach(found::add);
                        }
                    }
                }
            }
        }
        return found;
    }

    /** Goal: plain rules of text hold everywhere. Method: every line of every source and test. */
    @Test
    void keepsLinesPlain() throws IOException {
        List<String> offences = new ArrayList<>();
        for (Path file : sources("main", "test")) {
            List<String> lines = Files.readAllLines(file);
            for (int i = 0; i < lines.size(); i++) {
                String line = lines.get(i);
                String place = ROOT.relativize(file) + ":" + (i + 1);
                if (WILDCARD.matcher(line).find()) {
                    offences.add(place + " imports a wildcard");
                }
                if (!file.endsWith("TidyTest.java") && UNFINISHED.matcher(line).find()) {
                    offences.add(place + " leaves work for later");
                }
                if (line.indexOf('\t') >= 0) {
                    offences.add(place + " has a tab");
                }
            }
        }
        assertEquals(List.of(), offences);
    }

    /** Goal: lines fit a screen. Method: the lines over the limit of each file are counted; the list holds the old ones. */
    @Test
    void keepsLinesShort() throws IOException {
        Map<String, Integer> listed = listed("long-lines.txt");
        List<String> offences = new ArrayList<>();
        for (Path file : sources("main", "test")) {
            List<String> lines = Files.readAllLines(file);
            String name = ROOT.relativize(file).toString();
            List<Integer> tooLong = IntStream.range(0, lines.size()).filter(i -> lines.get(i).length() > COLUMNS_MAX)
                    .mapToObj(i -> i + 1).toList();
            if (tooLong.size() > listed.getOrDefault(name, 0)) {
                offences.add(name + ": lines " + tooLong + " have more than " + COLUMNS_MAX + " columns; "
                        + listed.getOrDefault(name, 0) + " such lines are listed");
            }
        }
        assertEquals(List.of(), offences);
    }

    /** Goal: time and chance come through seams. Method: the calls appear in base only. */
    @Test
    void readsTimeAndChanceInBaseOnly() throws IOException {
        List<String> offences = new ArrayList<>();
        for (Path file : sources("main")) {
            if (file.startsWith(ROOT.resolve("base"))) {
                continue;
            }
            List<String> lines = Files.readAllLines(file);
            for (int i = 0; i < lines.size(); i++) {
                if (HIDDEN_INPUT.matcher(lines.get(i)).find()) {
                    offences.add(ROOT.relativize(file) + ":" + (i + 1) + " " + lines.get(i).strip());
                }
            }
        }
        assertEquals(List.of(), offences, "use dev.longhand.base.Clock, or a seeded generator");
    }

    /** Goal: no skipped test, no silenced one. Method: the annotations appear nowhere. */
    @Test
    void skipsNoTest() throws IOException {
        List<String> offences = new ArrayList<>();
        for (Path file : sources("test")) {
            String text = Files.readString(file);
            if (!file.endsWith("TidyTest.java") && SKIPPED.matcher(text).find()) {
                offences.add(ROOT.relativize(file).toString());
            }
        }
        assertEquals(List.of(), offences);
    }

    /** Goal: functions stay short. Method: the compiler's own parser measures each; the list holds the old ones. */
    @Test
    void keepsFunctionsShort() throws IOException {
        Map<String, Integer> listed = listed("long-functions.txt");
        Map<String, Integer> found = longFunctions();
        List<String> offences = new ArrayList<>();
        found.forEach((name, lines) -> {
            Integer allowed = listed.get(name);
            if (allowed == null) {
                offences.add(name + " has " + lines + " lines; at most " + FUNCTION_LINES_MAX);
            } else if (lines > allowed) {
                offences.add(name + " grew from " + allowed + " to " + lines + " lines; it may only shrink");
            }
        });
        listed.keySet().stream().filter(name -> !found.containsKey(name))
                .forEach(name -> offences.add(name + " is listed in long-functions.txt and is short or gone: take it off"));
        assertEquals(List.of(), offences);
    }

    /** Goal: files stay readable in one sitting. Method: lines of every production file; the list holds the old ones. */
    @Test
    void keepsFilesShort() throws IOException {
        Map<String, Integer> listed = listed("long-files.txt");
        List<String> offences = new ArrayList<>();
        for (Path file : sources("main")) {
            int lines = Files.readAllLines(file).size();
            String name = ROOT.relativize(file).toString();
            if (lines > listed.getOrDefault(name, FILE_LINES_MAX)) {
                offences.add(name + " has " + lines + " lines; at most " + listed.getOrDefault(name, FILE_LINES_MAX));
            }
        }
        assertEquals(List.of(), offences);
    }

    private static Map<String, Integer> listed(String resource) throws IOException {
        Map<String, Integer> listed = new TreeMap<>();
        try (InputStream in = TidyTest.class.getResourceAsStream(resource)) {
            assertTrue(in != null, resource + " is missing");
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
                if (!line.isBlank() && !line.startsWith("#")) {
                    String[] parts = line.strip().split("\\s+", 2);
                    listed.put(parts[1], Integer.parseInt(parts[0]));
                }
            }
        }
        return listed;
    }

    private static Map<String, Integer> longFunctions() throws IOException {
        Map<String, Integer> found = new TreeMap<>();
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
            JavacTask task = (JavacTask) compiler.getTask(null, files, null, List.of("-proc:none"), null,
                    files.getJavaFileObjectsFromPaths(sources("main")));
            SourcePositions positions = Trees.instance(task).getSourcePositions();
            for (CompilationUnitTree unit : task.parse()) {
                String name = ROOT.relativize(Path.of(unit.getSourceFile().toUri())).toString();
                new Measure(unit, positions, name, found).scan(unit, null);
            }
        }
        return found;
    }

    /** Measures methods and constructors of one file. */
    private static final class Measure extends TreeScanner<Void, Void> {
        private final CompilationUnitTree unit;
        private final SourcePositions positions;
        private final String file;
        private final Map<String, Integer> found;

        Measure(CompilationUnitTree unit, SourcePositions positions, String file, Map<String, Integer> found) {
            this.unit = unit;
            this.positions = positions;
            this.file = file;
            this.found = found;
        }

        @Override
        public Void visitMethod(MethodTree method, Void nothing) {
            if (method.getBody() != null) {
                long from = unit.getLineMap().getLineNumber(positions.getStartPosition(unit, method.getBody()));
                long to = unit.getLineMap().getLineNumber(positions.getEndPosition(unit, method.getBody()));
                int lines = (int) (to - from + 1);
                if (lines > FUNCTION_LINES_MAX) {
                    String types = method.getParameters().stream().map(VariableTree::getType).map(Object::toString)
                            .collect(Collectors.joining(","));
                    found.merge(file + "#" + method.getName() + "(" + types + ")", lines, Math::max);
                }
            }
            return super.visitMethod(method, nothing);
        }
    }
}
