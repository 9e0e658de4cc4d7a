package dev.longhand.memory;

import dev.longhand.base.Check;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvSummaries;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.zip.CRC32C;

/**
 * The header of a segment file as bytes: {@code docs/formats/segment.md}. Magic, version, size and checksum stand at the same
 * places in every version, so that a version that is not known is told from damage. Immutable.
 *
 * @param bytes of the header in the file
 */
record SegmentHeader(Fingerprint fingerprint, SegmentShape shape, int bytes) {
    /** Of segments whose records are as in memory. */
    static final int VERSION = 1;
    /** Of archived ones; all else is the same. */
    static final int ARCHIVED_VERSION = 2;
    static final int START_BYTES = 16;
    static final int BYTES_MAX = 1 << 17;
    static final byte[] MAGIC = "LHSEGM\r\n".getBytes(StandardCharsets.US_ASCII);

    private static final int FIXED_BYTES = 64;
    private static final int CRC_BYTES = 4;

    /** The file is no segment of this version; the message goes on after the file's name. */
    static final class Bad extends Exception {
        final boolean isOfOtherVersion;

        Bad(String why, boolean isOfOtherVersion) {
            super(why);
            this.isOfOtherVersion = isOfOtherVersion;
        }

        Bad(String why) {
            this(why, false);
        }
    }

    static SegmentHeader of(Fingerprint fingerprint, SegmentShape shape) {
        int bytes = FIXED_BYTES + fingerprint.encoded().length + layerBytes(shape.kv()) + headBytes(shape.kv()) + CRC_BYTES;
        return new SegmentHeader(fingerprint, shape, (int) SegmentLayout.aligned(bytes, SegmentLayout.ALIGNMENT));
    }

    SegmentLayout layout() {
        return new SegmentLayout(shape, bytes);
    }

    private static int layerBytes(KvShape kv) {
        return Math.ceilDiv(kv.layers(), Byte.SIZE);
    }

    private static int headBytes(KvShape kv) {
        return Math.ceilDiv(kv.layers() * kv.kvHeads(), Byte.SIZE);
    }

    byte[] encoded() {
        SegmentLayout layout = layout();
        byte[] print = fingerprint.encoded();
        ByteBuffer out = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        out.put(MAGIC).putInt(shape.isArchived() ? ARCHIVED_VERSION : VERSION).putInt(bytes).putLong(layout.fileBytes());
        out.putInt(shape.kv().layers()).putInt(shape.kv().kvHeads()).putInt(shape.kv().headDim());
        out.putInt(shape.tokens()).putInt(shape.blocks()).putInt(shape.tailFirstBlock());
        out.putInt(Math.toIntExact(layout.recordBytes)).putLong(shape.summariesBytes()).putInt(print.length);
        out.put(print);
        out.put(bits(shape.summaries().memoryLayers(), layerBytes(shape.kv())));
        out.put(bits(planes(shape.summaries()), headBytes(shape.kv())));
        CRC32C crc = new CRC32C();
        crc.update(out.array(), 0, bytes - CRC_BYTES);
        out.putInt(bytes - CRC_BYTES, (int) crc.getValue());
        return out.array();
    }

