package dev.longhand.server;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** An event of a kept answer as a client got it. */
record Streamed(long id, String kind, JsonNode data) {
    /** Of a stream's text; what is not whole is left out. */
    static List<Streamed> of(String stream) {
        List<Streamed> events = new ArrayList<>();
        long id = -1;
        String kind = "";
        for (String line : stream.split("\r?\n")) {
            if (line.startsWith("id: ")) {
                id = Long.parseLong(line.substring(4));
            } else if (line.startsWith("event: ")) {
                kind = line.substring(7);
            } else if (line.startsWith("data: ")) {
                events.add(new Streamed(id, kind, JsonMapper.shared().readTree(line.substring(6))));
            }
        }
        return events;
    }

    /** The text of those events together. */
    static String text(List<Streamed> events) {
        StringBuilder text = new StringBuilder();
        events.stream().filter(e -> e.kind.equals("text")).forEach(e -> text.append(e.data.get("text").stringValue()));
        return text.toString();
    }
}
