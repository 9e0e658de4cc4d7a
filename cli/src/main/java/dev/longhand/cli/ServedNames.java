package dev.longhand.cli;

import dev.longhand.base.Problem;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What clients call the models of a server: a file by its own name, not by where it lies, and by what aliases say. */
final class ServedNames {
    private final List<String> aliases;

    /** @param aliases a name for the first model, or {@code NAME=MODEL} */
    ServedNames(List<String> aliases) {
        this.aliases = aliases;
    }

    /**
     * The names of each model, the one that answers name first.
     *
     * @param typed how each was named by the person
     * @param own   what each is called here
     */
    List<List<String>> of(List<String> typed, List<String> own) throws Problem {
        Map<String, List<String>> more = new HashMap<>();
        for (String each : aliases) {
            int at = each.indexOf('=');
            String model = at < 0 ? typed.getFirst() : each.substring(at + 1);
            String name = at < 0 ? each : each.substring(0, at);
            if (name.isBlank() || !typed.contains(model) && !own.contains(model)) {
                throw new Problem(Problem.Kind.USAGE, "--alias %s: %s".formatted(each, name.isBlank() ? "the name is missing"
                        : model + " is none of the models that are served"));
            }
            more.computeIfAbsent(model, m -> new ArrayList<>()).add(name);
        }
        Set<String> taken = new HashSet<>();
        List<List<String>> all = new ArrayList<>();
        for (int i = 0; i < own.size(); i++) {
            String shortName = shortName(own.get(i));
            List<String> names = new ArrayList<>(List.of(taken.contains(shortName) ? own.get(i) : shortName));
            names.addAll(more.getOrDefault(typed.get(i), List.of()));
            names.addAll(typed.get(i).equals(own.get(i)) ? List.of() : more.getOrDefault(own.get(i), List.of()));
            for (String name : names) {
                if (!taken.add(name)) {
                    throw new Problem(Problem.Kind.USAGE, "two models are called %s; a name is of one".formatted(name));
                }
            }
            all.add(names);
        }
        return all;
    }

    /** A file's own name without the ending; other names as they are. */
    private static String shortName(String name) {
        if (!name.contains("/") || name.startsWith("hf.co/")) {
            return name;
        }
        Path file = Path.of(name).getFileName();
        return file == null ? name : file.toString().replaceFirst("\\.gguf$", "");
    }
}
