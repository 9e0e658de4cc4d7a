package dev.longhand.ingest;

import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.SynchronousQueue;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.apache.fontbox.FontBoxFont;
import org.apache.fontbox.ttf.TTFParser;
import org.apache.fontbox.ttf.TrueTypeFont;
import org.apache.pdfbox.Loader;
import org.apache.pdfbox.io.IOUtils;
import org.apache.pdfbox.io.RandomAccessReadBuffer;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.encryption.InvalidPasswordException;
import org.apache.pdfbox.pdmodel.font.CIDFontMapping;
import org.apache.pdfbox.pdmodel.font.FontMapper;
import org.apache.pdfbox.pdmodel.font.FontMappers;
import org.apache.pdfbox.pdmodel.font.FontMapping;
import org.apache.pdfbox.pdmodel.font.PDCIDSystemInfo;
import org.apache.pdfbox.pdmodel.font.PDFontDescriptor;
import org.apache.pdfbox.text.PDFTextStripper;

/**
 * The child process that reads PDFs: bytes in on standard input, text out on standard output, nothing else.
 *
 * <p>It opens no file and no connection, and it ends as soon as standard input ends, so it never outlives its parent. Memory is
 * limited by its heap, time by its parent. Frames, big endian: in: int length, bytes. Out: byte status, then for {@link #OK}
 * int pages and for each page an int and that many UTF-8 bytes; for others one such string.
 */
public final class PdfWorker {
    static final int OK = 1;
    static final int ENCRYPTED = 2;
    static final int BROKEN = 3;
    static final int OVER = 4;

    static final String TEMP_PREFIX = "longhand-pdf-";
    private static final int EXIT_PARENT_GONE = 0;
    private final int pagesMax;
    private final int charsMax;

    private PdfWorker(int pagesMax, int charsMax) {
        this.pagesMax = pagesMax;
        this.charsMax = charsMax;
    }

    /** @param arguments pages at most, characters at most, PDF bytes at most */
    public static void main(String[] arguments) throws Exception {
        DataOutputStream out = new DataOutputStream(new BufferedOutputStream(System.out, 1 << 16));
        InputStream in = System.in;
        System.setOut(new PrintStream(System.err, true, StandardCharsets.UTF_8));
        closeNetwork();
        LogManager.getLogManager().reset();
        Logger.getLogger("").setLevel(Level.OFF);
        FontMappers.set(new OneFont());
        PdfWorker worker = new PdfWorker(Integer.parseInt(arguments[0]), Integer.parseInt(arguments[1]));
        SynchronousQueue<byte[]> requests = new SynchronousQueue<>();
        Thread reader = new Thread(() -> readRequests(in, Integer.parseInt(arguments[2]), requests), "requests");
        reader.setDaemon(true);
        reader.start();
        while (true) {
            worker.answer(requests.take(), out);
            out.flush();
        }
    }

    /** Reads ahead while a PDF is worked on, so that the end of the parent is seen at once. */
    private static void readRequests(InputStream in, int bytesMax, SynchronousQueue<byte[]> requests) {
        try (DataInputStream data = new DataInputStream(in)) {
            while (true) {
                int length = data.readInt();
                if (length < 0 || length > bytesMax) {
                    throw new EOFException("a frame of " + length + " bytes");
                }
                byte[] bytes = data.readNBytes(length);
                if (bytes.length < length) {
                    throw new EOFException("a frame cut short");
                }
                requests.put(bytes);
            }
        } catch (IOException | InterruptedException e) {
            removeTemp();
            Runtime.getRuntime().halt(EXIT_PARENT_GONE);
        }
    }

    /** The folder that the parent made for this process and can no longer remove. */
    private static void removeTemp() {
        Path folder = Path.of(System.getProperty("java.io.tmpdir"));
        if (!folder.getFileName().toString().startsWith(TEMP_PREFIX)) {
            return;
        }
        try (Stream<Path> left = Files.list(folder)) {
            for (Path path : left.toList()) {
                Files.deleteIfExists(path);
            }
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            // Nobody is left to be told.
        }
    }

