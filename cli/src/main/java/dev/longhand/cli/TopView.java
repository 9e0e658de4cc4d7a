package dev.longhand.cli;

import dev.longhand.base.Units;
import dev.longhand.ledger.Unit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** What {@code longhand top} shows: two looks at a server become rates. Stateless. */
final class TopView {
    private static final int BAR_CHARS = 10;
    /** Lines above the requests without those of the models. */
    private static final int HEAD_LINES = 10;

    private TopView() {}

    /**
     * A look at a server.
     *
     * @param about    as {@code GET /v1/server} has it
     * @param requests as {@code GET /v1/requests} has them
     * @param nanos    when
     */
    record Look(JsonNode about, JsonNode requests, long nanos) {}

    /** @param rows lines that there is room for */
    static List<String> lines(String address, Look before, Look now, int rows) {
        double seconds = Math.max(1e-3, (now.nanos - before.nanos) / 1e9);
        JsonNode about = now.about;
        List<String> lines = new ArrayList<>();
        lines.add("Longhand %s at %s, process %d, up %s".formatted(about.path("version").asString(""), address,
                about.path("pid").asLong(0), PsCommand.duration(about.path("uptimeSeconds").asDouble(0))));
        lines.add("");
        lines.add(processor(before.about.path("process"), about.path("process"), seconds));
        lines.add("requests     " + states(now.requests));
        lines.add("first token  " + firstToken(about.path("firstToken")));
        lines.add("desks        " + Units.bytes(about.path("deskBytes").asLong(0)) + " on disk");
        lines.add("booked       " + booked(about.path("bookedLastHour")));
        lines.add("");
        lines.addAll(models(before, now, seconds).lines());
        lines.add("");
        int room = rows == Integer.MAX_VALUE ? 50 : Math.max(1, rows - HEAD_LINES - about.path("models").size());
        lines.addAll(requests(now.requests, room));
        return lines.stream().map(Style::safe).toList();
    }

    private static String processor(JsonNode before, JsonNode now, double seconds) {
        int most = 100 * Math.max(1, now.path("processors").asInt(1));
        double used = 100 * (now.path("cpuSeconds").asDouble(0) - before.path("cpuSeconds").asDouble(0)) / seconds;
        int full = Math.clamp(Math.round(BAR_CHARS * used / most), 0, BAR_CHARS);
        return String.format(Locale.ROOT, "processor    [%s%s] %3.0f %% of %d %%   memory %s, heap %s", "|".repeat(full),
                " ".repeat(BAR_CHARS - full), used, most, Units.bytes(now.path("residentBytes").asLong(0)),
                Units.bytes(now.path("heapBytes").asLong(0)));
    }

    private static String states(JsonNode requests) {
        return List.of("answering", "reading", "waiting", "working").stream()
                .map(state -> requests.path("data").valueStream().filter(r -> r.path("state").asString("").equals(state)).count()
                        + " " + state).collect(Collectors.joining(", "));
    }

    private static String firstToken(JsonNode node) {
        int count = node.path("count").asInt(0);
        return count == 0 ? "no answer in the last minute"
                : "p50 %s, p99 %s of %s in the last minute".formatted(Units.seconds(node.path("p50Seconds").asDouble(0)),
                        Units.seconds(node.path("p99Seconds").asDouble(0)),
                        count == 1 ? "1 answer" : Units.count(count) + " answers");
    }

    private static String booked(JsonNode sums) {
        String all = sums.propertyStream().map(p -> Unit.valueOf(p.getKey()).show(p.getValue().asLong(0)))
                .collect(Collectors.joining(", "));
        return (all.isEmpty() ? "nothing" : all) + " by requests in the last hour";
    }

    private static Table models(Look before, Look now, double seconds) {
        Table table = new Table("MODEL", "READ/S", "ANSWERED/S", "BATCH", "WAITING", "BLOCKS USED", "CACHED", "FREE")
                .right(1, 2, 3, 4, 5, 6, 7);
        now.about.path("models").valueStream().forEach(model -> {
            String id = model.path("id").asString("");
            JsonNode engine = model.path("engine");
            JsonNode earlier = before.about.path("models").valueStream().filter(m -> m.path("id").asString("").equals(id))
                    .findFirst().orElse(model).path("engine");
            long batch = now.requests.path("data").valueStream().filter(r -> r.path("model").asString("").equals(id)
                    && r.path("state").asString("").matches("answering|reading")).count();
            long lent = engine.path("kvBlocksUsed").asLong(0);
            long cached = Math.min(lent, engine.path("kvBlocksCached").asLong(0));
            table.row(PsCommand.shortened(id), rate(earlier, engine, "promptTokens", seconds),
                    rate(earlier, engine, "answeredTokens", seconds), Units.count(batch),
                    Units.count(engine.path("waitingRequests").asLong(0)), Units.count(lent - cached), Units.count(cached),
                    Units.count(engine.path("kvBlocksMax").asLong(0) - lent));
        });
        return table;
    }

    private static String rate(JsonNode before, JsonNode now, String counter, double seconds) {
        return String.format(Locale.ROOT, "%.1f", (now.path(counter).asLong(0) - before.path(counter).asLong(0)) / seconds);
    }

    private static List<String> requests(JsonNode requests, int room) {
        int count = requests.path("data").size();
        if (count == 0) {
            return List.of("no request is in flight");
        }
        int shown = count < room ? count : Math.max(1, room - 2);
        List<String> lines = new ArrayList<>(PsCommand.table(requests.path("data"), shown).lines());
        if (shown < count) {
            lines.add("and " + Units.count(count - shown) + " more");
        }
        return lines;
    }
}
