package dev.longhand.engine;

import dev.longhand.base.Check;
import dev.longhand.base.Units;
import dev.longhand.lm.Overload;
import dev.longhand.lm.SequenceSpec.Priority;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Prompts that were submitted and are not read yet, and whether there is room for one more.
 *
 * <p>Counts bound what waits; time bounds how long an interactive request waits: before a new one of a tenant begins, others are
 * read at most as much as its tenant by then (that is what {@link FairQueue} does), so it waits for the sum, over tenants, of the
 * smaller of what they and its own tenant have to be read. Who has nothing there is therefore not refused because somebody else
 * has much. Prompts that are partly read, or will be found in memory, count whole. Thread-safe.
 */
final class Backlog {
    private final Limits limits;
    private final EngineMeter meter;
    private final Map<String, Long> unread = new HashMap<>(); // prompt tokens of interactive requests, by tenant
    private int waiting; // requests that did not begin
    private long waitingTokens;

    Backlog(Limits limits, EngineMeter meter) {
        this.limits = limits;
        this.meter = meter;
    }

    /** Takes {@code request} on, or refuses it. */
    synchronized void enter(Request request) throws Overload {
        checkCounts(request.promptLength);
        if (request.priority == Priority.INTERACTIVE) {
            checkTime(request);
            unread.merge(request.tenantName, (long) request.promptLength, Long::sum);
        }
        request.isUnread = true;
        request.isWaiting = true;
        waiting++;
        waitingTokens += request.promptLength;
    }

    private void checkCounts(int tokens) throws Overload {
        if (waiting >= limits.waitingMax() || waiting > 0 && waitingTokens + tokens > limits.waitingTokens()) {
            Duration retry = meter.timeFor(waitingTokens);
            throw new Overload("%s requests with %s prompt tokens wait already; limits %s and %s. Try again in %s".formatted(
                    Units.count(waiting), Units.count(waitingTokens), Units.count(limits.waitingMax()),
                    Units.count(limits.waitingTokens()), Units.seconds(retry.toMillis() / 1e3)), retry);
        }
    }

    private void checkTime(Request request) throws Overload {
        double rate = meter.readPerSecond();
        double wait = before(request.tenantName) / Math.max(1, rate);
        double waitMax = limits.interactiveWait().toMillis() / 1e3;
        if (rate > 0 && wait > waitMax) {
            Duration retry = EngineMeter.within(wait - waitMax);
            throw new Overload(("what waits already takes about %s to read; a request that would wait longer than %s is refused."
                    + " Try again in %s").formatted(Units.seconds(wait), Units.seconds(waitMax),
                    Units.seconds(retry.toMillis() / 1e3)), retry);
        }
    }

    /** Tokens that are read before a new request of {@code tenant} has its turn. */
    private long before(String tenant) {
        long own = unread.getOrDefault(tenant, 0L);
        long sum = 0;
        for (long each : unread.values()) {
            sum += Math.min(each, own);
        }
        return sum;
    }

    /** {@code request} has its memory, or is over. */
    synchronized void began(Request request) {
        if (request.isWaiting) {
            request.isWaiting = false;
            waiting--;
            waitingTokens -= request.promptLength;
        }
    }

    /** The prompt of {@code request} is read, or it is over. */
    synchronized void read(Request request) {
        began(request);
        if (request.isUnread) {
            request.isUnread = false;
            if (request.priority == Priority.INTERACTIVE) {
                unread.computeIfPresent(request.tenantName,
                        (tenant, tokens) -> tokens > request.promptLength ? tokens - request.promptLength : null);
            }
        }
    }

    /** Requests that did not begin. */
    synchronized int waiting() {
        return waiting;
    }

    /** Nothing is owed by requests that are not there. */
    synchronized void checkIntegrity(int waitingNow) {
        Check.invariant(waitingNow <= waiting, "%d requests wait but %d are counted", waitingNow, waiting);
        Check.invariant(waiting > 0 || waitingTokens == 0, "nobody waits with %d tokens", waitingTokens);
    }
}
