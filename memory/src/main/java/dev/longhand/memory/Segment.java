package dev.longhand.memory;

import dev.longhand.base.Check;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.kernels.ArchivedRecord;
import dev.longhand.kernels.KvShape;
import dev.longhand.memory.SegmentHeader.Bad;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * One document's attention memory on disk, open for reading: {@code docs/formats/segment.md}.
 *
 * <p>Opening checks header, index, token ids, offsets and summaries, and keeps all of these in memory; sizes are checked against
 * the file's length before anything is allocated for them. Records are read where they are needed and checked then. A record that
 * is damaged, cut off or cannot be read is a miss, never an exception: the document must be read again. A file that is replaced or
 * removed meanwhile is read on as it was.
 *
 * <p>Knows one file; does not know whether anybody wants it. Thread-safe; close it when nobody reads any more.
 */
public final class Segment implements AutoCloseable {
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int COPY_BYTES = 1 << 20;

    private final Path path;
    private final SegmentFile file;
    private final SegmentHeader header;
    private final SegmentLayout layout;
    private final long roomBytes; // of a record in memory
    private final byte[] footer;
    private final SegmentId id;
    private final int[] tokens;
    private final int[] offsets;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment index;
    private final MemorySegment summaries;
    private volatile String damaged; // what was found first; null if nothing

    private Segment(Path path, SegmentFile file, SegmentLimits limits) throws Bad, IOException {
        this.path = path;
        this.file = file;
        boolean isWhole = false;
        try {
            long fileBytes = file.bytes();
            header = header(fileBytes, limits);
            layout = header.layout();
            roomBytes = SegmentLayout.aligned(header.shape().kv().storedRecordBytes(), SegmentLayout.ALIGNMENT);
            index = read(layout.indexAt, layout.indexBytes());
            footer = footer(fileBytes);
            tokens = ints("token ids", layout.tokensAt, 0);
            offsets = ints("offsets", layout.offsetsAt, 1);
            summaries = read(layout.summariesAt, header.shape().summariesBytes());
            check("summaries", summaries, 2);
            id = SegmentId.of(header.fingerprint(), tokens);
            isWhole = true;
        } finally {
            if (!isWhole) {
                arena.close();
            }
        }
    }

    /** Opens a file; the caller closes it. */
    public static Segment open(Path path, SegmentLimits limits) throws Problem {
        return open(path, () -> FileChannel.open(path, StandardOpenOption.READ), limits);
    }

    static Segment open(Path path, SegmentFile.Opener opener, SegmentLimits limits) throws Problem {
        SegmentFile file = null;
        Segment segment = null;
        try {
            file = new SegmentFile(opener);
            segment = new Segment(path, file, limits);
            return segment;
        } catch (NoSuchFileException e) {
            throw new Problem(Problem.Kind.NOT_FOUND, "there is no segment %s".formatted(path), e);
        } catch (EOFException e) {
            throw unusable(path, "it was cut short while it was read", Problem.Kind.MALFORMED, e);
        } catch (IOException e) {
            throw Disk.problem("reading", path, e);
        } catch (Bad e) {
            throw unusable(path, e.getMessage(), e.isOfOtherVersion ? Problem.Kind.UNSUPPORTED : Problem.Kind.MALFORMED, e);
        } finally {
            if (segment == null && file != null) {
                file.close();
            }
        }
    }

    private static Problem unusable(Path path, String why, Problem.Kind kind, Exception cause) {
        return new Problem(kind, "segment %s cannot be used: %s".formatted(path, why), cause);
    }

    // ---------------------------------------------------------------- opening

    private SegmentHeader header(long fileBytes, SegmentLimits limits) throws Bad, IOException {
        if (fileBytes < SegmentHeader.START_BYTES) {
            throw new Bad("it has %d bytes; a segment has more".formatted(fileBytes));
        }
        byte[] start = bytes(0, SegmentHeader.START_BYTES);
        return SegmentHeader.decoded(bytes(0, SegmentHeader.bytesOf(start, fileBytes)), fileBytes, limits);
    }

    private byte[] bytes(long at, int count) throws IOException {
        byte[] bytes = new byte[count];
        file.read(MemorySegment.ofArray(bytes), at);
        return bytes;
    }

    private MemorySegment read(long at, long count) throws IOException {
        MemorySegment memory = arena.allocate(count, SegmentLayout.ALIGNMENT);
        file.read(memory, at);
        return memory;
    }

