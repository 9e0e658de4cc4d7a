package dev.longhand.ledger;

/**
 * What was spent on one thing, in one unit.
 *
 * @param key    a day ({@code 2026-11-27}), a month ({@code 2026-11}), or the name of a person, desk, ...; may be empty
 * @param amount of all its lines, less what was corrected of them
 * @param calls  how many were booked; what went beyond a call's reservation is no call of its own
 * @param meters added up; one that does not fit is the largest long
 */
public record Group(String key, Unit unit, long amount, long calls, Meters meters) {
    Group plus(Group other) {
        return new Group(key, unit, Math.addExact(amount, other.amount), calls + other.calls, meters.plus(other.meters));
    }

    public Group withKey(String other) {
        return new Group(other, unit, amount, calls, meters);
    }
}
