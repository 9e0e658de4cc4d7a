package dev.longhand.ledger;

import dev.longhand.base.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
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

    private static byte[] bytes(Transfer line) {
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
