package dev.longhand.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.testkit.Gen;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IgnoreRulesTest {
    private static boolean ignores(String rules, String path) {
        boolean isFolder = path.endsWith("/");
        String bare = isFolder ? path.substring(0, path.length() - 1) : path;
        return IgnoreRules.none().and("", ".gitignore", rules.getBytes(StandardCharsets.UTF_8)).verdict(bare, isFolder).isIgnored();
    }

    @Test
    void followsTheTableOfGitignore() {
        String[][] ignored = {
            {"*.o", "a.o"}, {"*.o", "x/y/a.o"}, {"/a", "a"}, {"a/b", "a/b"}, {"build/", "x/build/"}, {"**/foo", "foo"}, {"**/foo",
                    "a/b/foo"},
            {"**/foo/bar", "a/foo/bar"}, {"abc/**", "abc/x"}, {"abc/**", "abc/x/y"}, {"a/**/b", "a/b"}, {"a/**/b", "a/x/y/b"},
            {"foo?", "food"}, {"[a-c]x", "bx"}, {"[!a-c]x", "dx"}, {"[]x]y", "]y"}, {"[[:digit:]]", "7"}, {"\\#a", "#a"}, {"\\!a",
            "!a"},
            {"a\\ ", "a "}, {"a  ", "a"}, {"a\r\nb", "a"}, {"\ufeffa", "a"}, {"*\n!keep", "x"}, {"!a\na", "a"}, {"中*", "中文"},
            {"foo***bar", "fooxbar"}, {"a\\*b", "a*b"}, {"**", "x"}, {"/*", "x"}};
        for (String[] row : ignored) {
            assertThat(ignores(row[0], row[1])).as(row[0] + " ignores " + row[1]).isTrue();
        }
        String[][] kept = {
            {"*.o", "a.c"}, {"/a", "x/a"}, {"a/b", "x/a/b"}, {"build/", "build"}, {"abc/**", "abc/"}, {"a/*/b", "a/x/y/b"}, {"a?b",
                    "a/b"},
            {"a[/]b", "a/b"}, {"#a", "#a"}, {"*\n!keep", "keep"}, {"a\n!a", "a"}, {"", "a"}, {"/", "a"}, {"[a", "[a"}, {"a\\",
                    "a\\"},
            {"foo**bar", "foo/bar"}, {"a//", "a/"}, {"/*", "x/y"}};
        for (String[] row : kept) {
            assertThat(ignores(row[0], row[1])).as(row[0] + " keeps " + row[1]).isFalse();
        }
    }

    @Test
    void aHostilePatternTakesNoLongerThanItsLength() {
        String pattern = "*a".repeat(1_000) + "**/".repeat(100) + "b";
        Assertions.assertTimeoutPreemptively(Duration.ofSeconds(5), () -> ignores(pattern, "a".repeat(1_000)));
    }

    /**
     * Goal: what git ignores is ignored, and nothing else. Method: seeded trees and rule files with every feature, nested files and
     * negations included; the files that a walk reads are compared with {@code git ls-files --others --exclude-standard}.
     */
    @Test
    void agreesWithGitOnRandomTrees(@TempDir Path folder) throws Exception {
        for (long seed = 1; seed <= 30; seed++) {
            Path root = Files.createDirectory(folder.resolve("tree" + seed));
            Gen gen = new Gen(seed);
            git(root, "init", "-q");
            List<Path> folders = new ArrayList<>(List.of(root));
            for (int i = 0; i < 14; i++) {
                Path next = gen.oneOf(folders.toArray(new Path[0])).resolve(gen.oneOf("a", "b", "ab", "foo", "b.d", "中"));
                if (!Files.exists(next)) {
                    folders.add(Files.createDirectory(next));
                }
            }
            for (int i = 0; i < 60; i++) {
                Path file = gen.oneOf(folders.toArray(new Path[0])).resolve(gen.oneOf("x", "a.o", "b.c", "foo", "é", "bar", "[a]",
                        "a b", "#x", "!x"));
                if (!Files.exists(file)) {
                    Files.writeString(file, "text\n");
                }
            }
            for (Path at : folders) {
                if (at.equals(root) || gen.chance(0.4)) {
                    Files.writeString(at.resolve(".gitignore"), rules(gen));
                }
            }
            Files.createDirectories(root.resolve(".git/info"));
            Files.writeString(root.resolve(".git/info/exclude"), rules(gen));
            Set<String> expected = new TreeSet<>(List.of(git(root, "ls-files", "-z", "--others",
                    "--exclude-per-directory=.gitignore",
                    "--exclude-from=.git/info/exclude").split("\0")));
            expected.remove("");
            Set<String> read = new TreeSet<>(Collected.of(root).paths());
            assertThat(read).as("seed " + seed + ", rules:\n" + allRules(root)).isEqualTo(expected);
            Path inner = gen.oneOf(folders.toArray(new Path[0]));
            if (!inner.equals(root)) {
                String prefix = root.relativize(inner) + "/";
                Set<String> part = expected.stream().filter(p -> p.startsWith(prefix)).map(p -> p.substring(prefix.length()))
                        .collect(Collectors.toCollection(TreeSet::new));
                if (!part.isEmpty()) {
                    assertThat(new TreeSet<>(Collected.of(inner).paths())).as("seed " + seed + " from " + prefix).isEqualTo(part);
                }
            }
        }
    }

    private static String rules(Gen gen) {
        StringBuilder rules = new StringBuilder("# rules\n");
        for (int i = gen.between(0, 5); i > 0; i--) {
            rules.append(gen.chance(0.3) ? "!" : "").append(gen.chance(0.2) ? "/" : "");
            rules.append(gen.oneOf("a", "foo", "*.o", "a*", "**/foo", "a/**", "a/**/x", "*/b", "[ab]", "[!a]", "?", "b.?", "é",
                    "中", "中/*", "\\#x",
                    "\\!x", "a b", "x ", "[[:alpha:]]", "*a*", "**", "a/b", "b/**/*.c", "\\[a\\]", "[a", "***", "foo/", "*/",
                    "a\\"));
            rules.append(gen.chance(0.15) ? "/" : "").append(gen.oneOf("\n", "\n", "\r\n"));
        }
        return rules.toString();
    }

    private static String allRules(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            StringBuilder all = new StringBuilder();
            for (Path p : files.filter(f -> f.endsWith(".gitignore") || f.endsWith("exclude")).toList()) {
                all.append(root.relativize(p)).append(": ").append(Files.readString(p).replace("\n", " | ")).append('\n');
            }
            return all.toString();
        }
    }

    private static String git(Path root, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("git", "-c", "core.excludesFile=/dev/null", "-c", "core.quotePath=false"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).directory(root.toFile()).redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (OutputStream in = process.getOutputStream()) {
            in.flush();
        }
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        return out;
    }
}
