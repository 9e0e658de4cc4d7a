package dev.longhand.ledger;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * One side of transfers.
 *
 * @param id   its kind and a name, such as {@code person:anna} or {@code machine:cpu}
 * @param unit what it counts; both accounts of a transfer count the same
 */
public record Account(String id, Unit unit, Kind kind) {
    /** Whose account it is. */
    public enum Kind {
        PERSON, DESK, JOB, MACHINE, COST_CENTRE, PROVIDER;

        /** What an account's id begins with. */
        String prefix() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    public Account {
        Check.argument(isWellFormed(id),
                "an account is named kind:name without spaces, at most %d characters, not \"%s\"", Limits.TEXT_MAX, id);
    }

    /**
     * The account of that id, of the kind that the id begins with. Amounts in other units than euros lie beside, in accounts
     * whose ids end with the unit, as in {@code person:anna/usd}.
     */
    public static Account of(String id, Unit unit) throws Problem {
        String whole = unit == Unit.EUR ? id : id + "/" + unit.name().toLowerCase(Locale.ROOT);
        for (Kind each : Kind.values()) {
            if (whole.startsWith(each.prefix() + ":") && isWellFormed(whole)) {
                return new Account(whole, unit, each);
            }
        }
        throw new Problem(Problem.Kind.USAGE, ("\"%s\" is no account; write kind:name without spaces, at most %d characters, as in "
                + "person:anna; kinds are %s").formatted(id, Limits.TEXT_MAX,
                        Arrays.stream(Kind.values()).map(Kind::prefix).collect(Collectors.joining(", "))));
    }

    /** The account of that kind for a name that may hold anything; what an id cannot hold becomes a hyphen. */
    static Account of(Kind kind, String name, Unit unit) throws Problem {
        String clean = name.replaceAll("[\\p{Cntrl}\\s]+", "-");
        return of(kind.prefix() + ":" + clean.substring(0, Math.min(clean.length(), Limits.TEXT_MAX / 2)), unit);
    }

    private static boolean isWellFormed(String id) {
        return id.length() <= Limits.TEXT_MAX && id.matches("[a-z-]+:[^\\p{Cntrl}\\s]+");
    }
}
