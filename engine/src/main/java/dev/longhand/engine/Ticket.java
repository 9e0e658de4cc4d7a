package dev.longhand.engine;

import dev.longhand.lm.SequenceSpec.Priority;

/** What scheduling knows of a request: whose it is, how urgent, how old, and how many tokens it has for the model. */
abstract class Ticket {
    final String tenantName;
    final Priority priority;
    /** Rising in the order of arrival; a request that lost its memory keeps its own. */
    long order;
    long arrivedNanos;
    /** Set while the request is in a {@link FairQueue}. */
    Tenant tenant;
    /** The last step that it had rows in. */
    long stepLast;

    Ticket(String tenantName, Priority priority) {
        this.tenantName = tenantName;
        this.priority = priority;
    }

    /** Tokens that wait to go through the model; 0 while the request can take no result. */
    abstract int rowsWanted();

    /** Whether the prompt is read, so that a step brings an answered token. */
    abstract boolean isDecoding();
}
