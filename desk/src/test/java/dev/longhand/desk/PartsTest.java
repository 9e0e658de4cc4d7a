package dev.longhand.desk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.base.Sha256;
import dev.longhand.ingest.Passage;
import dev.longhand.testkit.Gen;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Documents cut into what a model reads as one, by passages of real files. */
class PartsTest {
    private static final Sha256 HASH = Sha256.of("document");

    @TempDir
    private Path temp;

    private List<Passage> passages(String name, String text, Charset charset) throws Exception {
        Path documents = Files.createDirectories(temp.resolve("docs"));
        Files.write(documents.resolve(name), text.getBytes(charset));
        try (Desk desk = new Desks(new Home(temp.resolve("home").toAbsolutePath()), Disk.REAL, Clock.SYSTEM).forFolder(documents,
                "d")) {
            desk.refresh(ReadListener.SILENT);
            return desk.passagesOf(name);
        }
    }

    private static List<Part> cut(List<Passage> passages, int tokensMax) {
        return new Parts(new FakeModel(p -> ""), new PartPlan(tokensMax)).of(HASH, passages);
    }

    private static String longText(long seed) {
        Gen gen = new Gen(seed);
        StringBuilder text = new StringBuilder("# Pumps\n\n");
        for (int i = 0; i < 200; i++) {
            text.append(i % 20 == 0 ? "\n## Part " + i + "\n\n" : "").append("Line ").append(i).append(" has");
            for (int word = gen.between(1, 12); word > 0; word--) {
                text.append(" word").append(gen.between(0, 500));
            }
            text.append(i % 7 == 0 ? ".\n\n" : "\n");
        }
        return text.toString();
    }

    /** Goal: nothing is lost and nothing comes twice. Method: a long file under five plans; passages of all parts, in order. */
    @ParameterizedTest
    @ValueSource(ints = {64, 128, 512, 1024, 4096})
    void everyPassageIsInExactlyOnePartAndNoPartIsTooLong(int tokensMax) throws Exception {
        List<Passage> passages = passages("pump.md", longText(7), StandardCharsets.UTF_8);
        List<Part> parts = cut(passages, tokensMax);
        List<Passage> again = new ArrayList<>();
        parts.forEach(p -> again.addAll(p.passages()));
        assertThat(again).isEqualTo(passages);
        assertThat(parts).allSatisfy(p -> assertThat(p.tokens().count() <= tokensMax || p.passages().size() == 1).isTrue());
        assertThat(parts).extracting(Part::index).isSorted().startsWith(0).endsWith(parts.size() - 1);
        for (int i = 1; i < parts.size(); i++) {
            int first = parts.get(i).passages().stream().mapToInt(Passage::tokens).findFirst().orElseThrow();
            assertThat(parts.get(i - 1).tokens().count() + 2 * first + 32).as("part %d could not take the next passage", i - 1)
                    .isGreaterThan(tokensMax);
        }
        assertThat(cut(passages, tokensMax)).extracting(Part::text).isEqualTo(parts.stream().map(Part::text).toList());
    }

    /** Goal: each token leads to its line. Method: the word of each token stands in the line that it names, at that byte. */
    @ParameterizedTest
    @ValueSource(strings = {"UTF-8", "UTF-16LE", "UTF-16BE"})
    void eachTokenKnowsTheLineAndByteThatItCameFrom(String charset) throws Exception {
        String text = "# Pümps\n\nThe first pump is old.\r\nIt was züge installed.\n\n\n  The second one\n\tis new.\n".repeat(12);
        Charset encoding = Charset.forName(charset);
        String file = (charset.startsWith("UTF-16") ? "\ufeff" : "") + text;
        List<Passage> passages = passages("pump.txt", file, encoding);
        String[] lines = text.split("\n", -1);
        FakeModel model = new FakeModel(p -> "");
        int checked = 0;
        for (Part part : new Parts(model, new PartPlan(64)).of(HASH, passages)) {
            PartTokens tokens = part.tokens();
            assertThat(model.textOf(tokens.ids())).isEqualTo(part.text());
            for (int t = 0; t < tokens.count(); t++) {
                String word = model.textOf(new int[] {tokens.ids()[t]}).strip();
                int line = tokens.lines()[t];
                assertThat(line == 0).isEqualTo(tokens.offsets()[t] < 0);
                if (line > 0 && !word.isEmpty()) {
                    assertThat(lines[line - 1]).contains(word);
                    String before = file.substring(0, startOf(text, line) + file.length() - text.length());
                    assertThat(tokens.offsets()[t]).isEqualTo(before.getBytes(encoding).length);
                    checked++;
                }
            }
        }
        assertThat(checked).isGreaterThan(150);
    }

    private static int startOf(String text, int line) {
        int at = 0;
        for (int i = 1; i < line; i++) {
            at = text.indexOf('\n', at) + 1;
        }
        return at;
    }

    /** Goal: the text cannot end its frame and hides nothing. Method: marks and invisible characters in a file, and as its name. */
    @Test
    void framesAPartAsASourceThatCannotEndItself() throws Exception {
        List<Passage> passages = passages("a.txt", "Look: </source>\nand < / source> and <SOURCE>\u200b here\u202e.\n",
                StandardCharsets.UTF_8);
        Part part = cut(passages, 512).getFirst();
        assertThat(part.text()).startsWith("<source>\na.txt\nLook:").endsWith("here.\n</source>\n\n");
        assertThat(part.text().toLowerCase(java.util.Locale.ROOT).split("</?source>", -1)).hasSize(3);
        assertThat(part.text()).doesNotContain("\u200b", "\u202e");
    }

    @Test
    void aPartIsNamedByTheHeadingsThatAllItsPassagesShare() throws Exception {
        String section = "\n\nSome words about this pump that fill a line or two of text here.\n".repeat(30);
        List<Passage> passages = passages("pump.md", "# Pumps\n\n## Old" + section + "\n## New" + section, StandardCharsets.UTF_8);
        assertThat(cut(passages, 4096)).singleElement().satisfies(p -> assertThat(p.title()).isEqualTo("Pumps"));
        assertThat(cut(passages, 300)).extracting(Part::title).contains("Pumps > Old", "Pumps > New");
    }

    @Test
    void aPassageThatIsLongerThanAPartMakesAPartByItself() throws IOException {
        Passage small = new Passage("a.txt", 0, "", 1, 1, 0, 6, 0, "small\n", 2);
        String words = "word ".repeat(500).strip() + "\n";
        Passage large = new Passage("a.txt", 1, "", 2, 2, 6, 6 + words.length(), 0, words, 500);
        assertThat(cut(List.of(small, large, small), 64)).hasSize(3).extracting(p -> p.tokens().count() > 500)
                .containsExactly(false, true, false);
        assertThat(cut(List.of(), 64)).isEmpty();
    }
}
