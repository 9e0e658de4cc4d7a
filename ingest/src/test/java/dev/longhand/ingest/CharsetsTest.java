package dev.longhand.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class CharsetsTest {
    private static byte[] join(int[] head, byte[] rest) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int b : head) {
            out.write(b);
        }
        out.writeBytes(rest);
        return out.toByteArray();
    }

    /** Goal: both UTFs, with and without a mark, give the same characters and true byte ranges. */
    @Test
    void readsUtf8AndUtf16WithAndWithoutMark() {
        for (String text : List.of("Plain words, and more.\nSecond line.\n", "Ünïcödé – “quotes”, €.\r\nzweite Zeile\r\n",
                "中文第一行，一二三。\n第二行，也是中文。\n", "Кириллица, строка.\nвторая.\n", "mixed 中文 and 😀 emoji\n")) {
            check(text, StandardCharsets.UTF_8, new int[] {});
            check(text, StandardCharsets.UTF_8, new int[] {0xEF, 0xBB, 0xBF});
            check(text, StandardCharsets.UTF_16LE, new int[] {});
            check(text, StandardCharsets.UTF_16BE, new int[] {});
            check(text, StandardCharsets.UTF_16LE, new int[] {0xFF, 0xFE});
            check(text, StandardCharsets.UTF_16BE, new int[] {0xFE, 0xFF});
        }
    }

    private static void check(String text, Charset charset, int[] mark) {
        byte[] bytes = join(mark, text.getBytes(charset));
        Text got = Documents.of("a.txt", bytes).source();
        assertThat(got.chars()).as(charset + " " + mark.length).isEqualTo(text);
        assertThat(got.lineCount()).isEqualTo(text.lines().count());
        for (int line = 1; line <= got.lineCount(); line++) {
            int length = (int) (got.byteEnd(line) - got.byteStart(line));
            assertThat(new String(bytes, (int) got.byteStart(line), length, charset)).isEqualTo(got.line(line));
        }
    }

    @Test
    void readsOtherCharsetsOnlyWhenDeclared() {
        String[][] declared = {
            {"a.html", "windows-1252", "<html><head><meta charset=\"iso-8859-1\"></head><body><p>café</p></body></html>"},
            {"b.html", "GBK", "<meta http-equiv=Content-Type content='text/html; charset=gb2312'><p>中文网页</p>"},
            {"a.xml", "ISO-8859-2", "<?xml version='1.0' encoding='ISO-8859-2'?>\n<a>žluťoučký</a>\n"},
            {"a.py", "Shift_JIS", "# -*- coding: shift_jis -*-\nx = '日本語'\n"},
            {"b.py", "EUC-JP", "#!/usr/bin/python\n# vim: set fileencoding=euc-jp :\nx = '日本語'\n"},
            {"c.el", "KOI8-R", ";; coding: koi8-r-unix\n; привет\n"},
            {"a.css", "windows-1252", "@charset \"windows-1252\";\n/* é */\n"}};
        for (String[] row : declared) {
            Charset charset = Charset.forName(row[1]);
            byte[] bytes = row[2].getBytes(charset);
            Text text = Documents.of(row[0], bytes).source();
            assertThat(text.chars()).as(row[0]).isEqualTo(row[2]);
            assertThat(text.charset()).isEqualTo(charset);
            assertThat(text.byteOffset(text.chars().length())).isEqualTo(bytes.length);
        }
    }

    @Test
    void refusesWhatIsNeitherDeclaredNorUtfAndNamesWhatItSaw() {
        byte[] latin = "first\ncafé au lait\n".getBytes(StandardCharsets.ISO_8859_1);
        assertThat(Documents.skip("a.txt", latin)).isEqualTo(new Skip("a.txt", Skip.Reason.CHARSET,
                "byte 9 (0xE9, line 2) is not UTF-8 and no charset is declared; convert it to UTF-8 to have it read"));
        assertThat(Documents.skip("a.txt", "中文没有声明，不能猜。".getBytes(Charset.forName("GBK"))).reason()).isEqualTo(Skip.Reason.CHARSET);
        assertThat(Documents.skip("a.py", "# coding: klingon\n# é\n".getBytes(StandardCharsets.ISO_8859_1)).detail())
                .contains("the declared charset \"klingon\" is not known");
        assertThat(Documents.skip("a.py", "# coding: utf-8\n# é\n".getBytes(StandardCharsets.ISO_8859_1)).detail())
                .contains("though it declares utf-8");
        assertThat(Documents.skip("a.txt", join(new int[] {0xFF, 0xFE, 0, 0}, "a".getBytes(Charset.forName("UTF-32LE")))).detail())
                .contains("UTF-32");
        assertThat(Documents.skip("a.txt", new byte[] {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF, 'a', (byte) 0xFF}).detail())
                .isEqualTo("its byte order mark says UTF-8, but byte 4 does not fit it");
        assertThat(Documents.skip("a.txt", new byte[] {(byte) 0xFF, (byte) 0xFE, 0, (byte) 0xD8, 'a', 0}).reason())
                .isEqualTo(Skip.Reason.CHARSET);
        // Overlong, surrogate, beyond the last code point, cut short.
        for (int[] bad : new int[][] {{0xC0, 0x80}, {0xED, 0xA0, 0x80}, {0xF5, 0x80, 0x80, 0x80}, {'a', 0xE4, 0xB8}}) {
            assertThat(Documents.skip("a.txt", join(bad, new byte[0])).reason()).isEqualTo(Skip.Reason.CHARSET);
        }
    }

    @Test
    void binariesAreNotTakenForUtf16() {
        byte[] elf = join(new int[] {0x7F, 'E', 'L', 'F', 2, 1, 1, 0}, new byte[200]);
        byte[] numbers = new byte[4_000];
        for (int i = 0; i < numbers.length; i += 4) {
            numbers[i] = (byte) (i / 4);
            numbers[i + 1] = (byte) (i / 1024);
        }
        byte[] random = new dev.longhand.testkit.Gen(7).bytes(4_096);
        for (byte[] bytes : List.of(elf, numbers, random)) {
            assertThat(Documents.skip("a.dat", bytes).reason()).isEqualTo(Skip.Reason.BINARY);
        }
    }

    @Test
    void flagsWhatAReaderDoesNotSeeAndKeepsIt() {
        String text = "clean\nzero\u200bwidth\nturn\u202earound\u2066 x\nesc\u001b[31m\n";
        Document document = Documents.of("a.txt", text);
        assertThat(document.source().chars()).isEqualTo(text);
        assertThat(document.flags()).containsExactly(
                new Flag(Flag.What.ZERO_WIDTH, 1, 2), new Flag(Flag.What.BIDI, 2, 3), new Flag(Flag.What.CONTROL, 1, 4));
    }

    @Test
    void generatedAndMinifiedCodeIsNotRead() {
        assertThat(Documents.skip("a.go",
                "// Code generated by protoc-gen-go. DO NOT EDIT.\npackage a\n".getBytes(StandardCharsets.UTF_8)).reason())
                .isEqualTo(Skip.Reason.GENERATED);
        assertThat(Documents.skip("a.js", ("var a=" + "b(1),c(2),".repeat(900) + "0;\n").getBytes(StandardCharsets.UTF_8)).reason())
                .isEqualTo(Skip.Reason.MINIFIED);
        assertThat(Documents.of("a.md", "long paragraph ".repeat(900)).kind()).isEqualTo(Kind.MARKDOWN);
    }
}
