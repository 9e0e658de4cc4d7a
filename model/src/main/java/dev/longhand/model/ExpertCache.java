package dev.longhand.model;

import dev.longhand.base.Check;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.kernels.Matrix;
import dev.longhand.kernels.PanelType;
import dev.longhand.model.ExpertTensors.Kind;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The file with a mixture's experts in the kernels' layout, one record each; byte table in {@code docs/formats/experts.md}.
 *
 * <p>Written once beside the model and published whole. It belongs to one model, element types and layout: its fingerprint says
 * which,
 * and a file of another one, or a broken one, counts as absent. Each record has a checksum; the directory has one too. Thread-safe.
 */
final class ExpertCache implements AutoCloseable {
    private static final long MAGIC = 0x31545250584E474CL; // "LGNXPRT1"
    private static final int VERSION = 1;
    private static final int HEADER_BYTES = 64;
    private static final int TRAILER_BYTES = 32;
    private static final int KINDS = Kind.values().length;
    private static final int ALIGNMENT = 64;
    /** An expert's three matrices have as many elements each; their types differ by less than this in all, seen from the first. */
    private static final int MATRICES_BYTES_FACTOR = 24;

    /** One matrix of a layer's experts: the same for each of them. */
    record Form(PanelType type, long bytes) {}

    /** Reads bytes of the file; the seam for failing disks. */
    interface Reads extends AutoCloseable {
        /** Fills {@code into} from {@code at}. */
        void read(long at, ByteBuffer into) throws IOException;

        @Override
        void close() throws IOException;
    }

    /** Where the records are: follows from the model and the kernels' layout alone, never from the file. */
    private record Layout(Sha256 identity, Form[][] forms, long[] starts, int experts) { // (layer, kind); (layers + 1)
        int layers() {
            return forms.length;
        }

        int directoryBytes() {
            return 4 * layers() * experts;
        }

        long fileBytes() {
            return starts[layers()] + directoryBytes() + TRAILER_BYTES;
        }
    }

    private final Path file;
    private final Reads reads;
    private final Layout layout;
    private final int[] checksums; // (layer * experts + expert)

    private ExpertCache(Path file, Reads reads, Layout layout, int[] checksums) {
        this.file = file;
        this.reads = reads;
        this.layout = layout;
        this.checksums = checksums;
    }

    /** Opens the cache, making it first where it is missing, stale or broken. */
    static ExpertCache open(Path file, String fingerprint, ExpertTensors tensors, Disk disk) throws Problem {
        Layout layout = layout(fingerprint, tensors);
        Optional<ExpertCache> there = openIfSound(file, layout);
        if (there.isPresent()) {
            return there.get();
        }
        disk.publish(file, out -> write(out, layout, tensors));
        return openIfSound(file, layout).orElseThrow(() -> new Problem(Problem.Kind.DISK,
                "%s was written and cannot be read back; the disk is probably failing".formatted(file)));
    }

    private static Layout layout(String fingerprint, ExpertTensors tensors) throws Problem {
        Form[][] forms = new Form[tensors.layers()][KINDS];
        long[] starts = new long[tensors.layers() + 1];
        starts[0] = HEADER_BYTES;
        Map<String, Form> known = new HashMap<>();
        try (Stage stage = new Stage()) {
            for (int layer = 0; layer < forms.length; layer++) {
                long bytes = 0;
                for (Kind kind : Kind.values()) {
                    String key = kind + " " + tensors.type(layer, kind);
                    if (!known.containsKey(key)) {
                        stage.reset();
                        Matrix matrix = tensors.pack(stage, layer, kind, 0);
                        known.put(key, new Form(matrix.type(), matrix.bytes()));
                    }
                    forms[layer][kind.ordinal()] = known.get(key);
                    bytes += known.get(key).bytes;
                }
                starts[layer + 1] = Math.addExact(starts[layer], Math.multiplyExact(bytes, tensors.experts()));
            }
        }
        return new Layout(identity(fingerprint, tensors), forms, starts, tensors.experts());
    }

