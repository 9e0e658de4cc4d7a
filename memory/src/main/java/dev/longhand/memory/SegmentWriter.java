package dev.longhand.memory;

import dev.longhand.base.Check;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/** Writes a segment from its first byte to its last: {@code docs/formats/segment.md}. Used once, by one thread. */
final class SegmentWriter {
    static final byte[] END_MAGIC = "LHSEGEND".getBytes(StandardCharsets.US_ASCII);

    private static final int BUFFER_BYTES = 1 << 16;
    private static final byte[] ZEROS = new byte[SegmentLayout.PAGE];

    private final SegmentContent content;
    private final SegmentHeader header;
    private final SegmentLayout layout;
    private final OutputStream out;
    private final CRC32C whole = new CRC32C();
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private final ByteBuffer index;
    private long at;

    private SegmentWriter(SegmentContent content, OutputStream out) {
        this.content = content;
        this.header = SegmentHeader.of(content.fingerprint(), content.shape());
        this.layout = header.layout();
        this.out = out;
        this.index = ByteBuffer.allocate(Math.toIntExact(layout.indexBytes())).order(ByteOrder.LITTLE_ENDIAN);
    }

    static void write(SegmentContent content, OutputStream out) throws IOException {
        new SegmentWriter(content, out).write();
    }

    private void write() throws IOException {
        byte[] head = header.encoded();
        put(MemorySegment.ofArray(head));
        index.putInt(ints(content.tokens(), layout.tokensAt));
        index.putInt(ints(content.offsets(), layout.offsetsAt));
        padTo(layout.summariesAt);
        index.putInt(put(content.summaries()));
        index.putInt(0);
        for (SegmentLayout.Run run : layout.runs()) {
            padTo(run.at());
            putRun(run);
        }
        padTo(layout.indexAt);
        int indexCrc = put(MemorySegment.ofArray(index.array()));
        Check.invariant(at == layout.footerAt, "the footer is written at %d, not %d", at, layout.footerAt);
        out.write(footer(layout.fileBytes(), SegmentHeader.crc(head), indexCrc, (int) whole.getValue()));
    }

    static byte[] footer(long fileBytes, int headerCrc, int indexCrc, int wholeCrc) {
        ByteBuffer footer = ByteBuffer.allocate(SegmentLayout.FOOTER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        footer.putLong(fileBytes).putInt(headerCrc).putInt(indexCrc).putInt(wholeCrc);
        CRC32C crc = new CRC32C();
        crc.update(footer.array(), 0, footer.position());
        return footer.putInt((int) crc.getValue()).put(END_MAGIC).array();
    }

    private int ints(int[] values, long where) throws IOException {
        padTo(where);
        ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(values);
        return put(MemorySegment.ofArray(bytes.array()));
    }

    private void putRun(SegmentLayout.Run run) throws IOException {
        long bytes = content.shape().recordBytes();
        for (int b = 0; b < run.blocks(); b++) {
            for (int h = 0; h < content.shape().kv().kvHeads(); h++) {
                MemorySegment record = content.records().record(run.layer(), run.firstBlock() + b, h);
                Check.argument(record.byteSize() == bytes, "a record of %d bytes; they have %d", record.byteSize(), bytes);
                long start = at;
                index.putInt(put(record));
                padTo(start + layout.recordBytes);
            }
        }
    }

    /** Returns the checksum. */
    private int put(MemorySegment bytes) throws IOException {
        CRC32C crc = new CRC32C();
        for (long done = 0; done < bytes.byteSize(); ) {
            int n = (int) Math.min(BUFFER_BYTES, bytes.byteSize() - done);
            MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, done, buffer, 0, n);
            crc.update(buffer, 0, n);
            emit(buffer, n);
            done += n;
        }
        return (int) crc.getValue();
    }

    private void padTo(long where) throws IOException {
        Check.invariant(where >= at && where - at < SegmentLayout.PAGE, "byte %d comes after byte %d", where, at);
        emit(ZEROS, (int) (where - at));
    }

    private void emit(byte[] bytes, int count) throws IOException {
        whole.update(bytes, 0, count);
        out.write(bytes, 0, count);
        at += count;
    }
}
