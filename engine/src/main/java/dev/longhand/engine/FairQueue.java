package dev.longhand.engine;

import dev.longhand.base.Check;
import dev.longhand.lm.SequenceSpec.Priority;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Who comes first: interactive requests before batch ones, then the tenant that was served the fewest tokens, then the oldest.
 *
 * <p>Start-time fair queueing (Goyal et al. 1996) with tokens as the unit of service: a tenant's virtual time is the tokens it was
 * served; who comes anew or comes back starts no lower than the lowest tenant that is there, so that absence earns no credit and a
 * short absence forgives no debt. Used by the engine thread.
 */
final class FairQueue {
    /** Tenants that are away are forgotten when more than so many are known and their debts are paid. */
    private static final int TENANTS_KEPT = 1024;

    private final Map<String, Tenant> tenants = new HashMap<>();
    private final List<Ticket> waiting = new ArrayList<>();
    private final long patienceNanos;
    private long floor;

    FairQueue(long patienceNanos) {
        this.patienceNanos = patienceNanos;
    }

    /** A request arrives: its tenant is there until {@link #leave}. */
    void enter(Ticket ticket) {
        Tenant tenant = tenants.computeIfAbsent(ticket.tenantName, Tenant::new);
        if (tenant.present == 0) {
            tenant.virtualTime = Math.max(tenant.virtualTime, floor());
        }
        tenant.present++;
        ticket.tenant = tenant;
        waiting.add(ticket);
    }

    /** A request that lost its memory waits again. */
    void again(Ticket ticket) {
        Check.invariant(ticket.tenant != null, "a request waits again that never arrived");
        waiting.add(ticket);
    }

    /** It is served from now on. */
    void admit(Ticket ticket) {
        Check.invariant(waiting.remove(ticket), "a request was admitted that does not wait");
    }

    /** It is over, waiting or served. */
    void leave(Ticket ticket) {
        waiting.remove(ticket);
        floor = floor();
        ticket.tenant.present--;
        Check.invariant(ticket.tenant.present >= 0, "tenant %s has %d requests", ticket.tenantName, ticket.tenant.present);
        ticket.tenant = null;
        if (tenants.size() > TENANTS_KEPT) {
            forgetThoseAway();
        }
    }

    private void forgetThoseAway() {
        for (Iterator<Tenant> all = tenants.values().iterator(); all.hasNext(); ) {
            Tenant tenant = all.next();
            if (tenant.present == 0 && tenant.virtualTime <= floor) {
                all.remove();
            }
        }
    }

    /** Its tenant was served {@code tokens}. */
    void charge(Ticket ticket, int tokens) {
        ticket.tenant.virtualTime += tokens;
    }

    private long floor() {
        long lowest = Long.MAX_VALUE;
        for (Tenant tenant : tenants.values()) {
            if (tenant.present > 0) {
                lowest = Math.min(lowest, tenant.virtualTime);
            }
        }
        return lowest == Long.MAX_VALUE ? floor : Math.max(floor, lowest);
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    int waiting() {
        return waiting.size();
    }

    Ticket waiting(int i) {
        return waiting.get(i);
    }

    /** The one that waits and comes first; null if none waits. */
    Ticket first(long nowNanos) {
        Ticket first = null;
        for (int i = 0; i < waiting.size(); i++) {
            Ticket each = waiting.get(i);
            first = first == null || comesBefore(each, first, nowNanos) ? each : first;
        }
        return first;
    }

    boolean comesBefore(Ticket a, Ticket b, long nowNanos) {
        boolean urgent = isUrgent(a, nowNanos);
        if (urgent != isUrgent(b, nowNanos)) {
            return urgent;
        }
        if (a.tenant.virtualTime != b.tenant.virtualTime) {
            return a.tenant.virtualTime < b.tenant.virtualTime;
        }
        return a.order < b.order;
    }

    /** Interactive, or a batch request that waited too long. */
    boolean isUrgent(Ticket ticket, long nowNanos) {
        return ticket.priority == Priority.INTERACTIVE || nowNanos - ticket.arrivedNanos >= patienceNanos;
    }

    /** {@code served} are the requests that are there and do not wait. */
    void checkIntegrity(List<? extends Ticket> served) {
        Map<Tenant, Integer> counts = new HashMap<>();
        waiting.forEach(t -> counts.merge(t.tenant, 1, Integer::sum));
        served.forEach(t -> counts.merge(t.tenant, 1, Integer::sum));
        for (Tenant tenant : tenants.values()) {
            int found = counts.getOrDefault(tenant, 0);
            Check.invariant(found == tenant.present, "tenant %s has %d requests but %d are counted", tenant.name, found,
                    tenant.present);
        }
    }
}
