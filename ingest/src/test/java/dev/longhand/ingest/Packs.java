package dev.longhand.ingest;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;

/** Archives of given entries. Names and contents alternate; a name that ends with a slash is a folder. */
final class Packs {
    private Packs() {}

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static byte[] zip(Object... entries) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipArchiveOutputStream out = new ZipArchiveOutputStream(bytes)) {
            for (int i = 0; i < entries.length; i += 2) {
                ZipArchiveEntry entry = new ZipArchiveEntry((String) entries[i]);
                if (entries[i + 1] instanceof Integer mode) {
                    entry.setUnixMode(mode);
                }
                out.putArchiveEntry(entry);
                if (!entry.isDirectory()) {
                    out.write(content(entries[i + 1]));
                }
                out.closeArchiveEntry();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static byte[] tar(Object... entries) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream out = new TarArchiveOutputStream(bytes, "UTF-8")) {
            out.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            for (int i = 0; i < entries.length; i += 2) {
                TarArchiveEntry entry;
                byte[] content = content(entries[i + 1]);
                if (entries[i + 1] instanceof Byte type) {
                    entry = new TarArchiveEntry((String) entries[i], type, true);
                    entry.setLinkName("../target");
                } else {
                    entry = new TarArchiveEntry((String) entries[i], true);
                    entry.setSize(content.length);
                }
                out.putArchiveEntry(entry);
                out.write(content);
                out.closeArchiveEntry();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static byte[] gz(byte[] content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static byte[] content(Object content) {
        return switch (content) {
            case String text -> bytes(text);
            case byte[] given -> given;
            default -> new byte[0];
        };
    }
}