    /** The footer must be the one that fits header and index; what it says of the whole file is believed until it is checked. */
    private byte[] footer(long fileBytes) throws Bad, IOException {
        byte[] found = bytes(layout.footerAt, SegmentLayout.FOOTER_BYTES);
        int wholeCrc = ByteBuffer.wrap(found).order(ByteOrder.LITTLE_ENDIAN).getInt(Long.BYTES + 2 * Integer.BYTES);
        int indexCrc = crc(index);
        if (!Arrays.equals(found, SegmentWriter.footer(fileBytes, SegmentHeader.crc(header.encoded()), indexCrc, wholeCrc))) {
            throw new Bad("its index or its end is damaged: the checksums do not match");
        }
        return found;
    }

    private int[] ints(String what, long at, int section) throws Bad, IOException {
        byte[] bytes = bytes(at, Integer.BYTES * header.shape().tokens());
        check(what, MemorySegment.ofArray(bytes), section);
        int[] ints = new int[header.shape().tokens()];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(ints);
        return ints;
    }

    private void check(String what, MemorySegment bytes, int section) throws Bad {
        if (crc(bytes) != index.get(I32, (long) Integer.BYTES * section)) {
            throw new Bad("its " + what + " are damaged: the checksum does not match");
        }
    }

    private static int crc(MemorySegment bytes) {
        CRC32C crc = new CRC32C();
        for (long done = 0; done < bytes.byteSize(); done += COPY_BYTES) {
            crc.update(bytes.asSlice(done, Math.min(COPY_BYTES, bytes.byteSize() - done)).asByteBuffer());
        }
        return (int) crc.getValue();
    }

    // ---------------------------------------------------------------- what is in memory

    public Path path() {
        return path;
    }

    public SegmentId id() {
        return id;
    }

    public Fingerprint fingerprint() {
        return header.fingerprint();
    }

    public SegmentShape shape() {
        return header.shape();
    }

    /** Bytes of the file. */
    public long fileBytes() {
        return layout.fileBytes();
    }

    /** Bytes that the file has, or would have if it were not archived. */
    long fullBytes() {
        return SegmentHeader.of(fingerprint(), shape().full()).layout().fileBytes();
    }

    /** Token ids, a copy. */
    public int[] tokens() {
        return tokens.clone();
    }

    /** Byte of the source text at which a token begins; -1 where it came from nowhere. */
    public int offset(int token) {
        return offsets[token];
    }

    /** All offsets, a copy. */
    public int[] offsets() {
        return offsets.clone();
    }

    /** One region of all blocks; gone when the segment is closed. */
    public MemorySegment summaries() {
        return summaries;
    }

    /** What was found first of records that could not be used; empty if nothing was. */
    public Optional<String> damaged() {
        return Optional.ofNullable(damaged);
    }

    SegmentLayout layout() {
        return layout;
    }

    // ---------------------------------------------------------------- records

    /** Bytes of a record in memory, and of its place in a run of {@link #readRun}; on disk an archived one has fewer. */
    public long recordBytes() {
        return roomBytes;
    }

    /** Reads a record into memory of at least {@link #recordBytes}. False is a miss: {@link #damaged} says why. */
    public boolean read(int layer, int block, int kvHead, MemorySegment into) {
        int record = layout.record(layer, block, kvHead);
        MemorySegment stored = into.asSlice(roomBytes - layout.recordBytes, layout.recordBytes);
        if (fill(stored, layout.recordAt(layer, block, kvHead), layer) && isSound(stored, record, layer)) {
            expand(into.asSlice(0, roomBytes));
            return true;
        }
        return false;
    }

    /**
     * Reads the records of {@code blocks} neighbouring blocks of a layer, {@code [blocks][kvHeads]}, each at a multiple of
     * {@link #recordBytes}. Those that miss are set in {@code missing}, by their number in the run. Returns how many are good.
     */
    public int readRun(int layer, int block, int blocks, MemorySegment into, BitSet missing) {
        int count = Math.multiplyExact(blocks, shape().kv().kvHeads());
        Check.argument(blocks > 0, "a run of %d blocks", blocks);
        layout.record(layer, block + blocks - 1, 0);
        int first = layout.record(layer, block, 0);
        int good = 0;
        long saved = roomBytes - layout.recordBytes;
        MemorySegment run = into.asSlice(saved * count, layout.recordBytes * count);
        if (fill(run, layout.recordAt(layer, block, 0), layer)) {
            for (int i = 0; i < count; i++) { // what lies at the end moves to its place, one by one; none meets one that waits
                MemorySegment room = into.asSlice(roomBytes * i, roomBytes);
                MemorySegment stored = room.asSlice(saved);
                if (saved > 0) {
                    stored.copyFrom(run.asSlice(layout.recordBytes * i, layout.recordBytes));
                }
                boolean isSound = isSound(stored, first + i, layer);
                if (isSound) {
                    expand(room);
                }
                missing.set(i, !isSound);
                good += isSound ? 1 : 0;
            }
            return good;
        }
        for (int i = 0; i < count; i++) {
            int b = block + i / shape().kv().kvHeads();
            boolean isSound = read(layer, b, i % shape().kv().kvHeads(), into.asSlice(roomBytes * i, roomBytes));
            missing.set(i, !isSound);
            good += isSound ? 1 : 0;
        }
        return good;
    }

