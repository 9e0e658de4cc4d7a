package dev.longhand.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Problem;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Goal: a corpus has real, different texts of bounded size. Method: files made here and the four committed sources. */
class CorpusTest {
    private static final CorpusPlan PLAN = new CorpusPlan(10, 100, 250, false);

    @TempDir
    private Path folder;

    private static byte[] text(String start, int chars) {
        return (start + "x".repeat(chars - start.length())).getBytes(StandardCharsets.UTF_8);
    }

    private static Corpus corpus() {
        Map<String, byte[]> first = new TreeMap<>();
        first.put("d/short.md", text("a", 9));
        first.put("d/long.md", text("a", 101));
        first.put("d/broken.md", new byte[] {'b', 'r', 'o', 'k', 'e', 'n', (byte) 0xff, ' ', ' ', ' ', ' ', ' '});
        first.put("d/one.md", text("one", 80));
        first.put("d/two.py", text("two", 80));
        first.put("d/three.py", text("three", 80));
        first.put("d/four.py", text("four", 80));
        Map<String, byte[]> second = new TreeMap<>(Map.of("same.md", text("one", 80), "own.md", "line\r\nends are\rplain".getBytes(
                StandardCharsets.UTF_8)));
        Map<String, Map<String, byte[]>> files = new LinkedHashMap<>();
        files.put("first", first);
        files.put("second", second);
        return Corpus.of(PLAN, files);
    }

    @Test
    void takesEachTextOnceWithinTheLimits() {
        Corpus corpus = corpus();
        assertThat(corpus.bySource().get("first")).hasSize(3).extracting(CorpusDocument::path).startsWith("d/one.md")
                .doesNotContain("d/short.md", "d/long.md", "d/broken.md");
        assertThat(corpus.bySource().get("second")).extracting(CorpusDocument::text).containsExactly("line\nends are\nplain");
        assertThat(corpus.chars()).isEqualTo(259);
        assertThat(corpus.digest()).isEqualTo(corpus().digest()).isNotEqualTo(CorpusFixture.corpus().digest());
    }

    @Test
    void leavesOutWhatIsTheSameEverywhere() {
        assertThat(Corpus.isWanted("p-1/docs/index.rst")).isTrue();
        assertThat(Corpus.isWanted("p/Words.java")).isTrue();
        assertThat(Corpus.isWanted("p-1/LICENSE.txt")).isFalse();
        assertThat(Corpus.isWanted("p-1/p.egg-info/SOURCES.txt")).isFalse();
        assertThat(Corpus.isWanted("p-1/data.json")).isFalse();
    }

    @Test
    void dividesSourcesByNameAlone() {
        Corpus corpus = CorpusFixture.corpus();
        assertThat(corpus.sources()).containsExactly("alpha", "beta", "delta", "gamma");
        assertThat(corpus.half(Half.TUNING).documents().size() + corpus.half(Half.TEST).documents().size()).isEqualTo(8);
        assertThat(corpus.half(Half.TEST).sources()).doesNotContainAnyElementsOf(corpus.half(Half.TUNING).sources());
        assertThat(Half.of("flask")).isEqualTo(Half.TEST);
        assertThat(Half.of("jsoup")).isEqualTo(Half.TEST);
    }

    @Test
    void writesFilesForADesk() throws Exception {
        Corpus corpus = CorpusFixture.corpus();
        Path written = corpus.writeBelow(folder);
        assertThat(written.resolve("gamma/kernels.md")).content().isEqualTo(corpus.documents().stream()
                .filter(d -> d.name().equals("gamma/kernels.md")).findFirst().orElseThrow().text());
        Files.delete(written.resolve("gamma/kernels.md"));
        assertThat(corpus.writeBelow(folder)).as("not written twice").isEqualTo(written);
        assertThat(written.resolve("gamma/kernels.md")).doesNotExist();
        assertThat(folder.toFile().list()).as("no part is left").hasSize(1);
    }

    @Test
    void hasTokensCloseToTheirSum() throws Problem {
        long sum = new LookupTasks(CorpusFixture.corpus(), CorpusFixture.TOKENS, 1).corpusTokens();
        long exact = CorpusFixture.texts().stream().mapToLong(CorpusFixture.TOKENS::of).sum();
        assertThat(sum).isBetween(exact, exact + 8);
    }
}
