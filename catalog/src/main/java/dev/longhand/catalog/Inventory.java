package dev.longhand.catalog;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * The rows of what is installed, in {@code models/models.toml}: read without a lock, changed under one, published whole.
 *
 * <p>Does not look at the model files themselves.
 */
final class Inventory {
    private static final long FILE_BYTES_MAX = 16L << 20;

    private static final String HEADER =
            "# What is installed. Written by Longhand; change it with `longhand pull` and `longhand rm`.\n";

    private final Path folder;
    private final Path file;
    private final Disk disk;
    private final Clock clock;

    Inventory(Path folder, Disk disk, Clock clock) {
        this.folder = folder;
        this.file = folder.resolve("models.toml");
        this.disk = disk;
        this.clock = clock;
    }

    List<InstalledModel> rows() throws Problem {
        try {
            if (Files.size(file) > FILE_BYTES_MAX) {
                throw malformed("it is larger than " + FILE_BYTES_MAX + " bytes", null);
            }
            List<InstalledModel> rows = new ArrayList<>();
            for (Map<String, Object> each : Toml.tables(Files.readString(file), "installed")) {
                rows.add(row(each));
            }
            return rows;
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (java.nio.charset.CharacterCodingException e) {
            throw malformed("it is not UTF-8", e);
        } catch (IOException e) {
            throw Disk.problem("reading", file, e);
        } catch (Toml.Malformed | IllegalArgumentException | DateTimeException e) {
            throw malformed(e.getMessage(), e);
        }
    }

    /** Adds a row, in place of one of the same name; rows that share its file learn the file's new time. */
    void put(InstalledModel model) throws Problem {
        change(rows -> {
            List<InstalledModel> next = new ArrayList<>();
            for (InstalledModel each : rows) {
                if (!each.name().equals(model.name())) {
                    boolean isShared = each.file().equals(model.file()) && each.digest().equals(model.digest());
                    next.add(isShared ? each.modifiedAt(model.modifiedMs()) : each);
                }
            }
            next.add(model);
            return next;
        });
    }

    void change(UnaryOperator<List<InstalledModel>> edit) throws Problem {
        disk.createFolders(folder);
        try (PullLock lock = PullLock.acquire(folder.resolve(".locks").resolve("models"), "the list of models", clock,
                Progress.SILENT)) {
            sweepTemps(folder, file.getFileName().toString());
            List<InstalledModel> rows = rows();
            List<InstalledModel> next = edit.apply(rows);
            if (next.equals(rows)) {
                return;
            }
            if (next.size() > Limits.INSTALLED_MAX) {
                throw new Problem(Problem.Kind.LIMIT, "more than " + Limits.INSTALLED_MAX
                        + " models; remove some with `longhand rm`");
            }
            byte[] text = text(next).getBytes(StandardCharsets.UTF_8);
            disk.publish(file, out -> out.write(text));
        }
    }

    /** Removes temporary files of {@code name} that a killed process left; the caller holds the lock under which they are made. */
    static void sweepTemps(Path folder, String name) throws Problem {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (DirectoryStream<Path> left = Files.newDirectoryStream(folder, "." + name + "*.tmp")) {
            for (Path each : left) {
                Files.deleteIfExists(each);
            }
        } catch (IOException e) {
            throw Disk.problem("sweeping", folder, e);
        }
    }

    private Problem malformed(String why, Exception cause) {
        return new Problem(Problem.Kind.MALFORMED,
                "%s is not readable: %s; move it away, and `longhand pull` lists again what is there".formatted(file, why), cause);
    }

    private InstalledModel row(Map<String, Object> row) {
        return new InstalledModel(field(row, "name", String.class), new Sha256(field(row, "sha256", String.class)),
                folder.resolve(field(row, "file", String.class)), field(row, "sizeBytes", Long.class),
                field(row, "modifiedMs", Long.class),
                field(row, "referenced", Boolean.class), field(row, "origin", String.class), field(row, "licence", String.class),
                Instant.parse(field(row, "installedAt", String.class)));
    }

    private static <T> T field(Map<String, Object> row, String key, Class<T> type) {
        if (!type.isInstance(row.get(key))) {
            throw new IllegalArgumentException(key + " is missing or of another type in the row of " + row.get("name"));
        }
        return type.cast(row.get(key));
    }

    private String text(List<InstalledModel> rows) {
        StringBuilder out = new StringBuilder(HEADER);
        for (InstalledModel each : rows) {
            Path stored = each.file().startsWith(folder) ? folder.relativize(each.file()) : each.file();
            out.append("\n[[installed]]\n");
            field(out, "name", quoted(each.name()));
            field(out, "sha256", quoted(each.digest().hex()));
            field(out, "file", quoted(stored.toString()));
            field(out, "sizeBytes", Long.toString(each.sizeBytes()));
            field(out, "modifiedMs", Long.toString(each.modifiedMs()));
            field(out, "referenced", Boolean.toString(each.isReferenced()));
            field(out, "origin", quoted(each.origin()));
            field(out, "licence", quoted(each.licence()));
            field(out, "installedAt", quoted(each.installedAt().toString()));
        }
        return out.toString();
    }

    private static void field(StringBuilder out, String key, String value) {
        out.append(key).append(" = ").append(value).append('\n');
    }

    private static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < 0x20 || c == 0x7f) {
                out.append("\\u%04x".formatted((int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }
}