    /** The checksum at the end of a header. */
    static int crc(byte[] header) {
        return ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).getInt(header.length - CRC_BYTES);
    }

    private static byte[] bits(BitSet set, int bytes) {
        return Arrays.copyOf(set.toByteArray(), bytes);
    }

    /** Only those of memory layers: others mean nothing. */
    private static BitSet planes(KvSummaries summaries) {
        BitSet planes = summaries.sensitive();
        int kvHeads = summaries.shape().kvHeads();
        for (int i = planes.nextSetBit(0); i >= 0; i = planes.nextSetBit(i + 1)) {
            planes.set(i, summaries.isMemory(i / kvHeads));
        }
        return planes;
    }

    /** Bytes of the header whose first {@link #START_BYTES} bytes these are, if the file's {@code fileBytes} can hold it. */
    static int bytesOf(byte[] start, long fileBytes) throws Bad {
        if (!Arrays.equals(start, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw new Bad("it is no segment: its first bytes differ");
        }
        int bytes = ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).getInt(MAGIC.length + Integer.BYTES);
        if (bytes < FIXED_BYTES || bytes > BYTES_MAX || bytes % SegmentLayout.ALIGNMENT != 0 || bytes > fileBytes) {
            throw new Bad("its header declares %,d bytes; a multiple of %d up to %,d is right, and the file has %,d".formatted(
                    Integer.toUnsignedLong(bytes), SegmentLayout.ALIGNMENT, BYTES_MAX, fileBytes));
        }
        return bytes;
    }

    /**
     * The header in these bytes, of a file of {@code fileBytes}. Nothing is allocated for what it declares before its checksum, its
     * limits and the file's length were found right.
     */
    static SegmentHeader decoded(byte[] bytes, long fileBytes, SegmentLimits limits) throws Bad {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, bytes.length - CRC_BYTES);
        if ((int) crc.getValue() != in.getInt(bytes.length - CRC_BYTES)) {
            throw new Bad("its header is damaged: the checksum does not match");
        }
        int version = in.position(MAGIC.length).getInt();
        if (version != VERSION && version != ARCHIVED_VERSION) {
            boolean isNewer = Integer.compareUnsigned(version, ARCHIVED_VERSION) > 0;
            throw new Bad("it has version %s of the format and this program reads %d and %d: %s".formatted(
                    Integer.toUnsignedString(version), VERSION, ARCHIVED_VERSION, isNewer
                            ? "a newer Longhand wrote it; use that one, or let its document be read again"
                            : "an older Longhand wrote it; its document has to be read again"), true);
        }
        in.getInt();
        try {
            SegmentHeader header = decodedBody(in, bytes.length, version == ARCHIVED_VERSION, fileBytes, limits);
            if (!Arrays.equals(header.encoded(), bytes)) {
                throw new Bad("its header is not in its normal form");
            }
            return header;
        } catch (IllegalArgumentException e) {
            throw new Bad("its header is wrong: " + e.getMessage());
        }
    }

    private static SegmentHeader decodedBody(ByteBuffer in, int headerBytes, boolean isArchived, long fileBytes,
            SegmentLimits limits) throws Bad {
        long declared = in.getLong();
        int layers = count(in, "layers", 1, SegmentLimits.HEADS_MAX);
        int kvHeads = count(in, "KV heads", 1, SegmentLimits.HEADS_MAX / layers);
        int headDim = count(in, "dimensions of a head", 16, SegmentLimits.HEAD_DIM_MAX);
        int tokens = count(in, "tokens", 1, limits.tokensMax());
        int blocks = count(in, "blocks", Math.ceilDiv(tokens, KvShape.BLOCK_TOKENS), Math.ceilDiv(tokens, KvShape.BLOCK_TOKENS));
        int tailFirstBlock = count(in, "blocks before the tail", 0, blocks);
        in.getInt(); // a record's bytes and those of the summaries follow from the rest; the normal form holds them to it
        in.getLong();
        int printBytes = count(in, "bytes of the fingerprint", 0, Fingerprint.BYTES_MAX);
        int rest = printBytes + Math.ceilDiv(layers, Byte.SIZE) + Math.ceilDiv(layers * kvHeads, Byte.SIZE);
        Check.argument(rest <= in.remaining() - CRC_BYTES, "%d bytes of fingerprint and layers, and %d are left", rest,
                in.remaining());
        Fingerprint fingerprint = Fingerprint.decoded(bytes(in, printBytes));
        BitSet memoryLayers = BitSet.valueOf(bytes(in, Math.ceilDiv(layers, Byte.SIZE)));
        BitSet planes = BitSet.valueOf(bytes(in, Math.ceilDiv(layers * kvHeads, Byte.SIZE)));
        KvShape kv = new KvShape(layers, kvHeads, headDim, fingerprint.kvType());
        SegmentShape shape = new SegmentShape(new KvSummaries(kv, memoryLayers, planes), tokens, tailFirstBlock, isArchived);
        String refusal = SegmentLayout.refusal(shape, limits);
        if (refusal != null) {
            throw new Bad(refusal);
        }
        SegmentHeader header = new SegmentHeader(fingerprint, shape, headerBytes);
        long expected = header.layout().fileBytes();
        if (declared != expected || fileBytes != expected) {
            throw new Bad("it has %,d bytes, and its header asks for %,d and declares %,d; it was probably cut short".formatted(
                    fileBytes, expected, declared));
        }
        return header;
    }

    private static int count(ByteBuffer in, String what, int min, int max) {
        int value = in.getInt();
        Check.argument(value >= min && value <= max, "it declares %s %s; they must lie in [%d, %d]",
                Integer.toUnsignedString(value), what, min, max);
        return value;
    }

    private static byte[] bytes(ByteBuffer in, int count) {
        byte[] bytes = new byte[count];
        in.get(bytes);
        return bytes;
    }
}
