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
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One file to one document: open, look, read and hash, decode, extract. Not thread-safe. */
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

    /** Bytes of all files read to their end. */
    long bytesRead() {
        return bytesRead;
    }

    /** The document, or null if it is known. */
    Document read(Folder folder, Names.Name name, String path, Known known) throws IOException, Refused, Problem {
        BasicFileAttributes attributes = folder.attributes(name.path());
        if (!attributes.isRegularFile()) {
            throw attributes.isSymbolicLink()
                    ? new Refused(SYMLINK, "not followed")
                    : new Refused(SPECIAL_FILE, attributes.isDirectory() ? "a folder" : "not opened");
        }
        Kinds.checkName(name.text());
        if (attributes.size() == 0) {
            throw new Refused(EMPTY, "");
        }
        MessageDigest digester = Sha256.digester();
        byte[] bytes = read(folder, name, attributes.size(), digester);
        SourceFile file = new SourceFile(path, bytes.length, attributes.lastModifiedTime().toMillis(), Sha256.of(digester));
        bytesRead += bytes.length;
        return known.isKnown(file) ? null : extract(file, name.text(), bytes);
    }

    private byte[] read(Folder folder, Names.Name name, long size, MessageDigest digester) throws IOException, Refused {
        try (SeekableByteChannel channel = folder.file(name.path())) {
            byte[] head = new byte[(int) Math.min(HEAD_BYTES, Math.max(size, 1))];
            int got = fill(channel, head, 0, head.length);
            boolean isPdf = isPdf(head, got);
            if (!isPdf && isBinary(head, got)) {
                throw new Refused(BINARY, Units.bytes(size));
            }
            long max = isPdf ? limits.pdfBytesMax() : limits.fileBytesMax();
            if (size > max) {
                throw new Refused(TOO_LARGE, "%s; the limit is %s".formatted(Units.bytes(size), Units.bytes(max)));
            }
            byte[] bytes = Arrays.copyOf(head, (int) size);
            digester.update(bytes, 0, got);
            while (got < bytes.length) {
                int n = fill(channel, bytes, got, Math.min(bytes.length, got + READ_BYTES));
                if (n == 0) {
                    return Arrays.copyOf(bytes, got);
                }
                digester.update(bytes, got, n);
                got += n;
            }
            return bytes;
        }
    }

    /** Reads into {@code [from, end)}; the bytes read, fewer only at the end of the file. */
    private static int fill(SeekableByteChannel channel, byte[] bytes, int from, int end) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes, from, end - from);
        while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
            // The channel moves the buffer on.
        }
        return buffer.position() - from;
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
