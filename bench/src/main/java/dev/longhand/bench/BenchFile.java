package dev.longhand.bench;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Measures as JSON, and the file they are kept in: rows measured again replace the same rows of the same tier, the others stay.
 *
 * <p>Each row says when and under which load it was measured, since a file may grow over several runs.
 */
public final class BenchFile {
    private static final JsonMapper JSON = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
    private static final String ROWS = "rows";

    private BenchFile() {}

    /** One measure as a JSON object. */
    public static Map<String, Object> json(Measure measure, String measuredAt) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("row", measure.row());
        row.put("tier", measure.tier());
        row.put("figure", measure.figure());
        row.put("unit", measure.unit());
        row.put("target", measure.target().map(Target::toString).orElse(null));
        row.put("isMet", measure.isMet().orElse(null));
        row.put("measuredAt", measuredAt);
        row.put("details", measure.details());
        return row;
    }

    /** Publishes {@code head} and the rows, those of an earlier file that are not measured again included. */
    public static void merge(Path file, Map<String, Object> head, List<Map<String, Object>> rows) throws Problem {
        Map<String, Object> byKey = new LinkedHashMap<>();
        for (Map<?, ?> row : rowsOf(file)) {
            byKey.put(key(row), row);
        }
        rows.forEach(row -> byKey.put(key(row), row));
        Map<String, Object> document = new LinkedHashMap<>(head);
        document.put(ROWS, new ArrayList<>(byKey.values()));
        byte[] text = (JSON.writeValueAsString(document) + "\n").getBytes(StandardCharsets.UTF_8);
        Disk.REAL.publish(file.toAbsolutePath(), out -> out.write(text));
    }

    private static String key(Map<?, ?> row) {
        return row.get("row") + " on " + row.get("tier");
    }

    private static List<Map<?, ?>> rowsOf(Path file) throws Problem {
        List<Map<?, ?>> rows = new ArrayList<>();
        try {
            if (Files.exists(file) && JSON.readValue(Files.readString(file), Map.class).get(ROWS) instanceof List<?> held) {
                for (Object row : held) {
                    if (row instanceof Map<?, ?> map) {
                        rows.add(map);
                    }
                }
            }
        } catch (IOException e) {
            throw Disk.problem("reading", file, e);
        } catch (JacksonException e) {
            throw new Problem(Problem.Kind.MALFORMED, file + " is not a file of measures: " + e.getOriginalMessage()
                    + "; name another one", e);
        }
        return rows;
    }
}
