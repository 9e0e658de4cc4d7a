package dev.longhand.server;

import java.util.Optional;

/**
 * Names of desks as clients and as the data directory have them: a team's desks begin with its name and two hyphens, so that a team
 * sees its own only. Who has no team sees those without two hyphens. Stateless.
 */
final class DeskNames {
    private static final String BETWEEN = "--";

    private DeskNames() {}

    /** As it is stored. */
    static String stored(Caller caller, String name) throws Refusal {
        if (name.contains(BETWEEN) || name.startsWith("-")) {
            throw Refusal.notFound("there is no desk " + cut(name));
        }
        return caller.team().isEmpty() ? name : caller.team() + BETWEEN + name;
    }

    /** As the caller has it; empty if it is not of the caller's team. */
    static Optional<String> shown(Caller caller, String stored) {
        String front = caller.team().isEmpty() ? "" : caller.team() + BETWEEN;
        return Optional.of(stored).filter(s -> s.startsWith(front)).map(s -> s.substring(front.length()))
                .filter(s -> !s.isEmpty() && !s.startsWith("-") && !s.contains(BETWEEN));
    }

    /** Whose desk it is by its stored name; empty for one of no team. */
    static String team(String stored) {
        int at = stored.indexOf(BETWEEN);
        return at < 0 ? "" : stored.substring(0, at);
    }

    static String cut(String name) {
        return name.substring(0, Math.min(name.length(), 100));
    }
}
