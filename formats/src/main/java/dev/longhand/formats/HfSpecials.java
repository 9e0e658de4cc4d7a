package dev.longhand.formats;

import dev.longhand.base.Problem;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A folder's special tokens and chat template: tokenizer_config.json, generation_config.json, chat_template.jinja.
 *
 * <p>Texts win over numbers, as in the Python package transformers: a name that tokenizer_config.json gives is looked up among the
 * added tokens; ids of the other files fill what is left open. Used once, by one thread.
 */
final class HfSpecials {
    private final Path folder;
    private final Settings config;
    private final FolderLimits limits;
    private final Map<String, Object> out;
    private final Map<String, Integer> added; // id by text

    HfSpecials(Path folder, Settings config, FolderLimits limits, Map<String, Object> out, Map<String, Integer> added) {
        this.folder = folder;
        this.config = config;
        this.limits = limits;
        this.out = out;
        this.added = added;
    }

    void read(Object postProcessor) throws Problem {
        Settings tokenizer = Settings.readIfPresent(folder.resolve("tokenizer_config.json"), limits);
        Settings generation = Settings.readIfPresent(folder.resolve("generation_config.json"), limits);
        int tokens = ((Strings) out.get("tokenizer.ggml.tokens")).size();
        Optional<String> bosText = text(tokenizer, "bos_token");
        Set<Integer> begins = new LinkedHashSet<>();
        Set<Integer> ends = new LinkedHashSet<>();
        bosText.map(added::get).filter(id -> id < tokens).ifPresent(begins::add);
        text(tokenizer, "eos_token").map(added::get).filter(id -> id < tokens).ifPresent(ends::add);
        for (Settings each : List.of(generation, config)) {
            begins.addAll(ids(each, "bos_token_id", tokens));
            ends.addAll(ids(each, "eos_token_id", tokens));
        }
        List<Integer> allEnds = new ArrayList<>(ends);
        String[] names = {"eos", "eot", "eom"};
        for (int i = 0; i < Math.min(names.length, allEnds.size()); i++) {
            out.put("tokenizer.ggml." + names[i] + "_token_id", (long) allEnds.get(i));
        }
        if (!begins.isEmpty()) {
            out.put("tokenizer.ggml.bos_token_id", (long) begins.iterator().next());
        }
        boolean isWritten = !begins.isEmpty() && beginsWith(postProcessor, 0);
        out.put("tokenizer.ggml.add_bos_token", tokenizer.flag("add_bos_token", isWritten) && !begins.isEmpty());
        template(tokenizer);
    }

    /** A token is named by its text, or by an object with {@code content}. */
    private static Optional<String> text(Settings in, String key) throws Problem {
        if (in.values().get(key) instanceof Map<?, ?>) {
            return Optional.of(in.inner(key).get().text("content"));
        }
        return in.has(key) ? Optional.of(in.text(key)) : Optional.empty();
    }

    /** One id, or an array of them. */
    private static List<Integer> ids(Settings in, String key, int tokens) throws Problem {
        if (!in.has(key)) {
            return List.of();
        }
        if (!(in.values().get(key) instanceof List<?> list)) {
            return List.of(in.integer(key, 0, tokens - 1));
        }
        List<Integer> ids = new ArrayList<>();
        for (Object each : list) {
            if (!(each instanceof Long id) || id < 0 || id >= tokens) {
                throw in.malformed(key, "ids in [0, %d]".formatted(tokens - 1));
            }
            ids.add((int) (long) id);
        }
        return ids;
    }

    /** Whether a post-processor's template for one text starts with a special token. */
    private static boolean beginsWith(Object processor, int depth) {
        if (!(processor instanceof Map<?, ?> map) || depth > 4) {
            return false;
        }
        if (map.get("processors") instanceof List<?> all) {
            return all.stream().anyMatch(each -> beginsWith(each, depth + 1));
        }
        return map.get("single") instanceof List<?> single && !single.isEmpty() && single.getFirst() instanceof Map<?, ?> first
                && first.containsKey("SpecialToken");
    }

    private void template(Settings tokenizer) throws Problem {
        Path file = folder.resolve("chat_template.jinja");
        if (Files.exists(file)) {
            put(new String(Settings.bytes(file, limits.settingsBytesMax()), StandardCharsets.UTF_8));
            return;
        }
        Settings separate = Settings.readIfPresent(folder.resolve("chat_template.json"), limits);
        Settings in = separate.has("chat_template") ? separate : tokenizer;
        if (in.values().get("chat_template") instanceof List<?> list) {
            named(in, list);
        } else if (in.has("chat_template")) {
            put(in.text("chat_template"));
        }
    }

    /** Several templates have names; the one called default is for conversations. */
    @SuppressWarnings("unchecked")
    private void named(Settings in, List<?> list) throws Problem {
        for (Object each : list) {
            if (!(each instanceof Map<?, ?> map)) {
                throw in.malformed("chat_template", "a string, or an array of objects");
            }
            Settings template = new Settings(in.file(), (Map<String, Object>) map);
            if (template.text("name").equals("default")) {
                put(template.text("template"));
            }
        }
    }

    private void put(String template) {
        out.put("tokenizer.chat_template", template);
    }
}
