package dev.longhand.cli;

import dev.longhand.base.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Preferences: a flag beats the environment, which beats {@code config.toml} in the data directory.
 *
 * <p>The file is flat TOML: {@code key = "text"} or {@code key = number}, comments with {@code #}. It is read here and not by a
 * TOML library because every command reads it at start. Unknown keys are refused, so that a misspelling is not silently ignored.
 */
final class Config {
    private static final int FILE_BYTES_MAX = 64 << 10;
    private static final Set<String> TEXT_KEYS = Set.of("model", "tier", "kv", "store", "account", "fetch", "host");
    private static final Set<String> NUMBER_KEYS = Set.of("threads", "budget", "port", "max-wait");

    /** A value and where it was set, for messages. */
    private record Setting(String value, String place) {}

    private final Map<String, Setting> file;
    private final Map<String, String> environment;

    private Config(Map<String, Setting> file, Map<String, String> environment) {
        this.file = file;
        this.environment = environment;
    }

    static Config read(World world) throws Problem {
        Path path = world.home().root().resolve("config.toml");
        Map<String, Setting> settings = new HashMap<>();
        try {
            if (Files.size(path) > FILE_BYTES_MAX) {
                throw new Problem(Problem.Kind.USAGE, path + " has more than " + FILE_BYTES_MAX + " bytes; it takes a few lines");
            }
            int number = 0;
            for (String line : Files.readString(path, StandardCharsets.UTF_8).split("\\R", -1)) {
                number++;
                parse(line.strip(), path + " line " + number, settings);
            }
        } catch (NoSuchFileException e) {
            // Without a file the defaults hold.
        } catch (IOException e) {
            throw new Problem(Problem.Kind.USAGE, path + " cannot be read as UTF-8 text: " + e.getMessage(), e);
        }
        return new Config(settings, world.environment());
    }

    private static void parse(String line, String place, Map<String, Setting> settings) throws Problem {
        if (line.isEmpty() || line.startsWith("#")) {
            return;
        }
        int equals = line.indexOf('=');
        if (equals < 1) {
            throw new Problem(Problem.Kind.USAGE, place + ": \"" + line + "\" is not of the form key = value");
        }
        String key = line.substring(0, equals).strip();
        String value = line.substring(equals + 1).strip();
        if (!TEXT_KEYS.contains(key) && !NUMBER_KEYS.contains(key)) {
            throw new Problem(Problem.Kind.USAGE,
                    place + ": unknown key \"" + key + "\"; known are account, budget, "
                            + "fetch, host, kv, max-wait, model, port, store, threads, tier");
        }
        String parsed = TEXT_KEYS.contains(key) ? text(value, place, key) : number(value, place, key);
        if (settings.put(key, new Setting(parsed, place + ", key " + key)) != null) {
            throw new Problem(Problem.Kind.USAGE, place + ": key \"" + key + "\" is set twice");
        }
    }

    private static String text(String value, String place, String key) throws Problem {
        char quote = value.isEmpty() ? ' ' : value.charAt(0);
        int end = value.indexOf(quote, 1);
        boolean isQuoted = (quote == '"' || quote == '\'') && end > 0;
        if (!isQuoted || !isComment(value.substring(end + 1)) || quote == '"' && value.substring(0, end).contains("\\")) {
            throw new Problem(Problem.Kind.USAGE, place + ": key \"" + key + "\" needs a quoted text such as " + key
                    + " = \"smollm2\"; "
                    + "a text with backslashes goes in single quotes");
        }
        return value.substring(1, end);
    }

    private static String number(String value, String place, String key) throws Problem {
        int end = value.indexOf('#');
        String digits = (end < 0 ? value : value.substring(0, end)).strip();
        if (!digits.matches("[0-9]{1,9}")) {
            throw new Problem(Problem.Kind.USAGE, place + ": key \"" + key + "\" needs a whole number, not " + value);
        }
        return digits;
    }

    private static boolean isComment(String rest) {
        return rest.isBlank() || rest.strip().startsWith("#");
    }

    /** The text set for {@code key}, the flag first. */
    Optional<String> text(String key, String flag) {
        return setting(key, flag).map(Setting::value);
    }

    /** The number set for {@code key}, the flag first; it must lie in {@code [min, max]}. */
    Optional<Integer> number(String key, Integer flag, int min, int max) throws Problem {
        Optional<Setting> setting = setting(key, flag == null ? null : flag.toString());
        if (setting.isEmpty()) {
            return Optional.empty();
        }
        Setting found = setting.get();
        try {
            int value = Integer.parseInt(found.value.strip());
            if (value >= min && value <= max) {
                return Optional.of(value);
            }
        } catch (NumberFormatException e) {
            // Reported below with the values that are out of range.
        }
        throw new Problem(Problem.Kind.USAGE, "%s is \"%s\"; it must be a whole number from %d to %d"
                .formatted(found.place, found.value, min, max));
    }

    /** One of an enum's names, in lower case. */
    <E extends Enum<E>> Optional<E> choice(String key, String flag, Class<E> type) throws Problem {
        Optional<Setting> setting = setting(key, flag);
        if (setting.isEmpty()) {
            return Optional.empty();
        }
        for (E each : type.getEnumConstants()) {
            if (each.name().equalsIgnoreCase(setting.get().value.strip())) {
                return Optional.of(each);
            }
        }
        throw new Problem(Problem.Kind.USAGE, "%s is \"%s\"; it must be one of %s".formatted(setting.get().place,
                setting.get().value, java.util.Arrays.toString(type.getEnumConstants()).toLowerCase(java.util.Locale.ROOT)));
    }

    private Optional<Setting> setting(String key, String flag) {
        if (flag != null) {
            return Optional.of(new Setting(flag, "--" + key));
        }
        String variable = "LONGHAND_" + key.toUpperCase(java.util.Locale.ROOT).replace('-', '_');
        String set = environment.get(variable);
        if (set != null && !set.isBlank()) {
            return Optional.of(new Setting(set, variable));
        }
        return Optional.ofNullable(file.get(key));
    }
}
