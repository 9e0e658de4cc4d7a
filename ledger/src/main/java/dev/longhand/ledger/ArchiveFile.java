package dev.longhand.ledger;

import dev.longhand.base.Check;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * The file of an archive: lines of the books and their seals, byte by byte in docs/formats/ledger.md. Whoever reads one computes
 * its checksum and every seal again.
 */
final class ArchiveFile {
    private static final byte[] MAGIC = "longhand books\n\0".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 1;
    private static final int LINE = 'L';
    private static final int SEAL = 'S';
    private static final int END = 'E';
    private static final int SHA_BYTES = 32;
    /** Of one line: eleven texts of at most a few hundred bytes each, and numbers. */
    private static final int LINE_BYTES_MAX = 1 << 16;

    private ArchiveFile() {}

    /**
     * What a whole file has.
     *
     * @param lastAtMicros ledger time of its last line
     * @param sha256       of the file
     */
    record Contents(Seal before, Seal last, long lines, long firstAtMicros, long lastAtMicros, long bytes, Sha256 sha256) {}

    /** Takes lines in order. */
    @FunctionalInterface
    interface Lines {
        void take(Transfer line) throws IOException;
    }

    /** Writes one: lines in order, after the last line of each seal that seal. */
    static final class Writing {
        private final MessageDigest digester = Sha256.digester();
        private final DataOutputStream out;
        private long lines;
        private long seals;

        Writing(OutputStream target, Seal before, Seal last) throws IOException {
            this.out = new DataOutputStream(new DigestOutputStream(target, digester));
            out.write(MAGIC);
            out.writeInt(VERSION);
            write(before);
            write(last);
        }

        private void write(Seal seal) throws IOException {
            out.writeLong(seal.number());
            out.writeLong(seal.lastSeq());
            out.write(HexFormat.of().parseHex(seal.hash().hex()));
        }

        void add(Transfer line) throws IOException {
            byte[] bytes = Chain.bytes(line);
            Check.invariant(bytes.length <= LINE_BYTES_MAX, "line %d has %d bytes", line.seq(), bytes.length);
            out.writeByte(LINE);
            out.writeInt(bytes.length);
            out.write(bytes);
            lines++;
        }

        void add(Seal seal) throws IOException {
            out.writeByte(SEAL);
            write(seal);
            seals++;
        }

        void end() throws IOException {
            out.writeByte(END);
            out.writeLong(lines);
            out.writeLong(seals);
            out.write(digester.digest());
            out.flush();
        }
    }

    /** Reads a file in full and hands its lines on. A file with any byte changed is a problem that names it. */
    static Contents read(Path file, Lines lines) throws Problem {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            return new Reading(in, lines).run();
        } catch (EOFException e) {
            throw damaged(file, "it ends too early");
        } catch (Malformed e) {
            throw damaged(file, e.getMessage());
        } catch (IOException e) {
            throw Disk.problem("reading", file, e);
        }
    }

    private static Problem damaged(Path file, String why) {
        return new Problem(Problem.Kind.MALFORMED, file + " is no whole archive of books: " + why
                + "; use another copy of it, or one from a backup");
    }

    /** The bytes are not those of an archive. */
    private static final class Malformed extends IOException {
        private static final long serialVersionUID = 1;

        Malformed(String message) {
            super(message);
        }
    }

    private static final class Reading {
        private final MessageDigest whole = Sha256.digester();
        private final MessageDigest digester = Sha256.digester();
        private final Counting counting;
        private final DataInputStream in;
        private final Lines sink;
        private long lines;
        private long seals;
        private long firstAt;
        private Transfer last;

        Reading(InputStream source, Lines sink) {
            this.counting = new Counting(new DigestInputStream(source, whole));
            this.in = new DataInputStream(new DigestInputStream(counting, digester));
            this.sink = sink;
        }

        Contents run() throws IOException {
            if (!java.util.Arrays.equals(in.readNBytes(MAGIC.length), MAGIC)) {
                throw new Malformed("it does not begin as one");
            }
            int version = in.readInt();
            if (version != VERSION) {
                throw new Malformed("it has version " + version + ", and this Longhand reads version " + VERSION);
            }
            Seal before = seal();
            Seal end = seal();
            Seal reached = before;
            Chain chain = new Chain(before);
            long inSeal = 0;
            for (int type; (type = in.readUnsignedByte()) != END; ) {
                if (type == LINE) {
                    line(before, chain);
                    inSeal++;
                } else if (type == SEAL && inSeal > 0) {
                    reached = seal();
                    if (!chain.seal().equals(reached)) {
                        throw new Malformed("seal %d does not fit the lines before it".formatted(reached.number()));
                    }
                    seals++;
                    chain = new Chain(reached);
                    inSeal = 0;
                } else {
                    throw new Malformed("after line %d there is what is neither a line nor a seal".formatted(
                            before.lastSeq() + lines));
                }
            }
            if (in.readLong() != lines || in.readLong() != seals || !reached.equals(end) || inSeal > 0 || last == null) {
                throw new Malformed("its counts or its last seal do not fit its lines");
            }
            return sum(before, end);
        }

        private Contents sum(Seal before, Seal end) throws IOException {
            String computed = HexFormat.of().formatHex(digester.digest());
            byte[] kept = new byte[SHA_BYTES];
            in.readFully(kept);
            if (!computed.equals(HexFormat.of().formatHex(kept))) {
                throw new Malformed("its checksum is not that of its bytes");
            }
            if (in.read() >= 0) {
                throw new Malformed("bytes follow its end");
            }
            return new Contents(before, end, lines, firstAt, last.atMicros(), counting.bytes, Sha256.of(whole));
        }

        private void line(Seal before, Chain chain) throws IOException {
            int length = in.readInt();
            if (length < 0 || length > LINE_BYTES_MAX) {
                throw new Malformed("a line has %d bytes, and at most %d are possible".formatted(length, LINE_BYTES_MAX));
            }
            byte[] bytes = new byte[length];
            in.readFully(bytes);
            Transfer line = parse(bytes);
            if (line.seq() != before.lastSeq() + lines + 1 || last != null && line.atMicros() <= last.atMicros()) {
                throw new Malformed("line %d stands where line %d should".formatted(line.seq(), before.lastSeq() + lines + 1));
            }
            firstAt = last == null ? line.atMicros() : firstAt;
            last = line;
            lines++;
            chain.add(line);
            sink.take(line);
        }

        private static Transfer parse(byte[] bytes) throws IOException {
            try {
                return Chain.line(bytes);
            } catch (IllegalArgumentException e) {
                throw new Malformed("a line holds what no line can hold: " + e.getMessage());
            }
        }

        private Seal seal() throws IOException {
            long number = in.readLong();
            long lastSeq = in.readLong();
            byte[] hash = new byte[SHA_BYTES];
            in.readFully(hash);
            return new Seal(number, lastSeq, new Sha256(HexFormat.of().formatHex(hash)));
        }
    }

    private static final class Counting extends FilterInputStream {
        private long bytes;

        Counting(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int one = super.read();
            bytes += one < 0 ? 0 : 1;
            return one;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int n = super.read(buffer, offset, length);
            bytes += Math.max(0, n);
            return n;
        }
    }
}
