package dev.longhand.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SymbolsTest {
    private static List<String> lines(List<Symbol> symbols) {
        return symbols.stream().map(s -> "%s%s %s %d-%d".formatted("  ".repeat(s.depth()), s.kind(), s.name(), s.lineFirst(),
                s.lineLast())).toList();
    }

    @Test
    void namesHeadingsWithTheLinesTheyHold() {
        Document document = Documents.of("a.md", "# Top > all\n\ntext\n\n## One\nx\n\n## Two\n\ny\n\n# Next\n\n");
        List<Symbol> symbols = Symbols.of(document);
        assertThat(lines(symbols)).containsExactly("HEADING Top > all 1-10", "  HEADING One 5-6", "  HEADING Two 8-10",
                "HEADING Next 12-12");
        Symbol two = symbols.get(2);
        assertThat(document.source().chars().substring((int) two.byteFirst(), (int) two.byteEnd())).isEqualTo("## Two\n\ny");
    }

    @Test
    void namesDefinitionsOfALanguageByItsFirstWords() {
        assertThat(lines(Symbols.of(Documents.of("a.rb", """
                class Box
                  # Puts.
                  def put(value)
                    1
                  end

                  def get
                    2
                  end
                end
                """)))).containsExactly("DEFINITION Box 1-10", "  DEFINITION put 2-5", "  DEFINITION get 7-10");
    }
}
