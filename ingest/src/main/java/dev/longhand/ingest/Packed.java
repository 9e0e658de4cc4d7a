package dev.longhand.ingest;

import dev.longhand.base.Units;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/** An open archive, entry by entry. Knows formats, not which entries are wanted. Closing leaves its channel open. */
abstract sealed class Packed implements Closeable {
    /** How an archive is read; its name decides. */
    enum Format {
        ZIP, TAR, TAR_GZ, GZ;

        /** Null if the name is not that of an archive. */
        static Format of(String name) {
            String lower = name.toLowerCase(Locale.ROOT);
            int dot = lower.lastIndexOf('.');
            if (dot <= 0) {
                return null;
            }
            return switch (lower.substring(dot + 1)) {
                case "zip", "jar", "war", "whl" -> ZIP;
                case "tar" -> TAR;
                case "tgz" -> TAR_GZ;
                case "gz" -> lower.endsWith(".tar.gz") ? TAR_GZ : GZ;
                default -> null;
            };
        }
    }

    /**
     * @param name as it stands in the archive; hostile
     * @param link "" or what it is a link to
     * @param content may be opened until the next entry is asked for
     */
    record Entry(String name, boolean isFolder, boolean isFile, String link, boolean isEncrypted, Content content) {}

    private static final int BUFFER_BYTES = 1 << 16;
    private static final int DIRECTORY_HEADERS = 16;
    /** What a TAR reads beside headers: the rest of its blocks at the end. */
    private static final int BLOCKS_BYTES = 1 << 14;

    static Packed open(Format format, SeekableByteChannel channel, String name, Unpacking unpacking, ArchiveLimits limits)
            throws IOException {
        if (format == Format.ZIP) {
            return new Zip(channel, unpacking, (long) DIRECTORY_HEADERS * limits.headerBytesMax());
        }
        InputStream raw = new BufferedInputStream(Channels.newInputStream(channel), BUFFER_BYTES);
        if (format == Format.TAR) {
            return new Tar(unpacking.metered(raw), unpacking, limits.headerBytesMax());
        }
        InputStream unpacked = unpacking.metered(Unpacking.guarded(() -> new GzipCompressorInputStream(raw, true)));
        return format == Format.GZ ? new Gz(unpacked, name.substring(0, name.length() - ".gz".length()))
                : new Tar(unpacked, unpacking, limits.headerBytesMax());
    }

    /** The next entry; null at the end. */
    abstract Entry next() throws IOException;

    /** By its directory, in the order of names. */
    private static final class Zip extends Packed {
        private static final int TYPE = 0170000;
        private static final int REGULAR = 0100000;
        private static final int FOLDER = 0040000;

        private final ZipFile zip;
        private final Unpacking unpacking;
        private final Iterator<ZipArchiveEntry> entries;

        Zip(SeekableByteChannel channel, Unpacking unpacking, long directoryBytesMax) throws IOException {
            Bounded bounded = new Bounded(channel, unpacking, directoryBytesMax);
            this.unpacking = unpacking;
            zip = Unpacking.guarded(() -> ZipFile.builder().setSeekableByteChannel(bounded).setIgnoreLocalFileHeader(true)
                    .setCharset(StandardCharsets.UTF_8).get());
            bounded.bytesLeft = Long.MAX_VALUE;
            List<ZipArchiveEntry> all = new ArrayList<>(Collections.list(zip.getEntries()));
            all.sort(Comparator.comparing(ZipArchiveEntry::getName));
            entries = all.iterator();
        }

        @Override
        Entry next() throws IOException {
            if (!entries.hasNext()) {
                return null;
            }
            ZipArchiveEntry entry = entries.next();
            int type = entry.getUnixMode() & TYPE;
            boolean isFolder = entry.isDirectory();
            boolean isFile = !isFolder && (type == 0 || type == REGULAR || type == FOLDER);
            Content content = new Content(entry.getSize(), entry.getTime() < 0 ? 0 : entry.getTime(),
                    () -> unpacking.metered(Unpacking.guarded(() -> {
                        InputStream in = zip.getInputStream(entry);
                        if (in == null) {
                            throw new IOException("its method of compression is not known");
                        }
                        return in;
                    })));
            // The target of a link is its content, which is not worth a read.
            return new Entry(entry.getName(), isFolder, isFile, entry.isUnixSymlink() ? "another name" : "",
                    entry.getGeneralPurposeBit().usesEncryption(), content);
        }

