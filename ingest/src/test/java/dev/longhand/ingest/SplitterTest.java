package dev.longhand.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.testkit.Gen;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class SplitterTest {
    private static final SplitPlan PLAN = SplitPlan.DEFAULT;

    private static List<Passage> split(String name, String text) {
        return Splitter.split(Documents.of(name, text), PLAN);
    }

    @Test
    void cutsMarkdownAtHeadingsAndKeepsFences() {
        String code = "```java\n# no heading\n\nint a;\n```\n";
        String text = "---\ntitle: x\n---\n# Top\n\nIntro " + "word ".repeat(60) + "\n\n## Part one\n\n" + "text ".repeat(60)
                + "\n\n" + code
                + "\nPart two\n--------\n\n" + "more ".repeat(60) + "\n";
        List<Passage> passages = split("a.md", text);
        assertThat(passages).extracting(Passage::title).containsExactly("Top", "Top > Part one", "Top > Part two");
        assertThat(passages.get(1).text()).contains(code.strip());
        assertThat(passages.get(0).lineFirst()).isEqualTo(1);
        assertThat(passages.get(2).lineFirst()).isEqualTo(18);
    }

    @Test
    void cutsJavaAtMethodsAndNamesThem() {
        String body = "        int x = call(1, 2, 3, 4);\n".repeat(8);
        String text = """
                package a;

                import java.util.List;

                /** Doc. */
                public final class Box<T> {
                    private int n;

                    /** Puts. */
                    @Override
                    public int put(T value,
                            int where) {
                BODY    }

                    static <K> List<K> get(K key) throws Exception {
                BODY    }
                }
                """.replace("BODY", body);
        List<Passage> passages = split("Box.java", text);
        assertThat(passages).extracting(Passage::title).contains("Box > put", "Box > get");
        Passage put = passages.stream().filter(p -> p.title().equals("Box > put")).findFirst().orElseThrow();
        assertThat(put.text()).as("a short head goes with the first method").startsWith("package a;").endsWith("    }");
        assertThat(passages.getLast().text()).startsWith("    static <K> List<K> get(");
    }

    @Test
    void cutsPythonGoRustAndJavascriptAtTheirDefinitions() {
        String body = "    call(alpha, beta, gamma, delta)\n".repeat(10);
        assertThat(split("a.py", "import os\n\nclass A:\n    x = 1\n\n    @prop\n    def one(self):\n" + body
                + "\n    async def two(self):\n"
                + body + "\ndef three():\n" + body)).extracting(Passage::title).contains("A > one", "A > two", "three");
        assertThat(split("a.go", "package a\n\nfunc (r *Reader) Read(p []byte) {\n" + body + "}\n\ntype T struct {\n" + body
                + "}\n"))
                .extracting(Passage::title).contains("Read", "T");
        assertThat(split("a.rs", "use a;\n\nimpl Foo for Bar {\n    pub(crate) fn go<T>(t: T) {\n" + body
                + "    }\n\n    fn on() {\n" + body
                + "    }\n}\n")).extracting(Passage::title).contains("impl Foo for Bar > go", "impl Foo for Bar > on");
        assertThat(split("a.ts", "export async function load(a: string) {\n" + body + "}\n\nexport const save = async (x) => {\n"
                + body
                + "};\n")).extracting(Passage::title).contains("load", "save");
    }

    @Test
    void titlesKeepTheirLetters() {
        assertThat(split("a.md", "# Übersicht é\u200b\n\ntext\n").getFirst().title()).isEqualTo("Übersicht é\\u200b");
        assertThat(split("a.zig", "{impl x\nimpl {\n{ pub impl\n")).as("a brace before the word").isNotEmpty();
    }

    @Test
    void cutsChineseTextAtSentences() {
        String sentence = "长手把文件夹读一遍，然后回答问题，并且给出可以核对的引文。";
        List<Passage> passages = split("a.txt", sentence.repeat(30) + "\n\n第二章 结论\n" + sentence.repeat(2) + "\n");
        assertThat(passages.size()).isGreaterThan(3);
        assertThat(passages).allSatisfy(p -> assertThat(p.text()).endsWith("。"));
        assertThat(passages.getFirst().lineFirst()).isEqualTo(1);
        assertThat(passages.getFirst().lineLast()).isEqualTo(1);
        assertThat(passages.getLast().title()).isEqualTo("第二章 结论");
        assertThat(passages.getLast().lineFirst()).isEqualTo(3);
    }

    @Test
    void keepsTheBytesOfEveryPassageWhateverTheLineEnds() {
        for (String end : List.of("\n", "\r\n", "\r")) {
            for (Charset charset : List.of(StandardCharsets.UTF_8, StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE)) {
                String text = ("Zeile äöü 中文 😀" + end + end + "zwei" + end).repeat(40);
                byte[] bytes = text.getBytes(charset);
                Document document = Documents.of("a.txt", bytes);
                for (Passage p : Splitter.split(document, PLAN)) {
                    String again = new String(bytes, (int) p.byteFirst(), (int) (p.byteEnd() - p.byteFirst()), charset);
                    assertThat(again).isEqualTo(p.text());
                    assertThat(document.source().lines(p.lineFirst(), p.lineLast())).isEqualTo(p.text());
                }
            }
        }
    }

    /**
     * Goal: every non-blank line is in exactly one place of the passages, in order, and no passage is over the plan. Method: random
     * texts of every kind, long lines and emoji included; the pieces must join to the text.
     */
    @Test
    void holdsEveryLineExactlyOnceWithinThePlan() {
        String[] names = {"a.md", "a.txt", "a.java", "a.py", "a.yaml", "a.rst", "a.c"};
        for (long seed = 1; seed <= 300; seed++) {
            Gen gen = new Gen(seed);
            String text = randomText(gen);
            if (text.isBlank()) {
                continue;
            }
            SplitPlan plan = new SplitPlan(gen.between(16, 120), gen.between(0, 16), gen.between(1, 30));
            Document document = Documents.of(gen.oneOf(names), text);
            checkCover(document, Splitter.split(document, plan), plan, "seed " + seed);
        }
    }

    private static void checkCover(Document document, List<Passage> passages, SplitPlan plan, String seed) {
        Text text = document.source();
        byte[] bytes = text.chars().getBytes(StandardCharsets.UTF_8);
        int at = 0;
        for (Passage p : passages) {
            assertThat(p.tokens()).as(seed).isLessThanOrEqualTo(plan.tokensMax());
            assertThat(p.lineLast() - p.lineFirst()).as(seed).isLessThan(plan.linesMax());
            assertThat(new String(bytes, at, (int) p.byteFirst() - at, StandardCharsets.UTF_8)).as(seed).isBlank();
            assertThat(new String(bytes, (int) p.byteFirst(), (int) (p.byteEnd() - p.byteFirst()), StandardCharsets.UTF_8))
                    .as(seed).isEqualTo(p.text());
            assertThat(text.lineAt(text.chars().length())).as(seed).isGreaterThanOrEqualTo(p.lineLast());
            at = (int) p.byteEnd();
        }
        assertThat(new String(bytes, at, bytes.length - at, StandardCharsets.UTF_8)).as(seed).isBlank();
    }

    private static String randomText(Gen gen) {
        StringBuilder text = new StringBuilder();
        int lines = gen.between(0, 120);
        for (int i = 0; i < lines; i++) {
            text.append(" ".repeat(gen.chance(0.5) ? 0 : gen.between(0, 12)));
            text.append(gen.oneOf("", "", "# head", "## sub", "```", "---", "===", "class A {", "}", "def f(x):",
                    "void m(int a) {", "- item",
                    "[section]", "key: value", "中文句子。另一句！", "emoji 👨‍👩‍👧 é", "  ", "\t", "plain words here", "// comment", "@Ann"));
            if (gen.chance(0.03)) {
                text.append(gen.oneOf("x", "字", "😀", "word ", "a.b ", " ", "e\u0301").repeat(gen.between(1, 900)));
            }
            text.append(gen.oneOf("\n", "\n", "\n", "\r\n", "\r"));
        }
        return text.toString();
    }
}
