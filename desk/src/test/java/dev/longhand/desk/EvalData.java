package dev.longhand.desk;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads the evaluation data of {@code src/test/eval}. */
final class EvalData {
    private static final Path FOLDER = Path.of("src", "test", "eval").toAbsolutePath();
    private static final JsonMapper JSON = JsonMapper.builder().build();

    record Question(String id, String corpus, boolean isLiteral, String file, int from, int to, String quote, String text,
            List<String> facts) {
        /** Whether the words of an answer hold the fact: one alternative of each. */
        boolean isHeldBy(String answer) {
            String lower = answer.toLowerCase(java.util.Locale.ROOT);
            return facts.stream()
                    .allMatch(f -> List.of(f.split("\\|")).stream()
                    .anyMatch(a -> holds(lower, a.toLowerCase(java.util.Locale.ROOT))));
        }

        private static boolean holds(String answer, String fact) {
            boolean isShort = fact.length() <= 2 && fact.chars().allMatch(Character::isDigit);
            return isShort ? answer.matches("(?s).*(?<![\\w.])" + fact + "(?![\\w]).*") : answer.contains(fact);
        }
    }

    record Labelled(String id, boolean isTest, String source, String sentence, boolean isSupported, String kind) {}

    private EvalData() {}

    static List<Question> questions() {
        List<Question> questions = new ArrayList<>();
        for (JsonNode row : rows("questions.jsonl")) {
            List<String> facts = new ArrayList<>();
            row.get("facts").forEach(f -> facts.add(f.asString()));
            questions.add(new Question(row.get("id").asString(), row.get("corpus").asString(),
                    row.get("kind").asString().equals("literal"),
                    row.get("file").asString(), row.get("from").asInt(), row.get("to").asInt(), row.get("quote").asString(),
                    row.get("question").asString(), facts));
        }
        return questions;
    }

    static List<Labelled> labelled() {
        List<Labelled> labelled = new ArrayList<>();
        for (JsonNode row : rows("support.jsonl")) {
            labelled.add(new Labelled(row.get("id").asString(), row.get("split").asString().equals("test"),
                    row.get("source").asString(),
                    row.get("sentence").asString(), row.get("supported").asBoolean(), row.get("kind").asString()));
        }
        return labelled;
    }

    /** Name to text, in file order. */
    static Map<String, String> sources() {
        Map<String, String> sources = new LinkedHashMap<>();
        rows("support-sources.jsonl").forEach(row -> sources.put(row.get("name").asString(), row.get("text").asString()));
        return sources;
    }

    private static List<JsonNode> rows(String file) {
        try {
            return Files.readAllLines(FOLDER.resolve(file)).stream().filter(l -> !l.isBlank()).map(JSON::readTree).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