        @Override
        public void close() {
            // What it holds is its directory, on the heap, and the channel, which is the caller's.
        }
    }

    /** In the order of the archive. */
    private static final class Tar extends Packed {
        private final TarArchiveInputStream tar;
        private final Unpacking unpacking;
        private final int headerBytesMax;
        private final byte[] passedOver = new byte[BUFFER_BYTES];
        private TarArchiveEntry last;

        Tar(InputStream in, Unpacking unpacking, int headerBytesMax) {
            tar = new TarArchiveInputStream(in, StandardCharsets.UTF_8.name());
            this.unpacking = unpacking;
            this.headerBytesMax = headerBytesMax;
        }

        /** The rest of the entry before is passed over first, so that what the library itself then reads are headers only. */
        @Override
        Entry next() throws IOException {
            long sparseBytes = 0;
            if (last != null && last.isSparse()) {
                sparseBytes = Math.max(0, last.getSize());
            } else if (last != null) {
                while (Unpacking.guarded(() -> tar.read(passedOver, 0, passedOver.length)) >= 0) {
                    // Counted on its way.
                }
            }
            unpacking.headers(headerBytesMax + sparseBytes + BLOCKS_BYTES);
            TarArchiveEntry entry = Unpacking.guarded(tar::getNextEntry);
            unpacking.content();
            last = entry;
            if (entry == null) {
                return null;
            }
            String link = entry.isSymbolicLink() || entry.isLink() ? entry.getLinkName().isEmpty() ? "nothing" : entry.getLinkName()
                    : "";
            boolean isFile = entry.isFile() && !entry.isSparse() && !entry.isFIFO() && !entry.isCharacterDevice()
                    && !entry.isBlockDevice();
            Content content = new Content(entry.getSize(), entry.getLastModifiedTime().toMillis(), () -> new Unclosed(tar));
            return new Entry(entry.getName(), entry.isDirectory(), isFile, link, false, content);
        }

        @Override
        public void close() {
            // The stream below belongs to the caller's channel.
        }
    }

    /** One file without a directory. */
    private static final class Gz extends Packed {
        private final InputStream in;
        private final String name;
        private boolean isDone;

        Gz(InputStream in, String name) {
            this.in = in;
            this.name = name;
        }

        @Override
        Entry next() {
            if (isDone) {
                return null;
            }
            isDone = true;
            return new Entry(name, false, true, "", false, new Content(-1, 0, () -> in));
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    /** The current entry of a TAR; a failure of the library is an {@link IOException}. */
    private static final class Unclosed extends InputStream {
        private final TarArchiveInputStream tar;

        Unclosed(TarArchiveInputStream tar) {
            this.tar = tar;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int from, int length) throws IOException {
            return Unpacking.guarded(() -> tar.read(into, from, length));
        }

        @Override
        public void close() {
            // The TAR goes on.
        }
    }

    /** A channel of which only so many bytes may be read: a directory of millions of entries would fill the memory. */
    private static final class Bounded implements SeekableByteChannel {
        private final SeekableByteChannel channel;
        private final Unpacking unpacking;
        private final long bytesMax;
        private long bytesLeft;

        Bounded(SeekableByteChannel channel, Unpacking unpacking, long bytesMax) {
            this.channel = channel;
            this.unpacking = unpacking;
            this.bytesMax = bytesMax;
            this.bytesLeft = bytesMax;
        }

        @Override
        public int read(ByteBuffer into) throws IOException {
            int n = channel.read(into);
            bytesLeft -= Math.max(n, 0);
            if (bytesLeft < 0) {
                throw unpacking.over("its directory is longer than " + Units.bytes(bytesMax));
            }
            return n;
        }

        @Override
        public int write(ByteBuffer from) throws IOException {
            throw new IOException("archives are only read");
        }

        @Override
        public long position() throws IOException {
            return channel.position();
        }

        @Override
        public SeekableByteChannel position(long position) throws IOException {
            channel.position(position);
            return this;
        }

        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public SeekableByteChannel truncate(long size) throws IOException {
            throw new IOException("archives are only read");
        }

        @Override
        public boolean isOpen() {
            return channel.isOpen();
        }

        @Override
        public void close() {
            // The caller's.
        }
    }
}