    /** Makes a record of what was read to the end of its place. */
    private void expand(MemorySegment room) {
        if (shape().isArchived()) {
            ArchivedRecord.expand(shape().kv(), room);
        }
    }

    private boolean fill(MemorySegment into, long at, int layer) {
        try {
            file.read(into, at);
            return true;
        } catch (IOException e) {
            note("records of layer %d at byte %,d cannot be read: %s".formatted(layer, at, e.getMessage()));
            return false;
        }
    }

    private boolean isSound(MemorySegment record, int number, int layer) {
        CRC32C crc = new CRC32C();
        crc.update(record.asSlice(0, shape().recordBytes()).asByteBuffer());
        boolean isSound = (int) crc.getValue() == index.get(I32, SegmentLayout.crcAt(number));
        if (!isSound) {
            note("record %d, of layer %d, is damaged: the checksum does not match".formatted(number, layer));
        }
        return isSound;
    }

    private void note(String what) {
        if (damaged == null) {
            damaged = what;
        }
    }

    // ---------------------------------------------------------------- the whole file

    /** Reads every byte and says what is wrong; empty if nothing is. */
    public List<String> check() {
        List<String> findings = new ArrayList<>();
        try {
            copyBody(OutputStream.nullOutputStream());
        } catch (IOException e) {
            findings.add(e.getMessage());
        }
        try (Arena own = Arena.ofConfined()) {
            int kvHeads = shape().kv().kvHeads();
            MemorySegment room = own.allocate(roomBytes * kvHeads, SegmentLayout.ALIGNMENT);
            for (SegmentLayout.Run run : layout.runs()) {
                int bad = 0;
                for (int b = 0; b < run.blocks(); b++) {
                    bad += kvHeads - readRun(run.layer(), run.firstBlock() + b, 1, room, new BitSet());
                }
                if (bad > 0) {
                    findings.add("%d of %d records of layer %d are damaged".formatted(bad, run.blocks() * kvHeads, run.layer()));
                }
            }
        }
        return findings;
    }

    /** The same document with archived records, made as they are asked for; {@link UnreadableMemory} where one is damaged. */
    SegmentContent archived(Arena rooms) {
        KvShape kv = shape().kv();
        MemorySegment record = rooms.allocate(roomBytes, SegmentLayout.ALIGNMENT);
        MemorySegment packed = rooms.allocate(ArchivedRecord.bytes(kv), SegmentLayout.ALIGNMENT);
        return new SegmentContent(fingerprint(), shape().archived(), tokens, offsets, summaries, (layer, block, kvHead) -> {
            if (!read(layer, block, kvHead, record)) {
                throw new UnreadableMemory(id.toString(), damaged);
            }
            ArchivedRecord.pack(kv, record, packed);
            return packed;
        });
    }

    /** Writes the same bytes; {@link IOException} where they are not those that were written once. */
    void copyTo(OutputStream out) throws IOException {
        copyBody(out);
        out.write(footer);
    }

    private void copyBody(OutputStream out) throws IOException {
        CRC32C crc = new CRC32C();
        byte[] buffer = new byte[COPY_BYTES];
        for (long at = 0; at < layout.footerAt; at += COPY_BYTES) {
            int n = (int) Math.min(COPY_BYTES, layout.footerAt - at);
            file.read(MemorySegment.ofArray(buffer).asSlice(0, n), at);
            crc.update(buffer, 0, n);
            out.write(buffer, 0, n);
        }
        int wholeCrc = ByteBuffer.wrap(footer).order(ByteOrder.LITTLE_ENDIAN).getInt(Long.BYTES + 2 * Integer.BYTES);
        if ((int) crc.getValue() != wholeCrc) {
            throw new IOException("some of its bytes have changed: the checksum of the whole file does not match");
        }
    }

    @Override
    public void close() {
        file.close();
        arena.close();
    }

    @Override
    public String toString() {
        return "segment %s of %,d tokens (%s)".formatted(id.hash().hex().substring(0, 12), tokens.length, path);
    }
}
