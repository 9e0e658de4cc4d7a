package dev.longhand.ledger;

import dev.longhand.base.Check;
import java.util.List;

/**
 * What a transfer was for. Reports add up by each of these.
 *
 * @param purpose such as {@code answer}, {@code read}, {@code idle}
 * @param person  who asked for it; empty where nobody did, as all texts but the purpose may be
 * @param desk    that was asked or read
 * @param model   that worked, by its name
 * @param job     that it belongs to
 * @param step    of the job
 * @param attempt of the step
 */
public record Cause(String purpose, String person, String desk, String model, String job, long step, long attempt) {
    public Cause {
        Check.argument(purpose.matches("[a-z][a-z-]{0,39}"), "a purpose is 1 to 40 lower-case letters, not \"%s\"", purpose);
        for (String each : List.of(person, desk, model, job)) {
            Check.argument(each.length() <= Limits.TEXT_MAX && each.chars().noneMatch(Character::isISOControl),
                    "a cause's names have at most %d characters and no control characters, not \"%s\"", Limits.TEXT_MAX, each);
        }
    }

    public static Cause of(String purpose) {
        return new Cause(purpose, "", "", "", "", 0, 0);
    }

    public Cause withPurpose(String purpose) {
        return new Cause(purpose, person, desk, model, job, step, attempt);
    }

    public Cause withPerson(String person) {
        return new Cause(purpose, person, desk, model, job, step, attempt);
    }

    public Cause withDesk(String desk) {
        return new Cause(purpose, person, desk, model, job, step, attempt);
    }

    public Cause withModel(String model) {
        return new Cause(purpose, person, desk, model, job, step, attempt);
    }

    public Cause withJob(String job, long step, long attempt) {
        return new Cause(purpose, person, desk, model, job, step, attempt);
    }
}
