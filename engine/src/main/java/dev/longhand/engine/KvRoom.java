package dev.longhand.engine;

import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.lm.SequenceSpec.Priority;
import dev.longhand.memory.KvPool;
import dev.longhand.memory.PrefixCache;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Who gets KV memory when there is not enough for all.
 *
 * <p>Room is taken in this order: from what the prefix cache keeps, from sequences without an active request (idle longest
 * first), and from active requests, batch ones first, of these the youngest. An interactive request takes from batch requests,
 * never from an older one of its own kind; who finds nobody to take from waits, and alone is refused with the figures. The oldest
 * of the most urgent always goes on, so all do in the end. Used by the engine thread, except {@link #checkPossible}.
 */
final class KvRoom {
    private final KvPool pool;
    private final PrefixCache prefixes;
    private final Set<LocalSequence> open;

    KvRoom(KvPool pool, PrefixCache prefixes, Set<LocalSequence> open) {
        this.pool = pool;
        this.prefixes = prefixes;
        this.open = open;
    }

    /** Refuses what could not be held even alone. Thread-safe. */
    void checkPossible(Request request) throws Problem {
        long needed = pool.bytesFor(request.lengthMax());
        if (needed > pool.limits().kvBytesMax()) {
            throw new Problem(Problem.Kind.LIMIT, ("the request may grow to %s tokens, whose KV memory is %s; the limit is %s. "
                    + "Ask for fewer tokens or raise the limit").formatted(Units.count(request.lengthMax()), Units.bytes(needed),
                            Units.bytes(pool.limits().kvBytesMax())));
        }
    }

    /**
     * Whether {@code request} can begin beside those that are {@code active}: what it has to read fits, and each of them can grow
     * by a block. One that lost its memory before waits until all of it fits, so that no two take it from each other by turns.
     */
    boolean isFor(Request request, List<Request> active, boolean isUrgent, Consumer<Request> preempt) {
        int tokens = request.wasPreempted ? request.lengthMax() : Math.min(request.length + 1, request.lengthMax());
        long needed = pool.bytesFor(tokens) - pool.bytesFor(request.kv().tokens()) + active.size() * pool.bytesFor(1);
        while (pool.bytesAvailable() < needed && !active.isEmpty()) {
            if (forgetIdle()) {
                continue;
            }
            Request victim = isUrgent ? youngestBatch(active) : null;
            if (victim == null || request.priority == Priority.BATCH) {
                return false;
            }
            preempt.accept(victim);
        }
        return true;
    }

    /** Lets {@code request} hold what is there of its tokens: what its sequence held, or what the cache has if that is more. */
    void attach(Request request) {
        int kept = Math.min(request.keptMax(), request.length);
        if (prefixes.find(request.sequence.memoryKey(), request.ids, kept) > request.kv().tokens()) {
            request.kv().truncate(0);
            prefixes.match(request.sequence.memoryKey(), request.ids, kept, request.kv());
        }
        if (request.kv().tokens() > kept) {
            request.kv().truncate(kept);
        }
        if (!request.wasPreempted) {
            request.cached = Math.min(request.kv().tokens(), request.promptLength);
        }
    }

    /** Puts the full blocks of a request into the cache. */
    void keep(Request request) {
        if (request.isWorthKeeping() && request.sequence.isKept()) {
            prefixes.insert(request.sequence.memoryKey(), request.ids, request.kv());
        }
    }

    /** Forgets all that a request holds. */
    void drop(Request request) {
        request.kv().truncate(0);
    }

    /** Room for {@code rows} more tokens of {@code request}; false if somebody who runs would have to give it. */
    boolean reserve(Request request, int rows) throws Problem {
        boolean isSettled = false;
        while (true) {
            try {
                request.kv().reserve(rows);
                return true;
            } catch (Problem e) {
                if (e.kind() != Problem.Kind.LIMIT) {
                    throw e;
                }
                if (!forgetIdle()) {
                    if (isSettled) {
                        return false;
                    }
                    open.forEach(LocalSequence::settle);
                    isSettled = true;
                }
            }
        }
    }

    /** Who gives its memory so that {@code request} can go on: maybe {@code request} itself; null if it is alone. */
    Request victim(Request request, List<Request> active) {
        Request victim = request;
        for (int i = 0; i < active.size(); i++) {
            victim = givesBefore(active.get(i), victim) ? active.get(i) : victim;
        }
        return active.size() > 1 ? victim : null;
    }

    private static boolean givesBefore(Request a, Request b) {
        return a.priority != b.priority ? a.priority == Priority.BATCH : a.order > b.order;
    }

    private static Request youngestBatch(List<Request> active) {
        Request youngest = null;
        for (int i = 0; i < active.size(); i++) {
            Request each = active.get(i);
            if (each.priority == Priority.BATCH && each.kv().tokens() > 0 && (youngest == null || each.order > youngest.order)) {
                youngest = each;
            }
        }
        return youngest;
    }

    /** Takes the memory of a sequence that has no active request: of the one that was idle longest, then of those that wait. */
    private boolean forgetIdle() {
        LocalSequence idlest = null;
        for (LocalSequence each : open) {
            if (each.isForgettable() && (idlest == null || each.idleSince() < idlest.idleSince())) {
                idlest = each;
            }
        }
        if (idlest != null) {
            idlest.forget(); // or its caller was faster: then there is room as well
        }
        return idlest != null;
    }

    Problem full(Request request) {
        return new Problem(Problem.Kind.LIMIT,
                "KV memory is full: %s tokens need %s, %s of %s can be had; end another sequence or raise the limit".formatted(
                Units.count(request.length), Units.bytes(pool.bytesFor(request.length)), Units.bytes(pool.bytesAvailable()),
                Units.bytes(pool.limits().kvBytesMax())));
    }

    void checkIntegrity() {
        pool.checkIntegrity();
        prefixes.checkIntegrity();
    }
}
