package dev.longhand.desk;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.ingest.Sketch;
import dev.longhand.ingest.Skip;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The catalogue as a file: {@code docs/formats/desk.md}. Knows bytes, not what they are for.
 *
 * <p>Published whole or not at all through the disk seam; ends with the SHA-256 of all before it, which is checked before a
 * byte of it is believed. Thread-safe: no state but the seam.
 */
final class CatalogueFile {
    static final int VERSION = 2;
    /** Without commits and without what documents are compared by; whoever finds it reads the documents again. */
    private static final int VERSION_BEFORE = 1;
    private static final int READ_WITHOUT_GIST = 0;
    private static final int LEFT_OUT = 1;
    private static final int READ = 2;
    private static final byte[] MAGIC = "LHDESK\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int DIGEST_BYTES = 32;
    private static final int ENTRY_BYTES_MIN = 4 + 20 + 32 + 4 + 1;
    private static final int SKIP_BYTES_MIN = 4 + 1 + 4;

    /** The file cannot be used; its message says why. The desk is then read again. */
    static final class Unusable extends Exception {
        Unusable(String why) {
            super(why);
        }
    }

    private CatalogueFile() {}

    static void write(Disk disk, Path file, Catalogue catalogue) throws Problem {
        disk.publish(file, out -> {
            MessageDigest digest = Sha256.digester();
            DigestOutputStream digesting = new DigestOutputStream(out, digest);
            writeBody(new DataOutputStream(digesting), catalogue);
            digesting.flush();
            out.write(digest.digest());
        });
    }

    /** The catalogue, or null if there is none. */
    static Catalogue read(Path file, Limits limits) throws Unusable, IOException {
        if (!Files.exists(file)) {
            return null;
        }
        long size = Files.size(file);
        if (size > limits.catalogueBytesMax()) {
            throw new Unusable("the catalogue has %,d bytes; at most %,d are read".formatted(size, limits.catalogueBytesMax()));
        }
        return parse(Files.readAllBytes(file));
    }

    /** The catalogue in a file's bytes. */
    static Catalogue parse(byte[] bytes) throws Unusable, IOException {
        if (bytes.length < MAGIC.length + 4 + DIGEST_BYTES || !Arrays.equals(bytes, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw new Unusable("the catalogue is not one: its first bytes differ");
        }
        int end = bytes.length - DIGEST_BYTES;
        MessageDigest digest = Sha256.digester();
        digest.update(bytes, 0, end);
        if (!Arrays.equals(digest.digest(), 0, DIGEST_BYTES, bytes, end, bytes.length)) {
            throw new Unusable("the catalogue's checksum does not match");
        }
        return readBody(new DataInputStream(new ByteArrayInputStream(bytes, MAGIC.length, end - MAGIC.length)));
    }

    private static void writeBody(DataOutputStream out, Catalogue catalogue) throws IOException {
        out.write(MAGIC);
        out.writeInt(VERSION);
        writeText(out, catalogue.root());
        writeText(out, catalogue.settings());
        writeText(out, catalogue.commit());
        out.writeLong(catalogue.generation());
        out.writeLong(catalogue.readAtMs());
        out.writeInt(catalogue.entries().size());
        for (Catalogue.Entry entry : catalogue.entries().values()) {
            writeText(out, entry.path());
            out.writeLong(entry.stat().bytes());
            out.writeLong(entry.stat().modifiedNanos());
            writeText(out, entry.stat().fileKey());
            out.write(HexFormat.of().parseHex(entry.hash().hex()));
            out.writeInt(entry.passages());
            out.writeByte(entry.skip() != null ? LEFT_OUT : entry.gist() != null ? READ : READ_WITHOUT_GIST);
            if (entry.skip() != null) {
                writeSkip(out, entry.skip());
            } else if (entry.gist() != null) {
                out.writeInt(entry.gist().tokens());
                out.write(entry.gist().sketch().bytes());
            }
        }
        out.writeInt(catalogue.skips().size());
        for (Skip skip : catalogue.skips()) {
            writeSkip(out, skip);
        }
        out.flush();
    }

    private static Catalogue readBody(DataInputStream in) throws Unusable, IOException {
        int version = in.readInt();
        if (version != VERSION && version != VERSION_BEFORE) {
            throw new Unusable("the catalogue has version " + version + "; this program reads " + VERSION);
        }
        try {
            String root = readText(in);
            String settings = readText(in);
            String commit = version == VERSION ? readText(in) : "";
            long generation = in.readLong();
            long readAtMs = in.readLong();
            SortedMap<String, Catalogue.Entry> entries = new TreeMap<>();
            for (int left = readCount(in, ENTRY_BYTES_MIN); left > 0; left--) {
                Catalogue.Entry entry = readEntry(in, version);
                entries.put(entry.path(), entry);
            }
            List<Skip> skips = new ArrayList<>();
            for (int left = readCount(in, SKIP_BYTES_MIN); left > 0; left--) {
                skips.add(readSkip(in));
            }
            return new Catalogue(root, settings, commit, generation, readAtMs, entries, skips);
        } catch (IOException | IllegalArgumentException e) {
            throw new Unusable("the catalogue is damaged: " + e.getMessage());
        }
    }

    private static Catalogue.Entry readEntry(DataInputStream in, int version) throws IOException {
        String path = readText(in);
        Catalogue.Stat stat = new Catalogue.Stat(in.readLong(), in.readLong(), readText(in));
        Sha256 hash = new Sha256(HexFormat.of().formatHex(in.readNBytes(DIGEST_BYTES)));
        int passages = in.readInt();
        int state = in.readByte();
        if (state == LEFT_OUT) {
            return new Catalogue.Entry(path, stat, hash, passages, null, readSkip(in));
        }
        if (state == READ_WITHOUT_GIST) {
            return new Catalogue.Entry(path, stat, hash, passages, null, null);
        }
        if (state != READ || version == VERSION_BEFORE) {
            throw new IOException("an entry has the state " + state);
        }
        int tokens = in.readInt();
        byte[] sketch = in.readNBytes(Sketch.BYTES);
        return new Catalogue.Entry(path, stat, hash, passages, new Catalogue.Gist(tokens, Sketch.of(sketch)), null);
    }

    private static void writeSkip(DataOutputStream out, Skip skip) throws IOException {
        writeText(out, skip.path());
        writeText(out, skip.reason().name());
        writeText(out, skip.detail());
    }

    private static Skip readSkip(DataInputStream in) throws IOException {
        return new Skip(readText(in), Skip.Reason.valueOf(readText(in)), readText(in));
    }

    private static void writeText(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static String readText(DataInputStream in) throws IOException {
        int bytes = readCount(in, 1);
        return new String(in.readNBytes(bytes), StandardCharsets.UTF_8);
    }

    /** A count that the bytes left can hold. */
    private static int readCount(DataInputStream in, int bytesEachMin) throws IOException {
        int count = in.readInt();
        if (count < 0 || count > in.available() / bytesEachMin) {
            throw new IOException("it declares " + count + " elements where " + in.available() + " bytes are left");
        }
        return count;
    }
}
