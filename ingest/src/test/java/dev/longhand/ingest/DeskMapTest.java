package dev.longhand.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.testkit.Gen;
import dev.longhand.testkit.Seed;
import dev.longhand.testkit.SourcePackages;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DeskMapTest {
    private static final List<DeskMap.File> FILES = List.of(
            new DeskMap.File("README.md", 40, 500, List.of("Longhand", "Install")),
            new DeskMap.File("src/main/java/a/A.java", 100, 1_200, List.of("A", "run", "stop")),
            new DeskMap.File("src/main/java/a/B.java", 50, 600, List.of("B")),
            new DeskMap.File("src/main/java/Main.java", 9, 80, List.of("Main", "main")),
            new DeskMap.File("docs/x/deep.md", 10, 90, List.of()));

    @Test
    void showsTheWholeTreeWhereItFits() {
        assertThat(DeskMap.of(FILES, 1_000)).isEqualTo("""
                5 documents, 2,470 tokens; after each file its lines/tokens
                docs/x/ 1 document, 90 tokens
                  deep.md 10/90
                src/main/java/ 3 documents, 1,880 tokens
                  a/ 2 documents, 1,800 tokens
                    A.java 100/1200: A, run, stop
                    B.java 50/600: B
                  Main.java 9/80: Main, main
                README.md 40/500: Longhand, Install
                """);
    }

    @Test
    void leavesSymbolsOutFirstAndThenKeepsFoldersClosed() {
        assertThat(DeskMap.of(FILES, 297)).isEqualTo("""
                5 documents, 2,470 tokens; after each file its lines/tokens
                docs/x/ 1 document, 90 tokens
                  deep.md 10/90
                src/main/java/ 3 documents, 1,880 tokens
                  a/ 2 documents, 1,800 tokens
                    A.java 100/1200: A, run
                    B.java 50/600: B
                  Main.java 9/80: Main, main
                README.md 40/500: Longhand, Install
                """);
        assertThat(DeskMap.of(FILES, 200)).isEqualTo("""
                5 documents, 2,470 tokens; after each file its lines/tokens
                docs/x/ 1 document, 90 tokens
                src/main/java/ 3 documents, 1,880 tokens
                  a/ 2 documents, 1,800 tokens
                  Main.java 9/80
                README.md 40/500
                """);
        assertThatThrownBy(() -> DeskMap.of(FILES, 199)).hasMessage("charsMax is 199; it must be at least 200");
        assertThat(DeskMap.of(List.of(), 200)).isEqualTo("0 documents, 0 tokens; after each file its lines/tokens\n");
    }

    @Test
    void sumsUpWhatTheRootHoldsTooMuchOf() {
        List<DeskMap.File> files = IntStream.range(0, 1_000)
                .mapToObj(i -> new DeskMap.File("file%03d.txt".formatted(i), 1, 1 + i % 7, List.of())).toList();
        String map = DeskMap.of(files, 400);
        assertThat(map).startsWith("1,000 documents, 3,997 tokens").contains("\nfile006.txt 1/7\n").doesNotContain("file000")
                .containsPattern("\n… 9\\d\\d documents more, 3,8\\d\\d tokens\n$");
    }

    /**
     * Goal: never longer than asked, the same in any order, every document is in it or counted. Method: random trees and lengths.
     */
    @Test
    void keepsItsLengthAndCountsEveryDocument() {
        Seed seed = Seed.of("ingest", DeskMapTest.class, 11);
        Gen gen = seed.gen();
        for (int round = 0; round < 300; round++) {
            List<DeskMap.File> files = new ArrayList<>();
            int n = gen.between(0, 120);
            for (int i = 0; i < n; i++) {
                StringBuilder path = new StringBuilder();
                for (int depth = gen.between(0, 6); depth > 0; depth--) {
                    path.append(gen.oneOf("a", "b", "src", "long-folder-name", "文件")).append('/');
                }
                files.add(new DeskMap.File(path + "f" + i, gen.between(1, 900), gen.between(1, 9_000),
                        IntStream.range(0, gen.between(0, 15)).mapToObj(k -> "name" + k).toList()));
            }
            int charsMax = gen.between(200, 6_000);
            String map = DeskMap.of(files, charsMax);
            assertThat(map.length()).as(seed.toString()).isLessThanOrEqualTo(charsMax);
            assertThat(documents(map)).as(seed + "\n" + map).isEqualTo(n);
            Collections.shuffle(files, new Random(round));
            assertThat(DeskMap.of(files, charsMax)).as(seed.toString()).isEqualTo(map);
        }
    }

    /** Documents that a map's lines stand for: files, closed folders and what is more. */
    private static long documents(String map) {
        String[] lines = map.split("\n");
        long found = 0;
        for (int i = 1; i < lines.length; i++) {
            String line = lines[i].strip();
            boolean isFolder = line.matches(".*/ [0-9,]+ documents?, .*");
            boolean isOpen = isFolder && i + 1 < lines.length && indent(lines[i + 1]) > indent(lines[i]);
            if (isFolder && !isOpen || line.startsWith("…")) {
                found += Long.parseLong(line.replaceFirst("^(?:… |.*/ )([0-9,]+) document.*", "$1").replace(",", ""));
            } else if (!isFolder) {
                found++;
            }
        }
        return found;
    }

    private static int indent(String line) {
        return line.length() - line.stripLeading().length();
    }

    @Test
    void mapsARealPackageWithItsSymbolsAndHeadings() throws Exception {
        Collected click = Collected.of(SourcePackages.CLICK.folder());
        List<DeskMap.File> files = click.documents.stream().map(DeskMap.File::of).toList();
        String map = DeskMap.of(files, 8_000);
        assertThat(map.length()).isBetween(7_000, 8_000);
        assertThat(map).containsPattern("(?m)^ *core.py 3042/\\d+: \\w+, \\w+").containsPattern("(?m)^ *README.rst \\d+/\\d+: ")
                .containsPattern("(?m)^ *docs/ \\d+ documents");
        assertThat(DeskMap.of(files, 400)).contains("src/ 20 documents");
    }
}
