package dev.longhand.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Sha256;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.Seed;
import dev.longhand.testkit.SourcePackages;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FindingsTest {
    private static final Seed SEED = Seed.of("ingest", FindingsTest.class, 7);

    private static Findings.Entry entry(String path, String text) {
        return new Findings.Entry(path, Sha256.of(text), Tokens.estimate(text), Sketch.of(text));
    }

    private static List<String> words(Gen gen, int n) {
        return IntStream.range(0, n).mapToObj(i -> "w" + gen.between(0, 5_000)).toList();
    }

    /** What two word lists share of all runs of five, counted. */
    private static double likeness(List<String> a, List<String> b) {
        Set<List<String>> left = runs(a);
        Set<List<String>> both = new HashSet<>(left);
        both.retainAll(runs(b));
        left.addAll(runs(b));
        return (double) both.size() / left.size();
    }

    private static Set<List<String>> runs(List<String> words) {
        Set<List<String>> runs = new HashSet<>();
        for (int i = 0; i + 5 <= words.size(); i++) {
            runs.add(List.copyOf(words.subList(i, i + 5)));
        }
        return runs;
    }

    /** Goal: the estimate is the likeness. Method: texts with more and more words changed, against the counted sets. */
    @Test
    void estimatesTheLikenessOfTwoTexts() {
        Gen gen = SEED.gen();
        double worst = 0;
        double sum = 0;
        int cases = 0;
        for (int changes = 0; changes <= 60; changes += 3) {
            List<String> words = words(gen, 500);
            List<String> other = new ArrayList<>(words);
            for (int i = 0; i < changes; i++) {
                other.set(gen.between(0, other.size()), "changed" + i);
            }
            double off = Sketch.of(String.join(" ", words)).likeness(Sketch.of(String.join("\n", other))) - likeness(words, other);
            worst = Math.max(worst, Math.abs(off));
            sum += off;
            cases++;
        }
        assertThat(worst).as(SEED.toString()).isLessThan(0.25);
        assertThat(Math.abs(sum / cases)).as(SEED.toString()).isLessThan(0.05);
    }

    @Test
    void findsSameAndNearlySameDocumentsInAnyOrder() {
        Gen gen = SEED.gen();
        String text = String.join(" ", words(gen, 400));
        List<Findings.Entry> entries = new ArrayList<>(List.of(
                entry("a/first.md", text), entry("b/copy.md", text), entry("c/near.md", text + "\n\none line more\n"),
                entry("d/part.md", text.substring(0, text.length() / 3)),
                entry("e/other.md", String.join(" ", words(gen, 400))), entry("small/1.py", "import a\n"),
                entry("small/2.py", "import a \n")));
        List<Finding> first = Findings.of(entries, List.of()).all();
        assertThat(first).hasSize(2);
        assertThat(first.get(0)).isEqualTo(new Finding(Finding.Kind.DUPLICATE, "b/copy.md", "the same bytes", "a/first.md"));
        assertThat(first.get(1).path()).isEqualTo("c/near.md");
        assertThat(first.get(1).of()).isEqualTo("a/first.md");
        assertThat(first.get(1).detail()).matches("about (9\\d|100) % of both is the same");
        for (int i = 0; i < 20; i++) {
            Collections.shuffle(entries, new Random(SEED.value() + i));
            assertThat(Findings.of(entries, List.of()).all()).as(SEED.toString()).isEqualTo(first);
        }
    }

    @Test
    void comparesIdeographs() {
        Sketch text = Sketch.of("长手把文件夹读一遍，然后回答问题，并且给出可以核对的引文。");
        assertThat(text.runs()).isEqualTo(22);
        assertThat(text.likeness(Sketch.of("长手把文件夹读一遍 然后回答问题 并且给出可以核对的引文"))).isEqualTo(1);
        assertThat(text.likeness(Sketch.of("另外一篇完全不同的文章没有任何相同的句子在里面"))).isZero();
        assertThat(Sketch.of(text.bytes()).likeness(text)).isEqualTo(1);
        assertThat(Sketch.of("one two").likeness(Sketch.of("one two"))).as("too short to say").isZero();
    }

    @Test
    void namesFoldersAndFilesOfOthersAndOfMachines() {
        List<Skip> skips = List.of(
                new Skip("ui/node_modules", Skip.Reason.VENDORED, ""),
                new Skip("ui/yarn.lock", Skip.Reason.LOCK_FILE, "its name says so"),
                new Skip("ui/app.min.js", Skip.Reason.MINIFIED, "its name says so"),
                new Skip("api/x.pb.go", Skip.Reason.GENERATED, "line 1 says so"),
                new Skip("a.bin", Skip.Reason.BINARY, "3 B"));
        Findings findings = Findings.of(List.of(entry("src/vendor/lib/vendor/a.c", "int a;\n"), entry("src/vendor/b.c", "int b;\n"),
                entry("dist/app.js", "run()\n"), entry("vendor.c", "int c;\n")), skips);
        assertThat(findings.all()).extracting(Finding::toString).containsExactly(
                "src/vendor: vendored (by its name; 2 documents of about 8 tokens are read)",
                "ui/node_modules: vendored (not read)",
                "api/x.pb.go: generated (line 1 says so; not read)",
                "dist: generated (by its name; 1 document of about 4 tokens is read)",
                "ui/app.min.js: generated (its name says so; not read)",
                "ui/yarn.lock: lock file (its name says so; not read)");
        assertThat(findings.counts()).containsEntry(Finding.Kind.GENERATED, 3).doesNotContainKey(Finding.Kind.DUPLICATE);
        assertThat(findings.of(Finding.Kind.LOCK_FILE)).hasSize(1);
    }

    /** Goal: real repetition is found and nothing else. Method: a package with the copy that another one vendors in it. */
    @Test
    void findsTheVendoredCopyOfARealPackage() throws Exception {
        List<Findings.Entry> entries = new ArrayList<>();
        Collected urllib = Collected.of(SourcePackages.URLLIB3.folder());
        urllib.documents.forEach(d -> entries.add(Findings.Entry.of(d)));
        Findings alone = Findings.of(entries, urllib.skips);
        assertThat(alone.of(Finding.Kind.NEAR_DUPLICATE).size()).as(alone.toString()).isLessThan(entries.size() / 20);
        int before = entries.size();
        for (Document document : urllib.documents) {
            String text = document.reading().chars();
            if (document.path().startsWith("src/urllib3/util/") && text.length() > 2_000) {
                entries.add(entry("pip/_vendor/" + document.path(), "# Vendored.\n" + text));
            }
        }
        List<Finding> near = Findings.of(entries, List.of()).of(Finding.Kind.NEAR_DUPLICATE);
        List<Finding> copies = near.stream().filter(f -> f.path().startsWith("src/") && f.of().startsWith("pip/_vendor/")).toList();
        assertThat(copies.size()).isEqualTo(entries.size() - before).isGreaterThan(5);
        assertThat(copies).allSatisfy(f -> assertThat(f.of()).isEqualTo("pip/_vendor/" + f.path()));
    }
}
