package dev.longhand.ledger;

import dev.longhand.base.Check;
import dev.longhand.base.Sha256;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * The hash over the books: each seal's covers the hash before it and its own lines, so whoever changes a line must change every
 * seal after it. The bytes of a line are in docs/formats/ledger.md; they never change for a line that was sealed.
 */
final class Chain {
    private final Seal before;
    private final MessageDigest digester = Sha256.digester();
    private long lastSeq;

    /** The seal that follows {@code before}; lines are added in order and without a gap. */
    Chain(Seal before) {
        this.before = before;
        this.lastSeq = before.lastSeq();
        digester.update(HexFormat.of().parseHex(before.hash().hex()));
    }

    void add(Transfer line) {
        digester.update(bytes(line));
        lastSeq = line.seq();
    }

    /** Ends it. */
    Seal seal() {
        return new Seal(before.number() + 1, lastSeq, Sha256.of(digester));
    }

    /** A line of those bytes. Others are an {@code IllegalArgumentException} or an end too early. */
    static Transfer line(byte[] bytes) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
        long seq = in.readLong();
        String[] t = new String[11];
        for (int i = 0; i < t.length; i++) {
            int length = in.readInt();
            Check.argument(length >= 0 && length <= in.available(), "a text of line %d has %d bytes", seq, length);
            t[i] = new String(in.readNBytes(length), StandardCharsets.UTF_8);
        }
        long[] n = new long[15];
        for (int i = 0; i < n.length; i++) {
            n[i] = in.readLong();
        }
        Booking booking = new Booking(t[0], t[2], t[3], n[0], Unit.valueOf(t[4]),
                new Cause(t[6], t[7], t[8], t[9], t[10], n[1], n[2]));
        Meters meters = new Meters(n[3], n[4], n[5], n[6], n[7], n[8], n[9], n[10], n[11], n[12] != 0);
        Transfer line = new Transfer(seq, Transfer.Kind.valueOf(t[1]), booking, t[5], meters, n[13], n[14]);
        Check.argument(Arrays.equals(bytes, bytes(line)), "the bytes of line %d are not those of a line", seq);
        return line;
    }

    static byte[] bytes(Transfer line) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
        try {
            DataOutputStream out = new DataOutputStream(bytes);
            Booking b = line.booking();
            out.writeLong(line.seq());
            for (String text : List.of(b.id(), line.kind().name(), b.debit(), b.credit(), b.unit().name(), line.refers(),
                    b.cause().purpose(), b.cause().person(), b.cause().desk(), b.cause().model(), b.cause().job())) {
                byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
                out.writeInt(utf8.length);
                out.write(utf8);
            }
            Meters m = line.meters();
            for (long number : new long[] {b.amount(), b.cause().step(), b.cause().attempt(), m.tokensIn(), m.tokensCached(),
                m.tokensLookedUp(), m.tokensThinking(), m.tokensOut(), m.cpuMicros(), m.diskBytes(), m.kvByteSeconds(),
                m.millijoules(), m.isEstimated() ? 1 : 0, line.atMicros(), line.expiresAtMicros()}) {
                out.writeLong(number);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("an array does not fail", e);
        }
        return bytes.toByteArray();
    }
}