    /** Which model, in which layout. */
    private static Sha256 identity(String fingerprint, ExpertTensors tensors) throws Problem {
        StringBuilder text = new StringBuilder("experts 1 ").append(fingerprint).append(' ').append(tensors.experts());
        for (int layer = 0; layer < tensors.layers(); layer++) {
            for (Kind kind : Kind.values()) {
                text.append('\n').append(kind).append(' ').append(tensors.type(layer, kind)).append(' ')
                        .append(tensors.kernels().panelType(tensors.type(layer, kind))).append(' ').append(tensors.rows(kind))
                                .append('x')
                        .append(tensors.cols(kind));
            }
        }
        return Sha256.of(text.toString());
    }

    // ---------------------------------------------------------------- writing

    private static void write(OutputStream out, Layout layout, ExpertTensors tensors) throws IOException {
        out.write(little(HEADER_BYTES).putLong(MAGIC).putInt(VERSION).putInt(KINDS)
                .put(HexFormat.of().parseHex(layout.identity.hex())).array());
        ByteBuffer directory = little(layout.directoryBytes());
        try (Stage stage = new Stage()) {
            WritableByteChannel channel = Channels.newChannel(out);
            for (int layer = 0; layer < layout.layers(); layer++) {
                for (int e = 0; e < layout.experts; e++) {
                    ByteBuffer record = pack(stage, tensors, layer, e, layout.forms[layer]);
                    directory.putInt(checksum(record.duplicate()));
                    while (record.hasRemaining()) {
                        channel.write(record);
                    }
                }
            }
        } catch (Problem e) {
            throw new IOException(e.getMessage(), e);
        }
        out.write(directory.array());
        out.write(little(TRAILER_BYTES).putLong(layout.starts[layout.layers()]).putInt(directory.capacity())
                .putInt(checksum(ByteBuffer.wrap(directory.array()))).putInt(layout.layers()).putInt(layout.experts).putLong(MAGIC)
                        .array());
    }

    private static ByteBuffer pack(Stage stage, ExpertTensors tensors, int layer, int expert, Form[] forms) throws Problem {
        stage.reset();
        long begin = 0;
        long end = 0;
        for (Kind kind : Kind.values()) {
            Matrix matrix = tensors.pack(stage, layer, kind, expert);
            begin = kind.ordinal() == 0 ? matrix.address() : begin;
            Check.invariant(kind.ordinal() == 0 || matrix.address() == end, "panels of %d bytes do not follow one another",
                    matrix.bytes());
            Check.invariant(new Form(matrix.type(), matrix.bytes()).equals(forms[kind.ordinal()]), "experts of layer %d differ",
                    layer);
            end = matrix.address() + matrix.bytes();
        }
        return MemorySegment.ofAddress(begin).reinterpret(end - begin).asByteBuffer();
    }

    /** Memory for one record at a time, handed out from the front again after {@link #reset}. */
    private static final class Stage implements Arena {
        private final Arena owner = Arena.ofShared();
        private MemorySegment memory = MemorySegment.NULL;
        private long used;

        void reset() {
            used = 0;
        }

        @Override
        public MemorySegment allocate(long bytes, long alignment) {
            if (memory.byteSize() == 0) {
                memory = owner.allocate(Math.max(1L << 22, MATRICES_BYTES_FACTOR * bytes), ALIGNMENT);
            }
            long at = Math.ceilDiv(used, alignment) * alignment;
            Check.invariant(at + bytes <= memory.byteSize(), "an expert of more than %d bytes", memory.byteSize());
            used = at + bytes;
            return memory.asSlice(at, bytes);
        }

        @Override
        public MemorySegment.Scope scope() {
            return owner.scope();
        }

