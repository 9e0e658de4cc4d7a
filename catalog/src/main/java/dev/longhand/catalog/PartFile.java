package dev.longhand.catalog;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A download that is not complete: the bytes so far in {@code KEY.part}, and beside it in {@code KEY.part.info} what a resume must
 * agree with.
 *
 * <p>The info is published before the first byte and states the validator of exactly those bytes; a part without a readable info
 * is worth nothing and is begun anew. The owner holds the lock of {@code KEY}.
 */
final class PartFile {
    static final String SUFFIX = ".part";
    private static final String INFO_SUFFIX = ".part.info";

    /**
     * What the bytes so far belong to.
     *
     * @param name the model's reference, for listings
     * @param url the address asked
     * @param etag a strong validator of the answer, or empty
     * @param totalBytes of the whole file, or -1
     */
    record Info(String name, String url, String etag, long totalBytes) {}

    private final Disk disk;
    private final Path data;
    private final Path info;

    PartFile(Disk disk, Path folder, String key) {
        this.disk = disk;
        this.data = folder.resolve(key + SUFFIX);
        this.info = folder.resolve(key + INFO_SUFFIX);
    }

    Path data() {
        return data;
    }

    /** Bytes so far that a resume may count on: those of a part whose info is there. */
    long bytes() throws Problem {
        try {
            return info().isPresent() && Files.exists(data) ? Files.size(data) : 0;
        } catch (IOException e) {
            throw Disk.problem("reading the size of", data, e);
        }
    }

    Optional<Info> info() {
        Map<String, String> fields = new HashMap<>();
        try {
            for (String line : Files.readAllLines(info, StandardCharsets.UTF_8)) {
                int space = line.indexOf(' ');
                fields.put(space < 0 ? line : line.substring(0, space), space < 0 ? "" : line.substring(space + 1));
            }
            return Optional.of(new Info(fields.getOrDefault("name", ""), fields.getOrDefault("url", ""),
                    fields.getOrDefault("etag", ""),
                    Long.parseLong(fields.getOrDefault("total", ""))));
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** States what is coming; the part was cleared before. */
    void begin(Info coming) throws Problem {
        String text = "name %s%nurl %s%netag %s%ntotal %d%n".formatted(coming.name(), coming.url(), coming.etag(),
                coming.totalBytes());
        disk.publish(info, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** Removes both files. */
    void clear() throws Problem {
        try {
            Files.deleteIfExists(data);
            Files.deleteIfExists(info);
        } catch (IOException e) {
            throw Disk.problem("deleting", data, e);
        }
    }

    /** The key of an info file's name, if it is one. */
    static Optional<String> keyOf(String fileName) {
        return fileName.endsWith(INFO_SUFFIX) ? Optional.of(fileName.substring(0, fileName.length() - INFO_SUFFIX.length()))
                : Optional.empty();
    }
}
