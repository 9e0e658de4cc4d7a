package dev.longhand.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Clock;
import dev.longhand.base.Sha256;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.PDPageContentStream;
import org.apache.pdfbox.pdmodel.encryption.AccessPermission;
import org.apache.pdfbox.pdmodel.encryption.StandardProtectionPolicy;
import org.apache.pdfbox.pdmodel.font.PDType1Font;
import org.apache.pdfbox.pdmodel.font.Standard14Fonts;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PdfTest {
    private final PdfReader reader = new PdfReader(PdfLimits.DEFAULT, Clock.SYSTEM);

    @AfterEach
    void closeReader() {
        reader.close();
    }

    static byte[] pdf(String password, String... pages) throws IOException {
        try (PDDocument document = new PDDocument()) {
            for (String text : pages) {
                PDPage page = new PDPage();
                document.addPage(page);
                try (PDPageContentStream content = new PDPageContentStream(document, page)) {
                    content.beginText();
                    content.setFont(new PDType1Font(Standard14Fonts.FontName.HELVETICA), 12);
                    content.setLeading(16);
                    content.newLineAtOffset(72, 700);
                    for (String line : text.split("\n")) {
                        content.showText(line);
                        content.newLine();
                    }
                    content.endText();
                }
            }
            if (!password.isEmpty()) {
                document.protect(new StandardProtectionPolicy("owner", password, new AccessPermission()));
            }
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            document.save(out);
            return out.toByteArray();
        }
    }

    /** A PDF around one page's content stream, deflated. */
    private static byte[] pdfWithContent(InputStream content) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (DeflaterOutputStream deflate = new DeflaterOutputStream(packed, new Deflater(9))) {
            content.transferTo(deflate);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
                + "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj\n"
                + "5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n"
                + "4 0 obj<</Length " + packed.size() + "/Filter/FlateDecode>>stream\n").getBytes(StandardCharsets.ISO_8859_1));
        packed.writeTo(out);
        out.write("\nendstream endobj\ntrailer<</Root 1 0 R/Size 6>>\n%%EOF\n".getBytes(StandardCharsets.ISO_8859_1));
        return out.toByteArray();
    }

    private static InputStream repeated(String text, long bytes) {
        byte[] unit = text.getBytes(StandardCharsets.ISO_8859_1);
        return new InputStream() {
            private long at;

            @Override
            public int read() {
                return at >= bytes ? -1 : unit[(int) (at++ % unit.length)];
            }
        };
    }

    private static SourceFile file(byte[] bytes) {
        return new SourceFile("a.pdf", bytes.length, 0, Sha256.of(bytes));
    }

    private static Skip refusal(PdfReader reader, byte[] bytes) {
        try {
            Document document = reader.read(file(bytes), bytes);
            throw new AssertionError("read: " + document.source().chars().length() + " characters");
        } catch (Refused e) {
            return e.skip("a.pdf");
        }
    }

    @Test
    void readsTextWithLinesAndPages() throws Exception {
        byte[] bytes = pdf("", "First line\nSecond line", "Third line, on page two");
        Document document = reader.read(file(bytes), bytes);
        assertThat(document.kind()).isEqualTo(Kind.PDF);
        assertThat(document.source().lineCount()).isEqualTo(3);
        assertThat(document.source().line(2)).isEqualTo("Second line");
        assertThat(document.map().page(2)).isEqualTo(1);
        assertThat(document.map().page(3)).isEqualTo(2);
        assertThat(Splitter.split(document, SplitPlan.DEFAULT)).anySatisfy(p -> {
            assertThat(p.text()).contains("Third line");
            assertThat(p.lineLast()).isEqualTo(3);
        });
        byte[] more = pdf("", "Another");
        ProcessHandle first = reader.childHandle();
        assertThat(reader.read(file(more), more).source().line(1)).isEqualTo("Another");
        assertThat(reader.childHandle().pid()).as("one child reads many").isEqualTo(first.pid());
    }

    @Test
    void skipsAnEncryptedPdf() throws Exception {
        assertThat(refusal(reader, pdf("secret", "hidden"))).isEqualTo(new Skip("a.pdf", Skip.Reason.PDF_ENCRYPTED,
                "it needs a password"));
    }

    @Test
    void skipsBrokenPdfsAndGoesOn() throws Exception {
        byte[] sound = pdf("", "sound");
        assertThat(refusal(reader, "%PDF-1.7\nnothing".getBytes(StandardCharsets.US_ASCII)).reason())
                .isEqualTo(Skip.Reason.PDF_BROKEN);
        for (int cut = 20; cut < sound.length; cut += 97) {
            byte[] part = java.util.Arrays.copyOf(sound, cut);
            try {
                reader.read(file(part), part);
            } catch (Refused e) {
                assertThat(e.reason()).isIn(Skip.Reason.PDF_BROKEN, Skip.Reason.NO_TEXT);
            }
        }
        assertThat(reader.read(file(sound), sound).source().line(1)).isEqualTo("sound");
    }

    @Test
    void skipsAPdfWithoutText() throws Exception {
        assertThat(refusal(reader, pdf("", " ")).reason()).isEqualTo(Skip.Reason.NO_TEXT);
    }

    /**
     * Goal: a small file that swells cannot take memory or time. Method: 200 MB in 200 kB; then one with more text than allowed.
     */
    @Test
    void killsThePdfBombAndReadsTheNextFile() throws Exception {
        PdfLimits tight = new PdfLimits(64, 20_000, 20_000, 100, 100_000, 200);
        try (PdfReader small = new PdfReader(tight, Clock.SYSTEM)) {
            byte[] swelling = pdfWithContent(repeated("(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 200L << 20));
            assertThat(swelling.length).isLessThan(1 << 20);
            assertThat(refusal(small, swelling)).isEqualTo(
                    new Skip("a.pdf", Skip.Reason.PDF_LIMIT, "it needs more than 64 MB of memory"));
            byte[] wordy = pdfWithContent(new SequenceInputStream(
                    new ByteArrayInputStream("BT /F1 9 Tf 9 9 Td ".getBytes(StandardCharsets.US_ASCII)),
                    repeated("0 -20 Td (word word) Tj\n", 480_000)));
            Skip skip = refusal(small, wordy);
            assertThat(skip).isEqualTo(new Skip("a.pdf", Skip.Reason.PDF_LIMIT, "more than 100,000 characters of text"));
            byte[] sound = pdf("", "sound");
            assertThat(small.read(file(sound), sound).source().line(1)).isEqualTo("sound");
        }
    }

    @Test
    void killsAPdfThatTakesTooLong() throws Exception {
        byte[] slow = pdfWithContent(repeated("q 1 0 0 1 0 0 cm Q\n", 200L << 20));
        try (PdfReader hasty = new PdfReader(new PdfLimits(512, 1_500, 60_000, 100, 100_000, 200), Clock.SYSTEM)) {
            assertThat(refusal(hasty, slow)).isEqualTo(new Skip("a.pdf", Skip.Reason.PDF_LIMIT, "it takes longer than 1.5 s"));
        }
        try (PdfReader frugal = new PdfReader(new PdfLimits(512, 60_000, 1_500, 100, 100_000, 200), Clock.SYSTEM)) {
            assertThat(refusal(frugal, slow).detail()).isEqualTo("it takes more processor time than 1.5 s");
        }
    }

    @Test
    void deeplyNestedObjectsAreABrokenPdfOrNone() throws Exception {
        String nested = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R/X" + "[".repeat(200_000)
                + ">>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";
        assertThat(refusal(reader, nested.getBytes(StandardCharsets.ISO_8859_1)).reason())
                .isIn(Skip.Reason.PDF_BROKEN, Skip.Reason.NO_TEXT, Skip.Reason.PDF_LIMIT);
    }

    @Test
    void replacesTheChildAfterItsShareAndLeavesNothingBehind() throws Exception {
        byte[] bytes = pdf("", "x");
        ProcessHandle last;
        try (PdfReader few = new PdfReader(new PdfLimits(64, 60_000, 60_000, 100, 1_000, 2), Clock.SYSTEM)) {
            few.read(file(bytes), bytes);
            ProcessHandle first = few.childHandle();
            few.read(file(bytes), bytes);
            few.read(file(bytes), bytes);
            last = few.childHandle();
            assertThat(last.pid()).isNotEqualTo(first.pid());
            assertThat(first.isAlive()).isFalse();
        }
        last.onExit().get(10, TimeUnit.SECONDS);
        assertThat(last.isAlive()).isFalse();
    }

    /** Goal: no orphan. Method: start the worker as its parent does, close its input as the parent's death would, wait. */
    @Test
    void theChildEndsWhenItsParentIsGone() throws Exception {
        Path temp = Files.createTempDirectory(PdfWorker.TEMP_PREFIX);
        Files.createFile(temp.resolve("hosts"));
        Process child = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djava.io.tmpdir=" + temp, "-cp",
                System.getProperty("java.class.path"), PdfWorker.class.getName(), "10", "1000", "1000")
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
        assertThat(child.isAlive()).isTrue();
        child.getOutputStream().close();
        assertThat(child.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(temp).as("it removes the folder that its parent cannot").doesNotExist();
    }

    @Test
    void aWalkReadsPdfsAndRemovesItsTempFolder() throws Exception {
        Path root = Files.createTempDirectory("longhand-ingest-test-");
        try {
            Files.write(root.resolve("paper.pdf"), pdf("", "A paper about shelves."));
            List<Path> before = temps();
            Collected got = Collected.of(root);
            assertThat(got.document("paper.pdf").source().line(1)).isEqualTo("A paper about shelves.");
            assertThat(temps()).isEqualTo(before);
            assertThatThrownBy(() -> Ingest.standard().read(root, "none.pdf")).hasMessageContaining("does not exist");
        } finally {
            Files.deleteIfExists(root.resolve("paper.pdf"));
            Files.delete(root);
        }
    }

    private static List<Path> temps() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(f -> f.getFileName().toString().startsWith("longhand-pdf-")).sorted().toList();
        }
    }
}
