package dev.longhand.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.testkit.Gen;
import dev.longhand.testkit.Seed;
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

    @Test
    void parsesJava() {
        String code = """
                package a;

                /** Doc. */
                @X
                public record R(int a) {
                    R {
                    }

                    enum E { A; void q() { } }

                    // Not a method: int fake() {
                    String s = "void fake2() {";

                    <T> int m(
                            T t) {
                        return 0;
                    }
                }
                """;
        Document document = Documents.of("R.java", code);
        List<Symbol> symbols = Symbols.of(document);
        assertThat(lines(symbols)).containsExactly("TYPE R 3-18", "  FUNCTION R 6-7", "  TYPE E 9-9", "    FUNCTION q 9-9",
                "  FUNCTION m 14-17");
        assertThat(code.substring((int) symbols.getLast().byteFirst(), (int) symbols.getLast().byteEnd()))
                .startsWith("    <T> int m(").endsWith("    }");
    }

    @Test
    void parsesPythonJavascriptTypescriptCGoAndRust() {
        assertThat(lines(Symbols.of(Documents.of("a.py", """
                import a

                @deco(
                    x)
                async def f(a):
                    class B:
                        def m(self): pass

                if a:
                    def g(): pass
                """)))).containsExactly("FUNCTION f 3-7", "  TYPE B 6-7", "    FUNCTION m 7-7", "FUNCTION g 10-10");
        assertThat(lines(Symbols.of(Documents.of("a.js", """
                // About A.
                export class A { m() {}
                  static #p(){} }
                function* g() {}
                const h = (x) =>
                  1, n = 2;
                """)))).containsExactly("TYPE A 1-3", "  FUNCTION m 2-2", "  FUNCTION #p 3-3", "FUNCTION g 4-4", "FUNCTION h 5-6");
        assertThat(lines(Symbols.of(Documents.of("a.ts", """
                namespace N {
                  export abstract class A { abstract m(): void; }
                  interface I { a: number }
                  type T = string;
                }
                export const save = async (x: string) => {
                };
                """)))).containsExactly("MODULE N 1-5", "  TYPE A 2-2", "    FUNCTION m 2-2", "  TYPE I 3-3", "  TYPE T 4-4",
                "FUNCTION save 6-7");
        assertThat(lines(Symbols.of(Documents.of("a.c", """
                struct s { int a; };
                typedef struct { int b; } t;
                #ifdef X
                #define M(x) x
                static int *f(void) {
                  return 0;
                }
                #endif
                struct s used;
                """)))).containsExactly("TYPE s 1-1", "TYPE t 2-2", "FUNCTION M 4-4", "FUNCTION f 5-7");
        assertThat(lines(Symbols.of(Documents.of("a.go", """
                package a
                type T struct{}
                type I interface{ A() }
                func (t *T) M() {}
                func f() {
                }
                """)))).containsExactly("TYPE T 2-2", "TYPE I 3-3", "FUNCTION M 4-4", "FUNCTION f 5-6");
        assertThat(lines(Symbols.of(Documents.of("a.rs", """
                pub mod m {
                    pub struct S;
                    impl<T> Foo for Bar<T> {
                        fn a() {}
                    }
                    trait Q { fn z(); }
                }
                """)))).containsExactly("MODULE m 1-7", "  TYPE S 2-2", "  MODULE impl Foo for Bar<T> 3-5", "    FUNCTION a 4-4",
                "  TYPE Q 6-6", "    FUNCTION z 6-6");
    }

    @Test
    void countsBytesOfTheFileAndNotOfTheParser() {
        String code = "/* 中文 😀 */\r\nclass Ä {\r\n  void ö() { }\r\n}\r\n";
        for (java.nio.charset.Charset charset : List.of(java.nio.charset.StandardCharsets.UTF_8,
                java.nio.charset.StandardCharsets.UTF_16LE)) {
            byte[] bytes = code.getBytes(charset);
            Symbol method = Symbols.of(Documents.of("A.java", bytes)).get(1);
            assertThat(new String(bytes, (int) method.byteFirst(), (int) (method.byteEnd() - method.byteFirst()), charset))
                    .isEqualTo("  void ö() { }");
            assertThat(method.name()).isEqualTo("ö");
        }
    }

    /** Goal: real code is parsed. Method: this repository's own sources, each class of which is named as its file. */
    @Test
    void findsTheTypesOfThisRepository() throws Exception {
        java.nio.file.Path here = java.nio.file.Path.of("src/main/java").toAbsolutePath();
        Collected sources = Collected.of(here);
        assertThat(sources.documents.size()).isGreaterThan(40);
        for (Document document : sources.documents) {
            String name = document.path().replaceFirst(".*/", "").replace(".java", "");
            assertThat(Definitions.of(document)).as(name).isPresent();
            assertThat(Symbols.of(document).getFirst()).as(name).satisfies(s -> {
                assertThat(s.name()).isEqualTo(name);
                assertThat(s.kind()).isEqualTo(Symbol.Kind.TYPE);
                assertThat(s.lineLast()).isEqualTo(document.source().lineCount());
            });
        }
    }

    @Test
    void guessesWhereTheTextIsOfAnotherLanguageOrTooMuch() {
        Document cpp = Documents.of("a.h", "class A {\n public:\n  int a() {\n    return 1;\n  }\n};\nclass B {\n};\n");
        assertThat(Symbols.of(cpp)).extracting(Symbol::name).contains("A", "B");
        Document deep = Documents.of("Deep.java", "class Deep {\n  int a = " + "(".repeat(300_000) + "1" + ")".repeat(300_000)
                + ";\n}\n" + "//\n".repeat(4_000));
        assertThat(Definitions.of(deep)).isEmpty();
        assertThat(Symbols.of(deep)).extracting(Symbol::name).containsExactly("Deep");
        assertThat(Splitter.split(deep, SplitPlan.DEFAULT)).isNotEmpty();
    }

    /** Goal: no text ends the process or the call. Method: noise of tokens and damaged sources in every language. */
    @Test
    void survivesNoise() throws Exception {
        Seed seed = Seed.of("ingest", SymbolsTest.class, 3);
        Gen gen = seed.gen();
        byte[] real = java.nio.file.Files.readAllBytes(java.nio.file.Path.of("src/main/java/dev/longhand/ingest/Splitter.java"));
        for (String extension : List.of("java", "py", "js", "ts", "c", "go", "rs")) {
            for (int i = 0; i < 20; i++) {
                StringBuilder noise = new StringBuilder();
                for (int n = gen.between(1, 3_000); n > 0; n--) {
                    noise.append(gen.oneOf("{", "}", "(", ")", "[", "]", "<", ">", ";", "\"", "'", "`", "class ", "def ", "fn ",
                            "a ", "1", "\n", "  ", "/*", "*/", "#", "@", "=>", "impl ", "func ", "struct ", "\\", "😀", ":"));
                }
                byte[] damaged = real.clone();
                for (int n = 0; n < 50; n++) {
                    damaged[gen.between(0, damaged.length)] = (byte) gen.between(32, 127);
                }
                for (String text : List.of(noise + "x", new String(damaged, java.nio.charset.StandardCharsets.UTF_8))) {
                    Document document = Documents.of("a." + extension, text);
                    for (Symbol symbol : Symbols.of(document)) {
                        assertThat(symbol.lineFirst()).as(seed.toString()).isBetween(1, symbol.lineLast());
                        assertThat(symbol.lineLast()).as(seed.toString()).isLessThanOrEqualTo(document.source().lineCount());
                        assertThat(symbol.byteEnd()).as(seed.toString()).isLessThanOrEqualTo(document.file().bytes());
                    }
                }
            }
        }
    }
}