        @Override
        public void close() {
            owner.close();
        }
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static int checksum(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    // ---------------------------------------------------------------- opening

    /** Empty where the file is missing, of another model or layout, cut, or has a broken directory. */
    private static Optional<ExpertCache> openIfSound(Path file, Layout layout) throws Problem {
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        FileReads reads = null;
        try {
            reads = new FileReads(FileChannel.open(file, StandardOpenOption.READ));
            Optional<int[]> checksums = checksums(reads, layout);
            if (checksums.isPresent()) {
                ExpertCache cache = new ExpertCache(file, reads, layout, checksums.get());
                reads = null;
                return Optional.of(cache);
            }
            return Optional.empty();
        } catch (IOException e) {
            throw Disk.problem("reading", file, e);
        } finally {
            if (reads != null) {
                closeQuietly(reads);
            }
        }
    }

    private static Optional<int[]> checksums(FileReads in, Layout layout) throws IOException {
        if (in.channel.size() != layout.fileBytes()) {
            return Optional.empty();
        }
        long at = layout.starts[layout.layers()];
        ByteBuffer header = in.read(0, HEADER_BYTES);
        ByteBuffer directory = in.read(at, layout.directoryBytes());
        ByteBuffer trailer = in.read(at + layout.directoryBytes(), TRAILER_BYTES);
        byte[] found = new byte[32];
        header.get(16, found);
        boolean isOurs = header.getLong(0) == MAGIC && header.getInt(8) == VERSION && trailer.getLong(24) == MAGIC
                && HexFormat.of().formatHex(found).equals(layout.identity.hex())
                && trailer.getInt(12) == checksum(directory.duplicate());
        if (!isOurs) {
            return Optional.empty();
        }
        int[] checksums = new int[layout.layers() * layout.experts];
        directory.asIntBuffer().get(checksums);
        return Optional.of(checksums);
    }

    /** The same cache behind other reads. */
    ExpertCache readingBy(Reads other) {
        return new ExpertCache(file, other, layout, checksums);
    }

    Reads reads() {
        return reads;
    }

    // ---------------------------------------------------------------- reading

    Form form(int layer, Kind kind) {
        return layout.forms[layer][kind.ordinal()];
    }

    /** Bytes of one expert of a layer. */
    long recordBytes(int layer) {
        long bytes = 0;
        for (Form form : layout.forms[layer]) {
            bytes += form.bytes;
        }
        return bytes;
    }

    /** Reads an expert into the front of {@code slot} and compares its checksum. */
    void read(int layer, int expert, MemorySegment slot) throws Problem {
        long bytes = recordBytes(layer);
        long at = layout.starts[layer] + expert * bytes;
        ByteBuffer into = slot.asSlice(0, bytes).asByteBuffer();
        try {
            reads.read(at, into);
        } catch (IOException e) {
            throw new Problem(Problem.Kind.DISK, "expert %d of layer %d, bytes [%d, %d) of %s, cannot be read: %s"
                    .formatted(expert, layer, at, at + bytes, file, e.getMessage()), e);
        }
        if (checksum(slot.asSlice(0, bytes).asByteBuffer()) != checksums[layer * layout.experts + expert]) {
            throw new Problem(Problem.Kind.MALFORMED, "expert %d of layer %d in %s has another checksum than when it was written; "
                    .formatted(expert, layer, file) + "delete the file, and the next start makes it again");
        }
    }

    @Override
    public void close() {
        closeQuietly(reads);
    }

    private static void closeQuietly(Reads reads) {
        try {
            reads.close();
        } catch (IOException e) {
            // Opened for reading only.
        }
    }

    /** Positional reads of a real file. */
    private record FileReads(FileChannel channel) implements Reads {
        @Override
        public void read(long at, ByteBuffer into) throws IOException {
            long end = at + into.remaining();
            while (into.hasRemaining()) {
                if (channel.read(into, end - into.remaining()) < 0) {
                    throw new IOException("the file ends at byte %d; it was cut while it was in use".formatted(channel.size()));
                }
            }
        }

        ByteBuffer read(long at, int bytes) throws IOException {
            ByteBuffer buffer = little(bytes);
            read(at, buffer);
            return buffer.flip();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
