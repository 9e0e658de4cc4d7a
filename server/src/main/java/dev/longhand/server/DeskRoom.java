package dev.longhand.server;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.desk.Desks;
import java.util.HashMap;
import java.util.Map;

/**
 * How much of the disk desks take and may take. What a desk takes is counted by a look at all its files, at most every
 * {@link #COUNT_NANOS}; what is put in between is added. So a desk may pass its limit by what is read of it in that time, and
 * uploads that come together never do. Thread-safe.
 */
final class DeskRoom {
    static final long COUNT_NANOS = 5_000_000_000L;
    private static final int COUNTS_MAX = 10_000; // then all are counted anew

    private final Desks desks;
    private final DiskQuota quota;
    private final Clock clock;
    private final Map<String, Count> counts = new HashMap<>();

    DeskRoom(Desks desks, DiskQuota quota, Clock clock) {
        this.desks = desks;
        this.quota = quota;
        this.clock = clock;
    }

    private record Count(long bytes, long atNanos) {}

    /** What a desk and all desks of its team take and may take. */
    record State(long deskBytes, long deskBytesMax, long teamBytes, long teamBytesMax) {
        long left() {
            return Math.max(0, Math.min(deskBytesMax - deskBytes, teamBytesMax - teamBytes));
        }
    }

    /** @param desk its stored name */
    synchronized State of(String desk) throws Problem {
        String team = DeskNames.team(desk);
        long all = 0;
        for (String each : desks.names()) {
            all += DeskNames.team(each).equals(team) ? bytes(each) : 0;
        }
        return new State(bytes(desk), desks.diskBytesMax(desk).orElse(quota.deskBytesMax()), all, quota.teamBytesMax());
    }

    private long bytes(String desk) throws Problem {
        Count known = counts.get(desk);
        long now = clock.nanos();
        if (known != null && now - known.atNanos < COUNT_NANOS) {
            return known.bytes;
        }
        if (counts.size() >= COUNTS_MAX) {
            counts.clear();
        }
        long bytes = desks.diskBytes(desk);
        counts.put(desk, new Count(bytes, now));
        return bytes;
    }

    /**
     * Counts a document before it is put in.
     *
     * @throws Refusal 507 with the figures if it does not fit
     */
    synchronized void take(String desk, long bytes) throws Problem, Refusal {
        State state = of(desk);
        if (state.deskBytes + bytes > state.deskBytesMax) {
            throw full("this desk", state.deskBytes, state.deskBytesMax, bytes);
        }
        if (state.teamBytes + bytes > state.teamBytesMax) {
            throw full("all desks of the team together", state.teamBytes, state.teamBytesMax, bytes);
        }
        Count known = counts.get(desk);
        counts.put(desk, new Count(known.bytes + bytes, known.atNanos));
    }

    /** Something was removed: the desk is counted anew. */
    synchronized void forget(String desk) {
        counts.remove(desk);
    }

    private static Refusal full(String what, long used, long most, long bytes) {
        return Refusal.of(507, "quota_exceeded", ("%s may take %s (%,d bytes) of the disk and has %s (%,d bytes); the document has "
                + "%,d bytes; remove documents or desks, or ask who looks after this server for more room").formatted(what,
                Units.bytes(most), most, Units.bytes(used), used, bytes));
    }

    /** What the attention memory of a desk may take, with what it has. */
    long memoryBytesMax(String desk) throws Problem {
        return desks.memoryBytes(desk) + of(desk).left();
    }
}
