package dev.longhand.formats;

import dev.longhand.base.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A JSON object of settings, such as config.json: typed access with problems that name file, key, value and rule. A key whose value
 * is null counts as absent, as Python's writers mean it. Immutable.
 */
record Settings(Path file, Map<String, Object> values) {
    static Settings read(Path file, FolderLimits limits) throws Problem {
        JsonReader json = new JsonReader(file, bytes(file, limits.settingsBytesMax()), 0, limits);
        Map<String, Object> values = json.object("the file");
        json.end();
        return new Settings(file, values);
    }

    /** The settings, or none where the file is missing. */
    static Settings readIfPresent(Path file, FolderLimits limits) throws Problem {
        return Files.exists(file) ? read(file, limits) : new Settings(file, Map.of());
    }

    /** The bytes of a file that must be regular and within a limit. */
    static byte[] bytes(Path file, int bytesMax) throws Problem {
        if (!Files.isRegularFile(file)) {
            throw new Problem(Problem.Kind.NOT_FOUND, "%s is missing or no regular file; a model folder needs it".formatted(file));
        }
        try (var in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(bytesMax + 1);
            if (bytes.length > bytesMax) {
                throw new MalformedModelException(file, bytesMax, "the file goes on behind its limit of %d bytes"
                        .formatted(bytesMax));
            }
            return bytes;
        } catch (IOException e) {
            throw new Problem(Problem.Kind.DISK, "%s cannot be read: %s".formatted(file, e.getMessage()), e);
        }
    }

    boolean has(String key) {
        return values.get(key) != null;
    }

    Problem malformed(String key, String rule) {
        return new Problem(Problem.Kind.MALFORMED, "%s: %s is %s; it must be %s".formatted(file, key, shown(values.get(key)),
                rule));
    }

    Problem unsupported(String key, String rule) {
        return new Problem(Problem.Kind.UNSUPPORTED, "%s: %s is %s; supported is %s".formatted(file, key, shown(values.get(key)),
                rule));
    }

    private static String shown(Object value) {
        String text = value instanceof String s ? "\"" + s + "\"" : value == null ? "missing" : value.toString();
        return text.length() <= 80 ? text : text.substring(0, 80) + "...";
    }

    int integer(String key, int min, int max) throws Problem {
        if (!(values.get(key) instanceof Long value) || value < min || value > max) {
            throw malformed(key, "an integer in [%d, %d]".formatted(min, max));
        }
        return (int) (long) value;
    }

    int integer(String key, int min, int max, int fallback) throws Problem {
        return has(key) ? integer(key, min, max) : fallback;
    }

    double positive(String key) throws Problem {
        if (!(values.get(key) instanceof Number value) || !(value.doubleValue() > 0) || value.doubleValue() > 1e12) {
            throw malformed(key, "a positive number up to 1e12");
        }
        return value.doubleValue();
    }

    double positive(String key, double fallback) throws Problem {
        return has(key) ? positive(key) : fallback;
    }

    boolean flag(String key, boolean fallback) throws Problem {
        if (has(key) && !(values.get(key) instanceof Boolean)) {
            throw malformed(key, "true or false");
        }
        return has(key) ? (Boolean) values.get(key) : fallback;
    }

    String text(String key) throws Problem {
        if (!(values.get(key) instanceof String value)) {
            throw malformed(key, "a string");
        }
        return value;
    }

    String text(String key, String fallback) throws Problem {
        return has(key) ? text(key) : fallback;
    }

    @SuppressWarnings("unchecked")
    Optional<Settings> inner(String key) throws Problem {
        if (!has(key)) {
            return Optional.empty();
        }
        if (!(values.get(key) instanceof Map<?, ?> map)) {
            throw malformed(key, "an object");
        }
        return Optional.of(new Settings(file, (Map<String, Object>) map));
    }

    List<?> list(String key) throws Problem {
        if (has(key) && !(values.get(key) instanceof List<?>)) {
            throw malformed(key, "an array");
        }
        return has(key) ? (List<?>) values.get(key) : List.of();
    }
}