    private static void closeNetwork() {
        URL.setURLStreamHandlerFactory(protocol -> switch (protocol) {
            case "file", "jar", "jrt" -> null;
            default -> new java.net.URLStreamHandler() {
                @Override
                protected java.net.URLConnection openConnection(URL url) throws IOException {
                    throw new IOException("no network here");
                }
            };
        });
        ProxySelector.setDefault(new ProxySelector() {
            @Override
            public List<Proxy> select(URI uri) {
                throw new IllegalArgumentException("no network here");
            }

            @Override
            public void connectFailed(URI uri, SocketAddress address, IOException failure) {
                // Nothing was connected.
            }
        });
    }

    private void answer(byte[] pdf, DataOutputStream out) throws IOException {
        try (PDDocument document = Loader.loadPDF(new RandomAccessReadBuffer(pdf), "", null, null,
                IOUtils.createMemoryOnlyStreamCache())) {
            if (document.getNumberOfPages() > pagesMax) {
                fail(out, OVER, "%,d pages; the limit is %,d".formatted(document.getNumberOfPages(), pagesMax));
                return;
            }
            pages(document, out);
        } catch (InvalidPasswordException e) {
            fail(out, ENCRYPTED, "it needs a password");
        } catch (TextLimit e) {
            fail(out, OVER, "more than %,d characters of text".formatted(charsMax));
        } catch (OutOfMemoryError e) {
            // The parent tells memory by the exit code; nothing here can be trusted any more.
            Runtime.getRuntime().halt(3);
        } catch (IOException | RuntimeException | StackOverflowError e) {
            fail(out, BROKEN, e.getClass().getSimpleName() + ": " + e.getMessage());
        }
    }

    private void pages(PDDocument document, DataOutputStream out) throws IOException {
        byte[][] texts = new byte[document.getNumberOfPages()][];
        int left = charsMax;
        for (int page = 1; page <= texts.length; page++) {
            PDFTextStripper stripper = new PDFTextStripper();
            stripper.setStartPage(page);
            stripper.setEndPage(page);
            stripper.setLineSeparator("\n");
            CappedWriter text = new CappedWriter(left);
            stripper.writeText(document, text);
            left -= text.chars.length();
            texts[page - 1] = text.chars.toString().getBytes(StandardCharsets.UTF_8);
        }
        out.writeByte(OK);
        out.writeInt(texts.length);
        for (byte[] text : texts) {
            out.writeInt(text.length);
            out.write(text);
        }
    }

    private static void fail(DataOutputStream out, int status, String message) throws IOException {
        byte[] bytes = message.substring(0, Math.min(message.length(), 300)).getBytes(StandardCharsets.UTF_8);
        out.writeByte(status);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static final class TextLimit extends UncheckedIOException {
        TextLimit() {
            super(new IOException("text limit"));
        }
    }

    /** Stops the extraction at the limit instead of after it. */
    private static final class CappedWriter extends Writer {
        private final StringBuilder chars = new StringBuilder();
        private final int max;

        CappedWriter(int max) {
            this.max = max;
        }

        @Override
        public void write(char[] buffer, int offset, int length) {
            if (chars.length() + length > max) {
                throw new TextLimit();
            }
            chars.append(buffer, offset, length);
        }

        @Override
        public void flush() {
            // Nothing is held back.
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }

    /** Answers every search for a font with the one in the PDF library's jar: the system's fonts are never scanned. */
    private static final class OneFont implements FontMapper {
        private final TrueTypeFont font;

        OneFont() throws IOException {
            String resource = "/org/apache/pdfbox/resources/ttf/LiberationSans-Regular.ttf";
            try (InputStream in = PDDocument.class.getResourceAsStream(resource)) {
                if (in == null) {
                    throw new IOException(resource + " is missing from the PDF library");
                }
                font = new TTFParser().parse(new RandomAccessReadBuffer(in));
            }
        }

        @Override
        public FontMapping<TrueTypeFont> getTrueTypeFont(String baseFont, PDFontDescriptor descriptor) {
            return new FontMapping<>(font, true);
        }

        @Override
        public FontMapping<FontBoxFont> getFontBoxFont(String baseFont, PDFontDescriptor descriptor) {
            return new FontMapping<>(font, true);
        }

        @Override
        public CIDFontMapping getCIDFont(String baseFont, PDFontDescriptor descriptor, PDCIDSystemInfo system) {
            return new CIDFontMapping(null, font, true);
        }
    }
}
