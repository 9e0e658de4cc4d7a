package dev.longhand.ingest;

import static dev.longhand.ingest.Skip.Reason.BINARY;
import static dev.longhand.ingest.Skip.Reason.EMPTY;
import static dev.longhand.ingest.Skip.Reason.NO_TEXT;
import static dev.longhand.ingest.Skip.Reason.SPECIAL_FILE;
import static dev.longhand.ingest.Skip.Reason.SYMLINK;
import static dev.longhand.ingest.Skip.Reason.TOO_LARGE;

import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.base.Units;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One file to one document: look, read and hash, decode, extract. Knows bytes, not where they lie. Not thread-safe. */
final class Extractor {
    private static final int HEAD_BYTES = 8_192;
    private static final int READ_BYTES = 1 << 16;

    /** Whether a file needs no extraction. */
    @FunctionalInterface
    interface Known {
        boolean isKnown(SourceFile file) throws Problem;
    }

    private final Limits limits;
    private final PdfReader pdf;
    private long bytesRead;

    Extractor(Limits limits, PdfReader pdf) {
        this.limits = limits;
        this.pdf = pdf;
    }

    Limits limits() {
        return limits;
    }

    /** Bytes of all files read to their end. */
    long bytesRead() {
        return bytesRead;
    }

    /** A regular file of a folder; links and what is no file are refused. */
    static Content content(Folder folder, Names.Name name) throws IOException, Refused {
        BasicFileAttributes attributes = folder.attributes(name.path());
        if (!attributes.isRegularFile()) {
            throw attributes.isSymbolicLink()
                    ? new Refused(SYMLINK, "not followed")
                    : new Refused(SPECIAL_FILE, attributes.isDirectory() ? "a folder" : "not opened");
        }
        return new Content(attributes.size(), attributes.lastModifiedTime().toMillis(),
                () -> Channels.newInputStream(folder.file(name.path())));
    }

    /** The document, or null if it is known. */
    Document read(String name, String path, Content content, Known known) throws IOException, Refused, Problem {
        Kinds.checkName(name);
        byte[] bytes = content.bytes() == 0 ? new byte[0] : bytes(content);
        if (bytes.length == 0) {
            throw new Refused(EMPTY, "");
        }
        SourceFile file = new SourceFile(path, bytes.length, content.modifiedMs(), Sha256.of(bytes));
        bytesRead += bytes.length;
        return known.isKnown(file) ? null : extract(file, name, bytes);
    }

    /** All bytes; what is over its limit is not read beyond its first block where its source declares its length. */
    private byte[] bytes(Content content) throws IOException, Refused {
        try (InputStream in = content.opener().open()) {
            long declared = content.bytes();
            byte[] head = new byte[HEAD_BYTES];
            int got = fill(in, head, 0);
            boolean isPdf = isPdf(head, got);
            if (!isPdf && isBinary(head, got)) {
                throw new Refused(BINARY, declared < 0 ? "" : Units.bytes(declared));
            }
            int max = (int) (isPdf ? limits.pdfBytesMax() : limits.fileBytesMax());
            if (declared > max) {
                throw new Refused(TOO_LARGE, "%s; the limit is %s".formatted(Units.bytes(declared), Units.bytes(max)));
            }
            // The declared length is a hint: a file may grow, an archive may lie. One byte more than it shows the end.
            byte[] bytes = Arrays.copyOf(head, Math.max(got, (int) Math.min(max, declared) + 1));
            got = fill(in, bytes, got);
            while (got == bytes.length && got <= max) {
                bytes = Arrays.copyOf(bytes, (int) Math.min(max + 1L, 2L * got + HEAD_BYTES));
                got = fill(in, bytes, got);
            }
            if (got > max) {
                throw new Refused(TOO_LARGE, "more than %s, the limit".formatted(Units.bytes(max)));
            }
            return Arrays.copyOf(bytes, got);
        }
    }

    /** Reads from an offset on; the offset after the last byte, less than the array's length only at the end of the stream. */
    private static int fill(InputStream in, byte[] bytes, int from) throws IOException {
        int got = from;
        while (got < bytes.length) {
            int n = in.read(bytes, got, Math.min(READ_BYTES, bytes.length - got));
            if (n < 0) {
                break;
            }
            got += n;
        }
        return got;
    }

    private static boolean isPdf(byte[] head, int length) {
        return new String(head, 0, Math.min(length, 1_024), StandardCharsets.ISO_8859_1).contains("%PDF-");
    }

    private static boolean isBinary(byte[] head, int length) {
        boolean hasZero = false;
        for (int i = 0; i < length; i++) {
            hasZero |= head[i] == 0;
        }
        if (!hasZero) {
            return false;
        }
        boolean marked = length >= 2 && (head[0] == (byte) 0xFF && head[1] == (byte) 0xFE || head[0] == (byte) 0xFE
                && head[1] == (byte) 0xFF);
        return !marked && Charsets.wide(Arrays.copyOf(head, length & ~1)) == null;
    }

    private Document extract(SourceFile file, String name, byte[] bytes) throws Refused {
        if (isPdf(bytes, bytes.length)) {
            return pdf.read(file, bytes);
        }
        Kinds.checkPointer(bytes);
        Kinds.Sort sort = Kinds.of(name, bytes);
        Text source = Charsets.decode(bytes, sort.kind());
        Kinds.checkWritten(sort, source);
        List<Flag> flags = new ArrayList<>(Suspicious.flags(source));
        if (sort.kind() == Kind.HTML) {
            return HtmlText.document(file, source, flags);
        }
        if (isBlank(source)) {
            throw new Refused(NO_TEXT, "only blanks");
        }
        return new Document(file, sort.kind(), sort.language(), source, source, LineMap.identity(), flags);
    }

    static boolean isBlank(Text text) {
        for (int line = 1; line <= text.lineCount(); line++) {
            if (!text.isBlank(line)) {
                return false;
            }
        }
        return true;
    }
}
