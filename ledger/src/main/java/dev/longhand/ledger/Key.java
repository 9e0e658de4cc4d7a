package dev.longhand.ledger;

import dev.longhand.base.Problem;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * What is known of the key of a server's client; its secret is not.
 *
 * @param used    when it was last used, to the hour
 * @param revoked since when it opens nothing
 */
public record Key(Spec spec, Instant created, Optional<Instant> used, Optional<Instant> revoked) {
    /** A limit per minute is at most this. */
    public static final long PER_MINUTE_MAX = 1_000_000_000L;
    private static final int NAME_CHARS_MAX = 40;
    private static final String NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,39}";
    /** Two hyphens beside each other stand between a team and its desk. */
    private static final String TEAM = "([A-Za-z0-9](-?[A-Za-z0-9._]){0,39})?";

    /** What its holder may do; each may what those before it may. */
    public enum Role {
        /** Look at what is there. */
        READ_ONLY,
        /** Ask, and change what the team has. */
        USER,
        /** Make and revoke keys. */
        ADMIN;

        /** As people write it: {@code read-only}, {@code user}, {@code admin}. */
        public static Role of(String word) throws Problem {
            for (Role each : values()) {
                if (each.word().equals(word)) {
                    return each;
                }
            }
            throw new Problem(Problem.Kind.USAGE, "a role is admin, user or read-only, not \"%s\"".formatted(Key.shown(word)));
        }

        public boolean may(Role needed) {
            return compareTo(needed) >= 0;
        }

        public String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /**
     * What a key is to be.
     *
     * @param name              of one key for ever, also after it is revoked: the books name it
     * @param team              whose desks it sees; empty for those that belong to no team
     * @param account           that pays
     * @param requestsPerMinute at most; 0 for no limit
     * @param tokensPerMinute   read and answered, at most; 0 for no limit
     */
    public record Spec(String name, Role role, String team, String account, long requestsPerMinute, long tokensPerMinute) {
        /** Refuses what is no name, team, account or limit. */
        Spec checked() throws Problem {
            check(name.matches(NAME), "a key's name has 1 to 40 letters, digits and . _ -, and begins with a letter or digit, "
                    + "not \"" + shown(name) + "\"");
            check(team.length() <= NAME_CHARS_MAX && team.matches(TEAM), "a team's name has at most 40 letters, digits and . "
                    + "_ -, begins with a letter or digit, has no two hyphens beside each other and none at its end, not \""
                    + shown(team) + "\"");
            Account.of(account, Unit.EUR);
            check(Math.min(requestsPerMinute, tokensPerMinute) >= 0
                            && Math.max(requestsPerMinute, tokensPerMinute) <= PER_MINUTE_MAX,
                    "limits of %d requests and %d tokens per minute; each from 0, for none, to %d".formatted(requestsPerMinute,
                            tokensPerMinute, PER_MINUTE_MAX));
            return this;
        }

        private static void check(boolean holds, String what) throws Problem {
            if (!holds) {
                throw new Problem(Problem.Kind.USAGE, what);
            }
        }
    }

    static String shown(String text) {
        return text.substring(0, Math.min(text.length(), 60)).replaceAll("\\p{Cntrl}", "?");
    }

    public String name() {
        return spec.name();
    }

    public boolean isRevoked() {
        return revoked.isPresent();
    }
}
