package dev.longhand.engine;

/**
 * One of those who share the engine, as {@link FairQueue} keeps it: how many tokens it was served, as virtual time, and how many
 * of its requests are there. Used by the engine thread.
 */
final class Tenant {
    final String name;
    long virtualTime;
    int present;

    Tenant(String name) {
        this.name = name;
    }
}
