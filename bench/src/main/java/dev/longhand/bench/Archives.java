package dev.longhand.bench;

import dev.longhand.base.Check;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * Reads wanted files out of {@code .jar} and {@code .tar.gz} archives into memory.
 *
 * <p>Nothing is written, so no entry can reach outside a folder; still an entry whose path could (absolute, {@code ..}, a
 * backslash, a control character) refuses the whole archive, since its other paths become names of files later. Links, devices and
 * folders are passed over. Tar as POSIX.1-1988 (ustar), with pax {@code path} and GNU long names. Stateless.
 */
final class Archives {
    private static final int TAR_BLOCK = 512;
    private static final int NAME_BYTES_MAX = 4096;

    /**
     * What an archive may hold at most.
     *
     * @param entries   of any kind
     * @param fileBytes of one wanted file; a larger one is passed over
     * @param bytes     unpacked, wanted or not
     */
    record Limits(int entries, int fileBytes, long bytes) {
        static final Limits DEFAULT = new Limits(50_000, 1 << 20, 512L << 20);

        Limits {
            Check.argument(entries > 0 && fileBytes > 0 && bytes > 0, "a limit must be positive");
        }
    }

    private final Path file;
    private final Limits limits;
    private final Predicate<String> wanted;
    private final Map<String, byte[]> found = new TreeMap<>();
    private int entries;
    private long bytes;

    private Archives(Path file, Limits limits, Predicate<String> wanted) {
        this.file = file;
        this.limits = limits;
        this.wanted = wanted;
    }

    /** Contents of the files whose path is wanted, by path. */
    static Map<String, byte[]> read(Path file, Limits limits, Predicate<String> wanted) throws Problem {
        Archives archive = new Archives(file, limits, wanted);
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            if (file.getFileName().toString().endsWith(".tar.gz")) {
                archive.readTar(new BufferedInputStream(new GZIPInputStream(in)));
            } else {
                archive.readZip(new ZipInputStream(in, StandardCharsets.UTF_8));
            }
            return archive.found;
        } catch (java.util.zip.ZipException | java.io.EOFException | IllegalArgumentException e) {
            throw archive.malformed("is damaged: " + e.getMessage());
        } catch (IOException e) {
            throw Disk.problem("reading", file, e);
        }
    }

    private Problem malformed(String what) {
        return new Problem(Problem.Kind.MALFORMED, "the archive %s %s".formatted(file, what));
    }

    private void readZip(ZipInputStream zip) throws IOException, Problem {
        for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
            take(entry.getName(), zip, Long.MAX_VALUE, !entry.isDirectory());
        }
    }

    private void readTar(InputStream tar) throws IOException, Problem {
        String longName = null;
        for (byte[] header = tar.readNBytes(TAR_BLOCK); header.length == TAR_BLOCK && header[0] != 0;
                header = tar.readNBytes(TAR_BLOCK)) {
            long size = octal(header, 124, 12);
            long padding = (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK;
            char type = (char) header[156];
            if (type == 'L' || type == 'x') {
                if (size > limits.fileBytes()) {
                    throw malformed("has a name of " + size + " bytes");
                }
                byte[] text = exactly(tar, (int) size);
                String named = type == 'L' ? text(text, 0, text.length) : paxPath(text);
                longName = named == null ? longName : named;
                count(size);
            } else {
                take(longName == null ? tarName(header) : longName, tar, size, type == '0' || type == 0);
                longName = null;
            }
            tar.skipNBytes(padding);
        }
    }

    /** Reads or skips one entry; {@code size} is unknown in a zip, whose stream ends with the entry. */
    private void take(String path, InputStream in, long size, boolean isFile) throws IOException, Problem {
        if (++entries > limits.entries()) {
            throw malformed("has more than " + limits.entries() + " entries");
        }
        boolean isSized = size != Long.MAX_VALUE;
        if (isFile && !isSafe(path)) {
            throw malformed("has an entry that reaches outside: \"" + printable(path) + "\"");
        }
        if (isFile && wanted.test(path) && (!isSized || size <= limits.fileBytes())) {
            byte[] content = isSized ? exactly(in, (int) size) : in.readNBytes(limits.fileBytes() + 1);
            count(content.length);
            if (content.length <= limits.fileBytes()) {
                found.put(path, content);
                return;
            }
        } else if (isSized) {
            count(size);
            in.skipNBytes(size);
            return;
        }
        byte[] buffer = new byte[1 << 14];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            count(n);
        }
    }

    private void count(long more) throws Problem {
        bytes += more;
        if (more < 0 || bytes > limits.bytes()) {
            throw malformed("holds more than " + limits.bytes() + " bytes");
        }
    }

    private byte[] exactly(InputStream in, int size) throws IOException, Problem {
        byte[] content = in.readNBytes(size);
        if (content.length < size) {
            throw malformed("ends inside a file");
        }
        return content;
    }

    /** Whether a path stays inside the folder it is put into, on every system. */
    static boolean isSafe(String path) {
        if (path.isEmpty() || path.length() > NAME_BYTES_MAX || path.startsWith("/") || path.indexOf('\\') >= 0
                || path.indexOf(':') >= 0 || path.chars().anyMatch(Character::isISOControl)) {
            return false;
        }
        for (String part : path.split("/", -1)) {
            if (part.isEmpty() || part.equals(".") || part.equals("..")) {
                return false;
            }
        }
        return true;
    }

    private static String printable(String path) {
        return path.substring(0, Math.min(80, path.length())).replaceAll("\\p{Cntrl}", "?");
    }

    private static String tarName(byte[] header) {
        String name = text(header, 0, 100);
        boolean isUstar = text(header, 257, 5).equals("ustar") && header[262] == 0;
        String prefix = isUstar ? text(header, 345, 155) : "";
        return prefix.isEmpty() ? name : prefix + "/" + name;
    }

    /** The path in a pax header, records of {@code "LENGTH key=value\n"}; null if there is none. */
    private String paxPath(byte[] text) throws Problem {
        int at = 0;
        String path = null;
        while (at < text.length) {
            int space = at;
            while (space < text.length && text[space] != ' ') {
                space++;
            }
            String digits = new String(text, at, space - at, StandardCharsets.US_ASCII);
            int length = digits.matches("[0-9]{1,7}") ? Integer.parseInt(digits) : 0;
            if (length <= space - at + 1 || at + length > text.length) {
                throw malformed("has a broken pax header");
            }
            String record = new String(text, space + 1, length - (space - at) - 2, StandardCharsets.UTF_8);
            path = record.startsWith("path=") ? record.substring(5) : path;
            at += length;
        }
        return path;
    }

    private static String text(byte[] bytes, int from, int length) {
        int end = from;
        while (end < from + length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, from, end - from, StandardCharsets.UTF_8);
    }

    private long octal(byte[] header, int from, int length) throws Problem {
        String digits = text(header, from, length).strip();
        if (!digits.matches("[0-7]{1,11}")) {
            throw malformed("has a size that is no octal number");
        }
        return Long.parseLong(digits, 8);
    }
}
