package dev.longhand.server;

import dev.longhand.base.Check;
import dev.longhand.lm.Message;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * Responses that clients may go on from, in memory: each team sees its own, and loses its oldest when it has too much; where all
 * have too much, the team that asked longest ago loses its. They end with the server. Thread-safe.
 */
final class StoredResponses {
    /** Characters that one team may keep. */
    static final long TEAM_CHARS_MAX = 16L << 20;
    static final int TEAM_COUNT_MAX = 1_000;
    /** Teams that may have as much as they may, at the same time. */
    static final int FULL_TEAMS_MAX = 4;

    /** @param conversation up to the answer and with it, without instructions */
    record Stored(ObjectNode response, List<Message> conversation) {
        Stored {
            conversation = List.copyOf(conversation);
        }

        private long chars() {
            return response.toString().length() + conversation.stream().mapToLong(m -> m.text().length()
                    + m.calls().stream().mapToLong(c -> c.argumentsJson().length()).sum()).sum();
        }
    }

    private record Kept(Stored stored, long chars) {}

    private static final class Team {
        private final Map<String, Kept> kept = new LinkedHashMap<>();
        private long chars;

        void remove(String id) {
            chars -= kept.remove(id).chars;
        }
    }

    private final Map<String, Team> teams = new LinkedHashMap<>(16, 0.75f, true);
    private final long charsMax;

    StoredResponses(long charsMax) {
        Check.argument(charsMax > 0, "%d characters of responses; at least one", charsMax);
        this.charsMax = charsMax;
    }

    /** Keeps it, unless it alone is more than the team may keep; whether it is kept. */
    synchronized boolean put(String team, String id, Stored stored) {
        long chars = stored.chars();
        if (chars > charsMax) {
            return false;
        }
        Team own = teams.computeIfAbsent(team, t -> new Team());
        own.kept.put(id, new Kept(stored, chars));
        own.chars += chars;
        while (own.chars > charsMax || own.kept.size() > TEAM_COUNT_MAX) {
            own.remove(own.kept.keySet().iterator().next());
        }
        Iterator<Team> oldest = teams.values().iterator();
        while (teams.values().stream().mapToLong(t -> t.chars).sum() > FULL_TEAMS_MAX * charsMax) {
            oldest.next();
            oldest.remove();
        }
        return true;
    }

    synchronized Optional<Stored> find(String team, String id) {
        return Optional.ofNullable(teams.get(team)).map(t -> t.kept.get(id)).map(Kept::stored);
    }

    /** Whether it was there. */
    synchronized boolean remove(String team, String id) {
        Team own = teams.get(team);
        if (own == null || !own.kept.containsKey(id)) {
            return false;
        }
        own.remove(id);
        return true;
    }
}
